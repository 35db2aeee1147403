"""Lines of files around a place, however long the files and their lines are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

LINE_BYTES = 240
"""Of each line that are shown; lines with hexadecimal data have millions."""
_BLOCK = 1 << 20


def lines_around(path: Path, line: int, count: int) -> tuple[int, list[str]]:
    """Up to ``count`` lines of a file, ``line`` (from 1) in their middle.

    Returns the number of the first one, and the lines without their ends, long ones cut.
    """
    first = max(1, line - count // 2)
    chosen = islice(_lines(path), first - 1, first - 1 + count)
    return first, [raw.decode(errors="backslashreplace") for raw in chosen]


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, cut, in memory that does not grow with them."""
    with path.open("rb") as file:
        while start := file.readline(LINE_BYTES):
            rest = start
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(_BLOCK)
            whole = start.endswith(b"\n")
            yield start.rstrip(b"\r\n") if whole or not rest else start + b" ..."
