"""Sparing the cyclic garbage collector work that finds nothing."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

YOUNG_OBJECTS = 200_000
"""Container objects allocated, less those freed, before the youngest generation is scanned.

An open chunk holds tens of thousands of objects, all reachable, and a closed one breaks its own
cycles; at Python's default of 700, scanning them takes as long as recording does.
"""


@contextmanager
def fewer_collections() -> Generator[None]:
    """Raises the collector's first threshold, and puts it back; a user's cycles still go."""
    before = gc.get_threshold()
    if before[0] == 0 or before[0] >= YOUNG_OBJECTS:
        yield
        return
    gc.set_threshold(YOUNG_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
