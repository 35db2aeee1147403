"""A position in the lines of a condensed text, with as much of them held as is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from dialects.diagnostics import SourceText
from irkit.reading.pattern import STARTS, balance, end_of_blanks, is_blank, kind_of


class Lines:
    """Lines from the current one on; what lies before is forgotten."""

    def __init__(self, texts: Iterator[str], name: str) -> None:
        self.lines: list[str] = []
        self.index = 0
        """Of the current line in ``lines``."""
        self.column = 0
        """Where on the current line the reading goes on."""
        self.name = name
        self._texts = texts
        self.first = 1
        """The number of the first line in ``lines``."""

    @property
    def number(self) -> int:
        """Of the current line, from 1."""
        return self.first + self.index

    def more(self) -> bool:
        """Gets further lines and drops those before the current one; false at the end."""
        text = next(self._texts, "")
        while text and self.index >= len(self.lines):
            # There may be a great many blank lines before the one that is wanted.
            blank = text.rfind("\n", 0, end_of_blanks(text)) + 1
            self.first += text.count("\n", 0, blank)
            if blank < len(text):
                text = text[blank:]
                break
            text = next(self._texts, "")
        if not text:
            return False
        del self.lines[: self.index]
        self.first += self.index
        self.index = 0
        fresh = text.split("\n")
        if text.endswith("\n"):
            fresh.pop()
        self.lines += fresh
        return True

    def has(self, ahead: int) -> bool:
        """Whether there is a line so many lines after the current one."""
        while self.index + ahead >= len(self.lines):
            if not self.more():
                return False
        return True

    def skip_blank(self) -> bool:
        """Goes to the next token; false at the end of the text."""
        while self.has(0):
            if not is_blank(self.rest()):
                return True
            self.index += 1
            self.column = 0
        return False

    def rest(self) -> str:
        """What is left of the current line."""
        line = self.lines[self.index]
        return line[self.column :] if self.column else line

    def advance(self, lines: int) -> None:
        """Goes to the beginning of a later line."""
        self.index += lines
        self.column = 0

    def following(self, ahead: int) -> str:
        """The class of the first token at or after the line so many lines on; empty at the end."""
        while self.has(ahead):
            line = self.lines[self.index + ahead]
            if not is_blank(line):
                return kind_of(line)
            ahead += 1
        return ""

    def balanced(self, most: int) -> int:
        """How many lines it takes until every bracket that was opened is closed again.

        At least one, and ``most`` at most; all that there are if they never balance.
        """
        return max(1, self.balanced_after(0, most))

    def statement(self, most: int) -> int:
        """As :meth:`balanced`, with lines that begin like the rest of a statement (``cond {``)."""
        count = self.balanced(most)
        while count < most and self.has(count):
            following = self.lines[self.index + count].lstrip()
            if STARTS.match(following) or following.startswith(("#", "!")):
                break
            count += self.balanced_after(count, most - count)
        return count

    def balanced_after(self, first: int, most: int = 1 << 20) -> int:
        """As :meth:`balanced`, from the line so many lines after the current one; 0 at the end."""
        depth = 0
        count = 0
        while count < most and self.has(first + count):
            line = self.lines[self.index + first + count]
            depth += balance(line if first + count else line[self.column :])
            count += 1
            if depth <= 0:
                break
        return count

    def header(self) -> int:
        """How many lines it takes until the first parentheses are closed: those of arguments."""
        depth = 0
        count = 0
        while self.has(count) and self.index + count < len(self.lines):
            line = self.lines[self.index + count]
            depth += line.count("(") - line.count(")")
            count += 1
            if depth <= 0:
                break
        return max(1, count)

    def source(self, count: int) -> SourceText:
        """The current line and those after it, so many in all."""
        text = "\n".join(self.lines[self.index : self.index + count])
        return SourceText(self.name, text, self.number)
