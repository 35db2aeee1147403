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
    COMMENT = auto()
    """From ``//`` to the end of the line, or a piece of that, counted from its start."""
    LINE = auto()
    """The end of a line, with the next one's indentation."""
    END = auto()


class Piece(NamedTuple):
    """A piece of text and the line it begins in, from 1."""

    kind: Kind
    text: bytes
    line: int


_TOKEN = re.compile(
    rb"(?P<NAME>%%(?:\d+|[A-Za-z$._-][\w$.-]*)(?:#\d+)?)"
    rb"|(?P<LINE>\n[ ]{0,%d})"
    rb'|(?P<TEXT>[^%%"\n{}/]{1,%d}|%%|/(?!/))|(?P<OPEN>\{)|(?P<CLOSE>\})'
    rb'|(?P<COMMENT>//)|(?P<STRING>")' % (PIECE_BYTES - 1, PIECE_BYTES)
)
"""What any text begins with; of strings and comments the beginning."""
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
            match = _TOKEN.match(text, position)
            # Any byte begins a token.
            assert match is not None
            assert match.lastgroup is not None
            kind = _KINDS[match.lastgroup]
            if kind is Kind.STRING or kind is Kind.COMMENT:
                piece_of = _string_piece if kind is Kind.STRING else _comment_piece
                size, closed = piece_of(text, position, first=True)
                yield Piece(kind, text[position : position + size], line)
                position += size
                while not closed:
                    if len(text) - position <= PIECE_BYTES + 1 and not ended:
                        fresh = more()
                        ended = len(fresh) < READ_BYTES
                        text, position = text[position:] + fresh, 0
                    size, closed = piece_of(text, position, first=False)
                    if size:
                        yield Piece(kind, text[position : position + size], line)
                    elif not closed:
                        raise InputError(f"{path}:{line}: a string that does not end")
                    position += size
                continue
            piece = match.group()
            if kind is Kind.NAME and len(piece) > MAX_NAME_BYTES:
                raise InputError(f"{path}:{line}: a name of more than {MAX_NAME_BYTES} bytes")
            yield Piece(kind, piece, line)
            position = match.end()
            if kind is Kind.LINE:
                line += 1


def _comment_piece(text: bytes, start: int, *, first: bool) -> tuple[int, bool]:
    """The length of the comment's piece at ``start``, and whether the comment ends with it."""
    del first
    stop = min(len(text), start + PIECE_BYTES)
    end = text.find(b"\n", start, stop)
    if end >= 0:
        return end - start, True
    return stop - start, stop == len(text)


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
