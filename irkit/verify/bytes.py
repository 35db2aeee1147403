"""Byte equality of two files, in blocks, with the place of the first difference."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from irkit.verify.files import BLOCK_BYTES, fill, open_input

EXCERPT = 72
"""Bytes of a line that are shown; a literal's line can be gigabytes long."""


@dataclass(frozen=True)
class Side:
    """One file at the first difference."""

    path: Path
    line_start: str
    """The first bytes of the line, where the operation's name and result stand."""
    excerpt: str
    """The bytes around the difference."""
    caret: int
    """Where in the excerpt the difference is."""
    ended: bool
    """Whether this file ends here."""


@dataclass(frozen=True)
class ByteDifference:
    """The first byte in which two files differ; offset from 0, line and column from 1."""

    offset: int
    line: int
    column: int
    left: Side
    right: Side


@dataclass(frozen=True)
class ByteComparison:
    """What comparing bytes found; sizes and digest are those of the common file if equal."""

    difference: ByteDifference | None
    size: int
    sha256: str


def compare_bytes(left: Path, right: Path) -> ByteComparison:
    """Compares two files in two buffers of 1 MiB.

    Raises :class:`~irkit.verify.files.InputError` for a file that can not be read.
    """
    with open_input(left) as a, open_input(right) as b:
        blocks = bytearray(BLOCK_BYTES), bytearray(BLOCK_BYTES)
        digest = hashlib.sha256()
        offset, lines, line_start = 0, 0, 0
        while True:
            sizes = fill(a, blocks[0], left), fill(b, blocks[1], right)
            if sizes[0] != sizes[1] or blocks[0] != blocks[1]:
                break
            size = sizes[0]
            digest.update(memoryview(blocks[0])[:size])
            lines += blocks[0].count(b"\n", 0, size)
            last = blocks[0].rfind(b"\n", 0, size)
            if last >= 0:
                line_start = offset + last + 1
            offset += size
            if size < BLOCK_BYTES:
                return ByteComparison(None, offset, digest.hexdigest())
        at = _first_difference(blocks[0], blocks[1], min(sizes))
        lines += blocks[0].count(b"\n", 0, at)
        last = blocks[0].rfind(b"\n", 0, at)
        if last >= 0:
            line_start = offset + last + 1
        offset += at
        sides = [_side(file, path, line_start, offset) for file, path in ((a, left), (b, right))]
        place = ByteDifference(offset, lines + 1, offset - line_start + 1, sides[0], sides[1])
        return ByteComparison(place, offset, "")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, read in blocks."""
    block = bytearray(BLOCK_BYTES)
    digest = hashlib.sha256()
    with open_input(path) as file:
        while size := fill(file, block, path):
            digest.update(memoryview(block)[:size])
    return digest.hexdigest()


def _first_difference(a: bytearray, b: bytearray, size: int) -> int:
    """The first index below ``size`` at which they differ, or ``size``."""
    left, right = memoryview(a), memoryview(b)
    low, high = 0, size
    # Everything before low is equal; equality of a half is one comparison of memory.
    while low < high:
        middle = (low + high + 1) // 2
        if bytes(left[low:middle]) == bytes(right[low:middle]):
            low = middle
        else:
            high = middle - 1
    return low


def _side(file: BinaryIO, path: Path, line_start: int, offset: int) -> Side:
    def text(start: int, end: int) -> bytes:
        file.seek(start)
        return file.read(max(0, end - start)) or b""

    head = text(line_start, line_start + EXCERPT).split(b"\n")[0]
    first = max(line_start, offset - EXCERPT // 2)
    around = text(first, offset + EXCERPT // 2)
    before, after = around[: offset - first], around[offset - first :].split(b"\n")[0]
    ended = len(around) <= offset - first
    shown = _printable(before)
    return Side(path, _printable(head), shown + _printable(after), len(shown), ended)


def _printable(raw: bytes) -> str:
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode()
        for c in raw.decode(errors="backslashreplace")
    )
