"""The values of one function by name, in a few bytes each.

A name that ends in a number (``%12``, ``%cst_7``) is an index into an array; others are entries of
a dictionary. Values are counted from 1 in the order of their definitions; 0 is no value.
"""

from __future__ import annotations

from array import array

SLACK = 4096
"""Entries that an array of names may have unused, beside three in four of its length."""


class ValueTable:
    """What is defined so far, and each value's type as a number."""

    __slots__ = ("_named", "_stems", "groups", "numbers", "types")

    def __init__(self) -> None:
        self.numbers = array("I")
        """The value that a bare number names, by the number."""
        self.types = array("I", (0,))
        """Types by value."""
        self.groups: dict[int, int] = {}
        """How many values a name stands for that is not one's, by the first of them."""
        self._stems: dict[str, array[int]] = {}
        self._named: dict[str, int] = {}

    def find(self, name: str) -> int:
        """The (first) value of a name without ``%``, or 0."""
        if name.isdigit():
            if name[0] != "0" or name == "0":
                number = int(name) if len(name) < 10 else -1
                if 0 <= number < len(self.numbers):
                    return self.numbers[number]
            return self._named.get(name, 0)
        stem, _, suffix = name.rpartition("_")
        numbers = self._stems.get(stem)
        if numbers is not None and suffix.isdigit() and (suffix[0] != "0" or suffix == "0"):
            number = int(suffix) if len(suffix) < 10 else -1
            if 0 <= number < len(numbers) and numbers[number]:
                return numbers[number]
        return self._named.get(name, 0)

    def define(self, name: str, types: list[int]) -> int:
        """Adds a name for values of these types, at least one; gives the first of them."""
        value = len(self.types)
        self.types.extend(types)
        if len(types) != 1:
            self.groups[value] = len(types)
        stem, found, suffix = ("", "_", name) if name.isdigit() else name.rpartition("_")
        if found and suffix.isascii() and suffix.isdigit() and len(suffix) < 10:
            number = int(suffix)
            numbers = self.numbers if not stem else self._stems.setdefault(stem, array("I"))
            exact = suffix[0] != "0" or suffix == "0"
            if exact and (stem or name == suffix) and number <= 4 * len(numbers) + SLACK:
                if number >= len(numbers):
                    numbers.extend([0] * (number + 1 - len(numbers)))
                numbers[number] = value
                return value
        self._named[name] = value
        return value

    def count(self, value: int) -> int:
        """How many values the name of ``value`` stands for."""
        return self.groups.get(value, 1)
