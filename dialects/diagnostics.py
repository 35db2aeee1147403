"""Positions in a program's text, and what is wrong there."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from dialects.long_literal import real_length, shown

_SHOWN = 120
"""Most columns of a line that a snippet shows; lines with hexadecimal data have millions."""

_UNSEEN = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SEEN = dict.fromkeys(_UNSEEN, "\ufffd") | {ord("\t"): "\t"}


def printable(text: str) -> str:
    """The text with a sign for each character that a terminal would obey or that turns the
    direction of writing: what an input says is shown, not done."""
    return text.translate(_SEEN)


_LONG = 400
_LONG_WORD = re.compile(rf"\S{{{_LONG},}}")
_KEPT = 60


def brief(message: str) -> str:
    """The message; of endless names, types and lists that it quotes, the beginning and the end."""
    if len(message) < _LONG:
        return message
    text = _LONG_WORD.sub(lambda m: f"{m[0][:_KEPT]}...{m[0][-_KEPT:]}", message)
    return text if len(text) < 2 * _LONG else f"{text[:_LONG]}...{text[-_KEPT:]}"


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One fault: ``file:line:column: error: message``. Lines and columns count from 1."""

    name: str
    line: int
    column: int
    message: str
    snippet: str = ""
    """The line in question and a caret under the column, or nothing."""

    def __str__(self) -> str:
        return f"{self.name}:{self.line}:{self.column}: error: {self.message}"

    def with_snippet(self) -> str:
        """The fault, and below it the line with a caret."""
        return f"{self}\n{self.snippet}" if self.snippet else str(self)


class ReadError(ValueError):
    """A program that cannot be read; its text is the diagnostic's with the snippet."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.with_snippet())

    @property
    def line(self) -> int:
        """Counted from 1."""
        return self.diagnostic.line

    @property
    def column(self) -> int:
        """Counted from 1."""
        return self.diagnostic.column


@dataclass(frozen=True)
class SourceText:
    """A program's text with its name, for turning offsets into lines and columns.

    The text may be a part that begins with line ``first_line`` of the program, and long literals
    may be replaced by stand-ins (see :mod:`dialects.long_literal`): places are the program's.
    """

    name: str
    text: str
    first_line: int = 1

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        while (end := self.text.find("\n", starts[-1])) >= 0:
            starts.append(end + 1)
        return starts

    def _line(self, offset: int) -> tuple[int, int]:
        """The number of the line in this text, from 0, and where it starts."""
        index = bisect_right(self._line_starts, offset) - 1
        return index, self._line_starts[index]

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Both counted from 1."""
        offset = max(0, min(offset, len(self.text)))
        index, start = self._line(offset)
        return index + self.first_line, real_length(self.text[start:offset]) + 1

    def diagnostic(self, offset: int, message: str) -> Diagnostic:
        """A fault at an offset."""
        offset = max(0, min(offset, len(self.text)))
        line, column = self.line_and_column(offset)
        message = brief(printable(" ".join(shown(message).split("\n"))))
        return Diagnostic(self.name, line, column, message, self.snippet(offset))

    def snippet(self, offset: int) -> str:
        """The part of the line around the offset, and a caret below it."""
        _, start = self._line(offset)
        end = self.text.find("\n", start)
        end = len(self.text) if end < 0 else end
        before = shown(self.text[start:offset])
        first = max(0, len(before) - _SHOWN // 2)
        after = shown(self.text[offset : min(end, offset + _SHOWN)])
        # A tab stays a tab, so that the caret stands under its character.
        lead = "".join("\t" if c == "\t" else " " for c in before[first:])
        return f"  {printable((before[first:] + after)[:_SHOWN])}\n  {lead}^"
