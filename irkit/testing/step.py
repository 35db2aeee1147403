"""One step of a random program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded thing: its kind in the catalogue, and numbers that pick all else of it.

    ``inner`` holds the steps of its nested regions; a region that is missing has none.
    """

    kind: str
    picks: tuple[int, ...] = ()
    inner: tuple[tuple[Step, ...], ...] = ()
