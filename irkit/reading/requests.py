"""What the values of a statement want to be called, until their names can be chosen.

Upstream numbers a region wholly before the regions nested in it, so the names inside a statement
depend on all of the function. What is kept is what :mod:`dialects.naming` would ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from xdsl.ir import Operation, SSAValue

from dialects.naming import Names, Table

NUMBER = ""
ARGUMENT = "#"

Tree: TypeAlias = "list[list[str] | list[int] | list[Tree]]"
"""Requests, the hole that each fills, and the regions nested in this one."""


def hole(number: int) -> str:
    """What stands in a text for the name that will fill hole ``number``."""
    return f"\udc10{number}\udc11"


class _Requests(Names):
    """Takes notes instead of choosing names."""

    __slots__ = ("children", "holes", "next_hole", "requests")

    def __init__(self, next_hole: list[int]) -> None:
        super().__init__()
        self.next_hole = next_hole
        self.requests: list[str] = []
        self.holes: list[int] = []
        self.children: list[_Requests] = []

    def fork(self) -> Names:
        self.children.append(_Requests(self.next_hole))
        return self.children[-1]

    def number(self) -> str:
        return self._note(NUMBER)

    def next_argument(self) -> str:
        return self._note(ARGUMENT)

    def suggested(self, name: str) -> str:
        return self._note(name)

    def _note(self, request: str) -> str:
        number = self.next_hole[0]
        self.next_hole[0] += 1
        self.requests.append(request)
        self.holes.append(number)
        return hole(number)

    def tree(self) -> Tree:
        """Plain lists."""
        return [self.requests, self.holes, [child.tree() for child in self.children]]


@dataclass(slots=True)
class Wishes:
    """What one operation asks for."""

    names: list[str]
    """For each name of its results."""
    counts: list[int]
    """How many results each name stands for."""
    regions: list[Tree]
    holes: int
    """Holes used, the ones from before included."""
    table: Table = field(default_factory=lambda: dict[SSAValue, str]())
    """The hole of each value, with ``#1`` for one of several results."""


def wishes(op: Operation, first_hole: int) -> Wishes:
    """The requests of an operation's results, then of what its regions define."""
    table: Table = {}
    counter = [first_hole]
    own = _Requests(counter)
    own.name_results(op, table)
    names = len(own.requests)
    counts = [1] * names if names == len(op.results) else [len(op.results)] * names
    regions: list[Tree] = []
    for region in op.regions:
        inner = _Requests(counter)
        inner.name_region(region, table)
        regions.append(inner.tree())
    return Wishes(own.requests, counts, regions, counter[0], table)


def grant(regions: list[Tree], names: Names, fillers: list[str]) -> None:
    """Chooses the names in an operation's regions, each region starting from ``names``."""
    pending = [(region, names.fork()) for region in regions]
    while pending:
        (requests, holes, children), scope = pending.pop()
        for request, number in zip(requests, holes, strict=True):
            assert isinstance(request, str)
            assert isinstance(number, int)
            if request == NUMBER:
                fillers[number] = scope.number()
            elif request == ARGUMENT:
                fillers[number] = scope.next_argument()
            else:
                fillers[number] = scope.suggested(request)
        pending.extend((child, scope.fork()) for child in children if isinstance(child, list))
