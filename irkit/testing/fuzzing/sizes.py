"""The dial of sizes."""

from __future__ import annotations

import random

LARGEST = 100_000
"""Steps of the largest programs."""

_TIERS = ((0.60, 1, 40), (0.30, 40, 400), (0.085, 400, 4_000), (0.014, 4_000, 30_000))
"""How likely programs of how many steps are."""


def random_size(seed: int, largest: int = LARGEST) -> int:
    """How many steps the program of a seed has: mostly few, sometimes many, never over ``largest``.

    Of each tier every magnitude is as likely as any other.
    """
    chosen = random.Random(f"size {seed}")
    place = chosen.random()
    low, high = 30_000, LARGEST
    for share, first, last in _TIERS:
        if place < share:
            low, high = first, last
            break
        place -= share
    low, high = min(low, largest), min(high, largest)
    return min(largest, round(low * (high / low) ** chosen.random()))
