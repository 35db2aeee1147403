"""Hexadecimal literals that are too long to be held: what is known of them, and their stand-ins.

A reader of bounded memory takes such a literal out of the text and puts a stand-in there, which no
valid UTF-8 can contain. The parsers accept it where a string may stand; a constant made from it
holds the literal's description instead of its elements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

LONGEST_HELD = 4096
"""Digits that a literal may have and still be read as any other string.

Anything longer has more than 100 elements, of at most 16 bytes, so its canonical form is
hexadecimal again, unless all elements are equal.
"""

PERIOD = 32
"""Digits of the largest element; equal elements of any size repeat after so many."""

STAND_IN = re.compile("\udc00[hx](\\d+)(?:r[0-9A-F]+)?\udc01(\\d+)\udc02")
"""Groups: the characters that it stands for, without the quotes, and the literal's number."""


@dataclass(frozen=True, slots=True)
class LongLiteral:
    """A string ``0x...`` in a file."""

    number: int
    """Which one of the text, from 0."""
    offset: int
    """Where in the file its first digit is, behind ``0x``."""
    digits: int
    """Characters after ``0x``."""
    head: str
    """The first digits, upper case."""
    repeats: bool
    """Whether all digits repeat the first ``PERIOD`` of them."""
    valid: bool
    """Whether there are digits only, two a byte, and a quote at the end."""
    digest: bytes | None = None
    """SHA-256 of the digits in upper case, where it was asked for."""

    @property
    def stand_in(self) -> str:
        """What stands in the text between the quotes.

        Those of two literals of one length differ in the number alone, so that a text can stand
        for others like it; but where the digits repeat, a constant may hold an element of them,
        so there they are said.
        """
        kind = "h" if self.valid else "x"
        repeated = f"r{self.head}" if self.valid and self.repeats else ""
        return f"\udc00{kind}{self.digits + 2}{repeated}\udc01{self.number}\udc02"

    @property
    def size(self) -> int:
        """Bytes of data."""
        return self.digits // 2

    def element(self, size: int) -> bytes | None:
        """The element of ``size`` bytes that all of the literal repeats, if there is one."""
        if not self.repeats or PERIOD % (2 * size):
            return None
        first = self.head[: 2 * size]
        return bytes.fromhex(first) if first * (PERIOD // (2 * size)) == self.head else None


class LiteralStore(Protocol):
    """Where a parser finds the literals whose stand-ins it meets."""

    def find(self, number: int) -> LongLiteral:
        """The literal of this number."""
        ...

    def text(self, literal: LongLiteral) -> str:
        """All of it, with ``0x``; raises ``ValueError`` if it is too long to be held."""
        ...


def literal_of(token: str, store: LiteralStore | None) -> LongLiteral | None:
    """The literal that a string token with its quotes stands for, if it is a stand-in."""
    if store is None or not token.startswith('"\udc00'):
        return None
    match = STAND_IN.fullmatch(token, 1, len(token) - 1)
    return None if match is None else store.find(int(match[2]))


def shown(text: str) -> str:
    """The text as a person may see it, stand-ins shortened to ``0x...``."""
    return text if "\udc00" not in text else STAND_IN.sub("0x...", text)


def real_length(text: str) -> int:
    """The characters of the text that ``text`` came from."""
    if "\udc00" not in text:
        return len(text)
    return len(text) + sum(int(m[1]) - len(m[0]) for m in STAND_IN.finditer(text))
