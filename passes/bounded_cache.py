"""A dictionary that forgets before it grows too large."""

from __future__ import annotations

from typing import Generic, TypeVar

from xdsl.ir import Attribute

K = TypeVar("K")
V = TypeVar("V")

ENTRIES = 1 << 12
"""Entries of one cache. A model has some hundred signatures."""

BYTES = 1 << 23
"""What the entries of one cache hold beside their fixed cost, as whoever keeps them says."""


class BoundedCache(dict[K, V], Generic[K, V]):
    """Remembers results that can be computed again.

    Look-ups are a dictionary's. Entries are added with :meth:`keep` alone, which empties the cache
    when a bound is reached, so that a program in which nothing repeats does not grow it.
    """

    __slots__ = ("_entries", "held", "limit")

    def __init__(self, entries: int = ENTRIES, limit: int = BYTES) -> None:
        super().__init__()
        self._entries = entries
        self.limit = limit
        self.held = 0
        """Bytes that the entries are said to hold."""

    def keep(self, key: K, value: V, size: int = 0) -> None:
        """Remembers ``value``, which holds ``size`` bytes, unless it alone takes a large part."""
        if size > self.limit >> 3:
            return
        if len(self) >= self._entries or self.held + size > self.limit:
            self.clear()
            self.held = 0
        self[key] = value
        self.held += size


def attribute_bytes(attribute: Attribute) -> int:
    """The bytes or characters that an attribute holds, which for a constant are its elements."""
    data: object = getattr(attribute, "data", None)
    if isinstance(data, Attribute):
        return attribute_bytes(data)
    return len(data) if isinstance(data, bytes | str) else 0
