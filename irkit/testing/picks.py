"""Numbers that decide what a step does, consumed one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Picks:
    """The picks of one step.

    Any numbers are good ones: each is taken modulo the choices there are, and where none are left
    the first choice is taken. So a step with fewer or smaller picks is a simpler step.
    """

    __slots__ = ("_numbers", "_used")

    def __init__(self, numbers: Sequence[int] = ()) -> None:
        self._numbers = numbers
        self._used = 0

    def number(self) -> int:
        """The next pick as it is; 0 where none is left."""
        used = self._used
        self._used = used + 1
        return self._numbers[used] if used < len(self._numbers) else 0

    def below(self, n: int) -> int:
        """A number from 0 to ``n - 1``; 0 where there is none."""
        return self.number() % max(n, 1)

    def between(self, least: int, most: int) -> int:
        """A number from ``least`` to ``most``, both included; ``least`` for an empty range."""
        return least + self.below(most - least + 1)

    def flag(self) -> bool:
        """Yes or no; no where no pick is left."""
        return self.below(2) == 1

    def choose(self, choices: Sequence[T]) -> T:
        """One of ``choices``, of which there is at least one."""
        return choices[self.below(len(choices))]

    def distinct(self, choices: Sequence[T], count: int, *, ordered: bool = False) -> list[T]:
        """``count`` different ones of ``choices``, in their order if ``ordered``."""
        left = list(range(len(choices)))
        chosen = [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]
        return [choices[i] for i in (sorted(chosen) if ordered else chosen)]

    def permutation(self, n: int) -> tuple[int, ...]:
        """The numbers from 0 to ``n - 1`` in some order; ascending where no picks are left."""
        return tuple(self.distinct(range(n), n))
