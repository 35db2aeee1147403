"""Names of a function's values as upstream chooses them, in a few bytes each.

The rules are those of :mod:`dialects.naming`; here a name is a number until it is written, so that
a function of a million values needs no million strings.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Set

from dialects.naming import Names
from irkit.reading.requests import NUMBER

_GENERATED = re.compile(r"(.*)_(0|[1-9]\d*)", re.ASCII | re.DOTALL)
_NUMBERS = 1 << 32
_SHIFT = 33
NOT_GENERATED = (1 << 32) - 1


class _Used(Set[str]):
    """The names in use; those with a conflict number are not held as strings."""

    def __init__(self) -> None:
        self.bare: set[str] = set()
        self.stems: dict[str, int] = {}
        self.stem_of_conflict = array("I")

    def __contains__(self, name: object) -> bool:
        if name in self.bare:
            return True
        match = _GENERATED.fullmatch(name) if isinstance(name, str) else None
        if match is None or len(match[2]) > 9 or match[1] not in self.stems:
            return False
        conflict = int(match[2])
        known = self.stem_of_conflict
        return conflict < len(known) and known[conflict] == self.stems[match[1]]

    def __iter__(self) -> Iterator[str]:
        yield from self.bare

    def __len__(self) -> int:
        return len(self.bare)


class CompactNames:
    """Names a function's arguments and the results of its statements, in order."""

    def __init__(self, arguments: int) -> None:
        self.codes = array("q", (0,))
        """By value: a number, in a group with its place above 32 bits; or below zero, a suggested
        name with its conflict number."""
        self._texts: list[str] = []
        self._texts_known: dict[str, int] = {}
        self._used = _Used()
        self._number = 0
        self._conflict = 0
        self._arguments = arguments
        for k in range(arguments):
            self.codes.append(self._named(f"arg{k}"))

    def skip_to(self, value: int) -> None:
        """Leaves values before this one without names."""
        missing = value - len(self.codes)
        if missing:
            self.codes.extend([0] * missing)

    def result(self, request: str, count: int) -> None:
        """Names the next results: one, or a group of several."""
        if request == NUMBER:
            code = self._number
            self._number += 1
            if count == 1:
                self.codes.append(code)
            else:
                self.codes.extend(code + (k + 1) * _NUMBERS for k in range(count))
            return
        assert count == 1, "no operation suggests one name for several results"
        self.codes.append(self._named(request))

    def _named(self, name: str) -> int:
        used = self._used
        conflict = -1
        unique = name
        while unique in used:
            conflict = self._conflict
            self._conflict += 1
            unique = f"{name}_{conflict}"
            used.stem_of_conflict.append(NOT_GENERATED)
        if conflict < 0:
            used.bare.add(name)
        else:
            used.stem_of_conflict[conflict] = used.stems.setdefault(name, len(used.stems))
        index = self._texts_known.get(name)
        if index is None:
            index = self._texts_known[name] = len(self._texts)
            self._texts.append(name)
        return -((index << _SHIFT) + conflict + 2)

    def text(self, value: int) -> str:
        """The name of a value with ``%``."""
        code = self.codes[value]
        if 0 <= code < _NUMBERS:
            return f"%{code}"
        if code >= 0:
            return f"%{code % _NUMBERS}#{code // _NUMBERS - 1}"
        index, conflict = divmod(-code, 1 << _SHIFT)
        name = self._texts[index]
        return f"%{name}" if conflict == 1 else f"%{name}_{conflict - 2}"

    def at_end(self) -> Names:
        """Where the regions in the function start from: what is known at its end."""
        return Names(self._number, self._arguments, self._conflict, self._used)
