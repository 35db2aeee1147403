"""The values that later steps can read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from xdsl.ir import Attribute

from irkit.value import Value

REACH = 64
"""How many values are looked at, from the picked one backwards, for one that fits."""


class Pool:
    """Values in the order in which they were recorded, those of open regions last.

    ``window`` is how many values stay outside of regions, 0 for all. The pool holds the only
    handles that a program keeps, so what leaves it can never be read again.
    """

    def __init__(self, window: int = 0) -> None:
        self._values: list[Value] = []
        self._by_type: dict[Attribute, list[Value]] = {}
        self._regions: list[int] = []
        """For each open region, how many values were there before it."""
        self._window = window

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Value]:
        return iter(self._values)

    def add(self, value: Value) -> None:
        """Takes up one value as the latest."""
        self._values.append(value)
        self._by_type.setdefault(value.type, []).append(value)
        if self._window and not self._regions and len(self._values) > self._window:
            self.remove(0)

    def remove(self, index: int) -> None:
        """Drops the handle of the value at ``index``, counted from the oldest."""
        value = self._values.pop(index)
        same = self._by_type[value.type]
        same.remove(value)
        if not same:
            del self._by_type[value.type]
        self._regions = [start - (index < start) for start in self._regions]

    def of_type(self, type_: Attribute) -> list[Value]:
        """The values of one type, the latest last; not to be changed."""
        return self._by_type.get(type_, [])

    def find(self, back: int, fits: Callable[[Value], bool]) -> Value | None:
        """The first value that fits, from the one at ``back`` to older ones and around."""
        count = len(self._values)
        for step in range(min(count, REACH)):
            value = self._values[-1 - (back + step) % count]
            if fits(value):
                return value
        return None

    def inmost(self) -> list[Value]:
        """The values that were added since the innermost region began."""
        return self._values[self._regions[-1] if self._regions else 0 :]

    @contextmanager
    def region(self) -> Generator[None]:
        """A region: what is added inside is out of reach after it."""
        self._regions.append(len(self._values))
        try:
            yield
        finally:
            start = self._regions.pop()
            while len(self._values) > start:
                self.remove(len(self._values) - 1)
