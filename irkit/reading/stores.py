"""The literals of a file, where something needs all of their characters."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from dialects.long_literal import LongLiteral

LONGEST_HELD = 1 << 24
"""Digits of a literal that is held outside a constant."""

BLOCK_BYTES = 1 << 18


class FileLiterals:
    """Literals by number, and their text from the file."""

    def __init__(self, file: BinaryIO, known: Mapping[int, LongLiteral]) -> None:
        self._fd = file.fileno()
        self._known = known

    def find(self, number: int) -> LongLiteral:
        """The literal of this number."""
        return self._known[number]

    def text(self, literal: LongLiteral) -> str:
        """All of it, with ``0x``; raises ``ValueError`` if it is too long to be held."""
        if literal.digits > LONGEST_HELD:
            raise ValueError(
                f"{literal.digits} digits; only constants may have more than {LONGEST_HELD}"
            )
        digits = b"".join(digit_blocks(self._fd, literal.offset, literal.digits))
        return "0x" + digits.decode(errors="replace")


def digit_blocks(fd: int, offset: int, count: int) -> Iterator[bytes]:
    """So many digits of a file from an offset on, in blocks."""
    while count:
        block = os.pread(fd, min(count, BLOCK_BYTES), offset)
        if not block:
            raise OSError("the file became shorter while it was read")
        yield block
        offset += len(block)
        count -= len(block)
