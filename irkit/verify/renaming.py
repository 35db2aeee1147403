"""A one-to-one renaming of SSA names, held in runs rather than name by name."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter

_NUMBERED = re.compile(rb"(%|%.*_)(0|[1-9]\d{0,17})")
_START = attrgetter("start")


@dataclass(slots=True)
class _Run:
    """Names ``start``, ``start + 1``, ... and those that they stand for on the other side."""

    start: int
    size: int
    other_prefix: bytes
    other_start: int


class _Direction:
    """From the names of one side to those of the other.

    Where both sides count up together (``%7`` is ``%9``, ``%8`` is ``%10``), a run of names is
    one entry: a program of millions of operations takes as many entries as there are places
    where the two sides disagree about the next number.
    """

    def __init__(self) -> None:
        self._single: dict[bytes, bytes] = {}
        self._runs: dict[bytes, list[_Run]] = {}

    def get(self, name: bytes) -> bytes | None:
        """The name on the other side, or none where this one is not defined."""
        match = _NUMBERED.fullmatch(name)
        runs = self._runs.get(match[1]) if match else None
        if match and runs:
            number = int(match[2])
            at = bisect_right(runs, number, key=_START) - 1
            run = runs[at]
            if at >= 0 and number - run.start < run.size:
                return b"%s%d" % (run.other_prefix, run.other_start + number - run.start)
        return self._single.get(name)

    def put(self, name: bytes, other: bytes) -> None:
        """Adds a name that is not defined yet."""
        left, right = _NUMBERED.fullmatch(name), _NUMBERED.fullmatch(other)
        if left is None or right is None:
            self._single[name] = other
            return
        number, prefix, other_number = int(left[2]), right[1], int(right[2])
        runs = self._runs.setdefault(left[1], [])
        if runs:
            last = runs[-1]
            past = number - last.start
            if past < last.size:  # Out of order: rare, and a run must not be cut for it.
                self._single[name] = other
                return
            follows = past == last.size and other_number == last.other_start + past
            if follows and prefix == last.other_prefix:
                last.size += 1
                return
        runs.append(_Run(number, 1, prefix, other_number))


class RenamedScope:
    """The names that one scope defines, on both sides."""

    def __init__(self, *, region: bool, depth: int = 0) -> None:
        self.region = region
        """Whether braces bound it; else one operation does, with the regions it has."""
        self.depth = depth
        """Of the parentheses that were open where it begins."""
        self.left_to_right = _Direction()
        self.right_to_left = _Direction()

    def define(self, left: bytes, right: bytes) -> None:
        """Binds a name of the left side to one of the right."""
        self.left_to_right.put(left, right)
        self.right_to_left.put(right, left)
