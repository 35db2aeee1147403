"""Pieces of MLIR text of bounded size, read from a file in blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from irkit.verify.files import InputError, fill, open_input

READ_BYTES = 256 << 10
PIECE_BYTES = 32 << 10
MAX_NAME_BYTES = 4096


class Kind(Enum):
    """What a piece of text is."""

    NAME = auto()
    """An SSA value's name: ``%0``, ``%arg1``, ``%2#1``."""
    TEXT = auto()
    """Anything else; a long run comes in pieces of equal length, counted from its start."""
    STRING = auto()
    """A string in quotes, or a piece of one, counted from its start."""
    OPEN = auto()
    CLOSE = auto()
    LINE = auto()
    """The end of a line, with the next one's indentation."""
    END = auto()


class Piece(NamedTuple):
    """A piece of text and the line it begins in, from 1."""

    kind: Kind
    text: bytes
    line: int


_TOKEN = re.compile(
    rb"(?P<NAME>%(?:\d+|[A-Za-z$._-][\w$.-]*)(?:#\d+)?)"
    rb"|(?P<LINE>\n[ ]*)"
    rb"|(?P<TEXT>[^%\"\n{}]{1," + str(PIECE_BYTES).encode() + rb"}|%)|(?P<OPEN>\{)|(?P<CLOSE>\})"
)
_KINDS = {kind.name: kind for kind in Kind}


def pieces(path: Path) -> Iterator[Piece]:
    """The pieces of a file, and one ``END``.

    Two runs of the same text come in the same pieces, wherever they stand in their files. Raises
    :class:`~irkit.verify.files.InputError` for a file that can not be read and for a string that
    does not end.
    """
    with open_input(path) as file:
        block = bytearray(READ_BYTES)

        def more() -> bytes:
            return bytes(memoryview(block)[: fill(file, block, path)])

        text, position, line = more(), 0, 1
        ended = len(text) < READ_BYTES
        while True:
            # A piece is matched only where all of it is in sight.
            if len(text) - position <= PIECE_BYTES and not ended:
                fresh = more()
                ended = len(fresh) < READ_BYTES
                text, position = text[position:] + fresh, 0
            if position >= len(text):
                yield Piece(Kind.END, b"", line)
                return
            if text[position] == 0x22:
                size, closed = _string_piece(text, position, first=True)
                yield Piece(Kind.STRING, text[position : position + size], line)
                position += size
                while not closed:
                    if len(text) - position <= PIECE_BYTES + 1 and not ended:
                        fresh = more()
                        ended = len(fresh) < READ_BYTES
                        text, position = text[position:] + fresh, 0
                    size, closed = _string_piece(text, position, first=False)
                    if not size:
                        raise InputError(f"{path}:{line}: a string that does not end")
                    yield Piece(Kind.STRING, text[position : position + size], line)
                    position += size
                continue
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise InputError(f"{path}:{line}: not text")
            kind = _KINDS[match.lastgroup]
            piece = match.group()
            if kind is Kind.NAME and len(piece) > MAX_NAME_BYTES:
                raise InputError(f"{path}:{line}: a name of more than {MAX_NAME_BYTES} bytes")
            yield Piece(kind, piece, line)
            position = match.end()
            if kind is Kind.LINE:
                line += 1


def _string_piece(text: bytes, start: int, *, first: bool) -> tuple[int, bool]:
    """The length of the string's piece at ``start``, and whether the string ends with it."""
    end = min(len(text), start + PIECE_BYTES)
    at = start + 1 if first else start
    while True:
        quote = text.find(b'"', at, end)
        escape = text.find(b"\\", at, end if quote < 0 else quote)
        if escape < 0:
            return (quote + 1 - start, True) if quote >= 0 else (end - start, False)
        if escape + 2 > end:
            # The escape's second half belongs to this piece, too.
            return min(escape + 2, len(text)) - start, False
        at = escape + 2
