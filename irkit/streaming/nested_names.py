"""Names of the values inside an operation's regions, which depend on the whole enclosing function.

Upstream numbers a region wholly before the regions nested in it, so these names are known only
when the function is. Until then a template keeps what each value asks for, in numbering order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from xdsl.ir import Block, Operation, Region, SSAValue

NUMBER = ""
"""The request of a value without a suggested name."""

ARGUMENT = "arg"


class NameCounters:
    """Upstream's three counters and the suggested names in use (MLIR: ``SSANameState``)."""

    __slots__ = ("argument", "conflict", "number", "used")

    def __init__(
        self, number: int = 0, argument: int = 0, conflict: int = 0, used: Iterable[str] = ()
    ) -> None:
        self.number = number
        self.argument = argument
        self.conflict = conflict
        self.used = set(used)

    def fork(self) -> NameCounters:
        """The state in which a nested region starts."""
        return NameCounters(self.number, self.argument, self.conflict, self.used)

    def name(self, request: str) -> str:
        """The next name for a request, with its ``%``."""
        if request == NUMBER:
            self.number += 1
            return f"%{self.number - 1}"
        if request == ARGUMENT:
            self.argument += 1
            return f"%arg{self.argument - 1}"
        if request not in self.used:
            self.used.add(request)
            return f"%{request}"
        # Generated names never enter `used`: the conflict counter makes them unique, and no
        # suggestion of ours ends in an underscore and digits.
        self.conflict += 1
        return f"%{request}_{self.conflict - 1}"


@dataclass(frozen=True, slots=True)
class RegionNames:
    """What the values of one region ask for, then the regions nested in its operations."""

    requests: tuple[str, ...]
    children: tuple[RegionNames, ...]

    def names(self, counters: NameCounters) -> Iterator[str]:
        """The names, in the order of the requests, parents first."""
        yield from [counters.name(request) for request in self.requests]
        for child in self.children:
            yield from child.names(counters.fork())


@dataclass(frozen=True, slots=True)
class NestedNames:
    """The requests of every region of one operation."""

    regions: tuple[RegionNames, ...]

    def names(self, counters: NameCounters) -> list[str]:
        """Every name, in the order of :func:`nested_names_of`'s positions."""
        return [name for region in self.regions for name in region.names(counters.fork())]

    def to_json(self) -> Any:
        """Plain lists."""
        return [_to_json(region) for region in self.regions]

    @staticmethod
    def from_json(data: Any) -> NestedNames:
        """The inverse of :meth:`to_json`; raises ``TypeError`` or ``ValueError`` for other data."""
        return NestedNames(tuple(map(_from_json, data)))


def _to_json(region: RegionNames) -> Any:
    return [region.requests, [_to_json(child) for child in region.children]]


def _from_json(data: Any) -> RegionNames:
    requests, children = data
    if not all(isinstance(request, str) for request in requests):
        raise TypeError("a name must be text")
    return RegionNames(tuple(requests), tuple(map(_from_json, children)))


def nested_names_of(op: Operation) -> tuple[NestedNames, list[tuple[SSAValue, int, str]]]:
    """The requests of ``op``'s regions, and for each value its position and suffix (``#1``)."""
    walk = _Walk()
    return NestedNames(tuple(walk.visit(region, op) for region in op.regions)), walk.values


class _Walk:
    """Visits regions in numbering order."""

    def __init__(self) -> None:
        self.values: list[tuple[SSAValue, int, str]] = []
        self._count = 0

    def visit(self, region: Region, owner: Operation) -> RegionNames:
        requests: list[str] = []
        nested: list[tuple[Region, Operation]] = []
        for number, block in enumerate(region.blocks):
            for request, group in _requests(block, owner, entry=number == 0):
                for value, suffix in group:
                    self.values.append((value, self._count, suffix))
                requests.append(request)
                self._count += 1
            nested += [(inner, o) for o in block.ops for inner in o.regions]
        return RegionNames(tuple(requests), tuple(self.visit(*pair) for pair in nested))


def _requests(
    block: Block, owner: Operation, *, entry: bool
) -> Iterator[tuple[str, list[tuple[SSAValue, str]]]]:
    suggest_argument = getattr(owner, "argument_name", None)
    for argument in block.args:
        suggested = None if suggest_argument is None else suggest_argument(argument.index)
        yield suggested or (ARGUMENT if entry else NUMBER), [(argument, "")]
    for op in block.ops:
        if names := result_names(op):
            for result, name in zip(op.results, names, strict=True):
                yield name, [(result, "")]
        elif op.results:
            many = len(op.results) > 1
            group: list[tuple[SSAValue, str]] = [
                (result, f"#{i}" if many else "") for i, result in enumerate(op.results)
            ]
            suggest = getattr(op, "result_name", None)
            yield (None if suggest is None else suggest()) or NUMBER, group


def result_names(op: Operation) -> tuple[str, ...]:
    """The name that ``op`` suggests for each of its results, or nothing if they share one."""
    return tuple(getattr(op, "RESULT_NAMES", ()))
