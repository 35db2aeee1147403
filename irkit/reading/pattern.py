"""The text of a statement as a pattern: what is left of it without the names of its values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dialects.long_literal import STAND_IN

if TYPE_CHECKING:
    from irkit.reading.symbols import SymbolUse

BLANKS = " \t\n\r\f\v"
"""Characters between tokens; other blanks are none."""
_BLANK_LINES = re.compile(rf"(?:[{BLANKS}]++|//[^\n]*+\n)*+")
NAMES = re.compile(r"%([\w$.-]+)", re.ASCII)
_TOKENS = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|%([\w$.-]+)', re.ASCII)
_STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*')
_LOCATIONS = re.compile(
    r'\s+loc\((?:#loc\d*|unknown|"[^"\\\n\udc00]*":\d+:\d+)\)(?=\s*$)', re.ASCII | re.MULTILINE
)
STARTS = re.compile(r'%|\}|"|\^|$|[A-Za-z_][\w$]*\.|return\b|call\b', re.ASCII)
"""What a line begins with that may be the beginning of a statement, or stands between them."""
_LITERAL_NUMBER = re.compile("\udc01\\d+\udc02")
_WORD = re.compile(r"[A-Za-z_][\w$.]*", re.ASCII)


@dataclass(slots=True)
class Signature:
    """What the text of a statement says, whatever its values are called.

    It was parsed and verified once; any statement of the same pattern, whose operands have the same
    types and which the same kind of text follows, says the same.
    """

    name: str
    """Of the operation."""
    results: tuple[int, ...]
    """How many values each name on the left stands for."""
    result_types: list[int]
    """Of all results, as the reader numbers types."""
    uses: list[int]
    """Which of the pattern's names are read from outside, in the order of the text."""
    use_types: list[int]
    indices: list[int] | None
    """Which of a name's values each use reads, if it is not always the first."""
    locals: list[int]
    """Which of the pattern's names are defined in its regions."""
    symbol_uses: list[SymbolUse]
    literals: int
    exact: bool
    """Whether constants among the operands must be the same, too."""
    follows: set[str] = field(default_factory=lambda: set[str]())
    """With what the text after the statement may begin; the parser has seen that it ends there."""
    facts: Any = None
    """What whoever reads wanted to know of the operation."""
    ends: bool = False
    """Whether it may be the last of its block."""
    numbered: bool = False
    """Whether ``uses`` says which names are read; else all are that are not results."""

    def defined(self, names: list[str]) -> list[str]:
        """The names of the results, of those in the pattern."""
        return names[: len(self.results)]

    def read(self, names: list[str]) -> list[str]:
        """The names that are read from outside, of those in the pattern."""
        if self.numbered:
            return [names[k] for k in self.uses]
        return names[len(self.results) :]


def split(text: str) -> list[str]:
    """Text and names in turns, beginning and ending with text."""
    if '"' not in text and "//" not in text:
        return NAMES.split(text)
    parts: list[str] = []
    start = 0
    for match in _TOKENS.finditer(text):
        if match[1] is not None:
            parts += text[start : match.start()], match[1]
            start = match.end()
    parts.append(text[start:])
    return parts


def plain_key(parts: list[str]) -> str:
    """The pattern of a statement without regions: each name is as good as any."""
    return general("%".join(parts[::2]))


def region_key(parts: list[str]) -> tuple[str, list[str]]:
    """The pattern of a statement with regions, and its names in order of first appearance."""
    known: dict[str, int] = {}
    numbered = parts.copy()
    for i in range(1, len(parts), 2):
        numbered[i] = f"%{known.setdefault(parts[i], len(known))}\udc03"
    return general("".join(numbered)), list(known)


def general(key: str) -> str:
    """The pattern without what differs from place to place and says nothing."""
    if "loc(" in key:
        key = _LOCATIONS.sub("", key)
    if "\udc01" in key:
        key = _LITERAL_NUMBER.sub("\udc01", key)
    return key


def literal_numbers(text: str) -> list[int]:
    """The literals that the text has stand-ins for."""
    if "\udc00" not in text:
        return []
    return [int(match[2]) for match in STAND_IN.finditer(text)]


def balance(line: str) -> int:
    """Brackets opened less brackets closed."""
    if '"' in line or "//" in line:
        line = _STRINGS.sub("", line)
    count = line.count
    return count("{") + count("(") + count("[") - count("}") - count(")") - count("]")


def is_blank(line: str) -> bool:
    """Whether there is nothing but blanks and a comment."""
    text = line.lstrip(BLANKS)
    return not text or text.startswith("//")


def end_of_blanks(text: str) -> int:
    """Where the blanks and whole lines of comments end that the text begins with."""
    found = _BLANK_LINES.match(text)
    assert found is not None  # it matches nothing, too
    return found.end()


def kind_of(text: str) -> str:
    """The class of the token that the text begins with: a word, or a character."""
    text = text.lstrip()
    word = _WORD.match(text)
    return word[0] if word else text[:1]
