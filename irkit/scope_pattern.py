"""Patterns over dotted scope names, matched in time linear in the name.

A regular expression with so many wildcards could backtrack without end, and patterns come from
policy files.
"""

from __future__ import annotations

import re


class ScopePattern:
    """``*`` stands for any run of characters but a dot, ``**`` for any run."""

    def __init__(self, pattern: str) -> None:
        # Bit i of a set stands for "the first i pieces have matched".
        self._any = self._within_name = 0
        self._letters: dict[str, int] = {}
        pieces = re.findall(r"\*{2,}|.", pattern, re.DOTALL)
        for i, piece in enumerate(pieces):
            if piece.startswith("**"):
                self._any |= 1 << i
            elif piece == "*":
                self._within_name |= 1 << i
            else:
                self._letters[piece] = self._letters.get(piece, 0) | 1 << i
        self._end = 1 << len(pieces)

    def matches(self, name: str) -> bool:
        """Whether the pattern stands for the whole name."""
        wild = self._any | self._within_name
        reached = 1 | (1 & wild) << 1
        for letter in name:
            stay = self._any if letter == "." else wild
            reached = (reached & stay) | (reached & self._letters.get(letter, 0)) << 1
            # No two wildcards stand side by side, so one step over them is enough.
            reached |= (reached & wild) << 1
        return bool(reached & self._end)
