"""The text of a file in whole lines, with every long hexadecimal literal replaced by a stand-in.

What comes out is as long as the program is without its weights; a literal is looked at once, while
it passes by. See :mod:`dialects.long_literal`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from dialects.diagnostics import Diagnostic, ReadError
from dialects.long_literal import LONGEST_HELD, PERIOD, LongLiteral, real_length, shown

BLOCK_BYTES = 1 << 18
LONGEST_LINE = 1 << 22
"""Bytes of a line, literals left out."""

_OPENING = b'"0x'
_RUN = re.compile(rb"[0-9A-Fa-f]{%d}" % (LONGEST_HELD + 1))
_SNIPPET = 100


class CondensedText:
    """Reads a seekable file from its beginning.

    ``literals`` has the literals found so far, by number; whoever is done with one may delete it.
    ``digest`` asks for each literal's SHA-256.
    """

    def __init__(self, file: BinaryIO, name: str, *, digest: bool = False) -> None:
        self.literals: dict[int, LongLiteral] = {}
        self._file = file
        self._name = name
        self._digest = digest
        self._count = 0
        self._buffer = b""
        self._offset = 0
        self._ended = False
        self._looked = 0
        """Up to where in the buffer there is no literal."""
        self._lines = 0
        """Line ends in the text given out so far."""
        self._head: list[str] = []
        """What precedes the buffer in a line that has literals."""

    def __iter__(self) -> Iterator[str]:
        """Pieces of text that end at line ends, the last one at the end of the file.

        Raises :class:`~dialects.diagnostics.ReadError` for bytes that are not UTF-8 and for lines
        longer than ``LONGEST_LINE``.
        """
        while True:
            start, stop = self._literals()
            cut = self._buffer.rfind(b"\n", start, stop) + 1
            if self._ended and stop == len(self._buffer):
                cut = stop
            text = ""
            if cut > start:
                self._head.append(self._decoded(start, cut))
                text = "".join(self._head)
                self._head = []
                start = cut
            self._drop(start)
            if text:
                self._lines += text.count("\n")
                yield text
            if self._ended and not self._buffer:
                if self._head:
                    yield "".join(self._head)
                return
            if len(self._buffer) + sum(map(len, self._head)) > LONGEST_LINE:
                self._refuse_line()
            self._more()

    def _more(self) -> None:
        block = self._file.read(BLOCK_BYTES)
        self._ended = len(block) < BLOCK_BYTES
        self._buffer += block

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._offset += count
        self._looked = max(0, self._looked - count)

    def _decoded(self, start: int, end: int) -> str:
        data = self._buffer[start:end]
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            before = "".join(self._head) + data[: error.start].decode()
            line = before.rpartition("\n")[2]
            number = self._lines + before.count("\n") + 1
            message = f"byte 0x{data[error.start]:02x} is not UTF-8"
            raise ReadError(self._diagnostic(number, line, message)) from None

    def _refuse_line(self) -> None:
        line = "".join(self._head) + self._buffer[:_SNIPPET].decode(errors="replace")
        message = (
            f"a line of more than {LONGEST_LINE >> 20} MiB; write large constants in hexadecimal, "
            'dense<"0x...">, which may be of any length'
        )
        raise ReadError(self._diagnostic(self._lines + 1, line[:_SNIPPET], message, at_start=True))

    def _diagnostic(
        self, number: int, line: str, message: str, *, at_start: bool = False
    ) -> Diagnostic:
        column = 1 if at_start else real_length(line) + 1
        clear = shown(line)
        visible = clear if at_start else clear[-_SNIPPET:]
        caret = "^" if at_start else " " * len(visible) + "^"
        return Diagnostic(self._name, number, column, message, f"  {visible}\n  {caret}")

    # -- literals --------------------------------------------------------------------------

    def _literals(self) -> tuple[int, int]:
        """Takes the literals out of the buffer; gives the part of it that has none.

        What follows the part may be the beginning of one.
        """
        start = 0
        at = self._buffer.find(_OPENING, self._looked)
        while at >= 0:
            self._looked = at
            first = at + len(_OPENING)
            if len(self._buffer) - first <= LONGEST_HELD and not self._ended:
                # A quote soon after it says that it is short; else more must be seen.
                if self._buffer.find(b'"', first) < 0:
                    return start, at
            elif _RUN.match(self._buffer, first):
                self._head.append(self._decoded(start, at + 1))
                literal = self._take(first)
                self.literals[literal.number] = literal
                self._head.append(literal.stand_in)
                start = 0
                at = self._buffer.find(_OPENING)
                continue
            at = self._buffer.find(_OPENING, first)
        # The opening itself may be cut.
        tail = 0 if self._ended else 2
        self._looked = max(0, len(self._buffer) - 2)
        return start, max(start, len(self._buffer) - tail)

    def _take(self, first: int) -> LongLiteral:
        """Reads over the literal whose digits begin in the buffer; its quote is left there."""
        scan = _DigitScan(self._digest)
        self._drop(first)
        offset = self._offset
        while True:
            end = self._buffer.find(b'"')
            line = self._buffer.find(b"\n", 0, len(self._buffer) if end < 0 else end)
            closed = end >= 0 and line < 0
            stop = line if line >= 0 else end if end >= 0 else len(self._buffer)
            scan.feed(self._buffer[:stop])
            self._drop(stop)
            if self._buffer or self._ended:
                break
            self._more()
        number, self._count = self._count, self._count + 1
        return LongLiteral(
            number,
            offset,
            scan.digits,
            scan.head.decode(errors="replace"),
            scan.repeats,
            scan.valid and closed and scan.digits % 2 == 0,
            scan.digest(),
        )


class _DigitScan:
    """What is to be known of digits, block by block."""

    def __init__(self, digest: bool) -> None:
        self.digits = 0
        self.head = b""
        self.repeats = True
        self.valid = True
        self._hash = hashlib.sha256() if digest else None
        self._last = b""

    def feed(self, block: bytes) -> None:
        """Looks at the next digits."""
        if not block:
            return
        self.valid = self.valid and _all_digits(block)
        if not self.digits:
            self.head = block[:PERIOD].upper()
        if self.repeats:
            # Equal to itself one period further on.
            text = self._last + block.upper()
            self.repeats = text[PERIOD:] == text[:-PERIOD] if len(text) > PERIOD else True
            self._last = text[-PERIOD:]
        if self._hash is not None:
            self._hash.update(block.upper())
        self.digits += len(block)

    def digest(self) -> bytes | None:
        """The SHA-256 of the digits in upper case."""
        return None if self._hash is None else self._hash.digest()


def _all_digits(block: bytes) -> bool:
    codes = np.frombuffer(block, np.uint8)
    # Unsigned: what lies below the range wraps round to above it.
    found = (codes - np.uint8(ord("0")) < 10) | ((codes | np.uint8(32)) - np.uint8(ord("a")) < 6)
    return bool(found.all())
