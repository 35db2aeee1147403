"""Making the inputs of a counterexample simple: zeros, ones, minus ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from irkit.interpreter.numbers import is_unsigned
from irkit.interpreter.values import Array, Value

Differs = Callable[[Sequence[Value]], bool]

MOST_RUNS = 300
"""Of both programs, in the search for simpler inputs."""


class _Search:
    def __init__(self, inputs: Sequence[Value], differs: Differs, runs: int) -> None:
        self.best = list(inputs)
        self._differs = differs
        self.runs = runs
        """How many there may still be."""

    def attempt(self, place: int, array: Array) -> bool:
        """Takes ``array`` for an input if the programs still differ."""
        self.runs -= 1
        candidate = [*self.best[:place], array, *self.best[place + 1 :]]
        if not self._differs(candidate):
            return False
        self.best = candidate
        return True


def shrink(inputs: Sequence[Value], differs: Differs, runs: int = MOST_RUNS) -> list[Value]:
    """Inputs of the same types for which ``differs`` still holds, with fewer numbers to look at.

    Each array is set to zero as a whole, then in halves, quarters, ... down to single elements;
    what has to stay is tried as 1, then as -1. Deterministic; calls ``differs`` at most ``runs``
    times.
    """
    search = _Search(inputs, differs, runs)
    for simple in (0, 1, -1):
        for place in range(len(inputs)):
            _simplify(search, place, simple)
    return search.best


def _simplify(search: _Search, place: int, simple: int) -> None:
    start = search.best[place]
    if not isinstance(start, np.ndarray):
        return
    if simple < 0 and (is_unsigned(start.dtype) or start.dtype.kind == "b"):
        return
    number = np.asarray(simple).astype(start.dtype)
    flat: Array = start.reshape(-1).copy()
    pieces = [(0, flat.size)] if flat.size else []
    while pieces and search.runs > 0:
        low, high = pieces.pop()
        before = flat[low:high].copy()
        # What is simple already stays.
        kept = (before == 0) | (before == 1)
        after = np.where(kept, before, number) if simple else np.full_like(before, number)
        if after.tobytes() == before.tobytes():
            continue
        flat[low:high] = after
        if search.attempt(place, np.array(flat.reshape(start.shape))):
            continue
        flat[low:high] = before
        if high - low > 1:
            middle = (low + high) // 2
            pieces += [(middle, high), (low, middle)]
