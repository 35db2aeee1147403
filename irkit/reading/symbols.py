"""The symbols of modules: each defined once, and what refers to them checked when all are known."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Protocol, cast

from xdsl.dialects.builtin import FunctionType, ModuleOp, StringAttr, SymbolRefAttr
from xdsl.ir import Block, Data, Operation, ParametrizedAttribute, Region

from dialects.diagnostics import Diagnostic, SourceText, brief
from dialects.func import CallOp, FuncOp
from dialects.func.function import function_properties
from dialects.reader import operation_faults, place
from dialects.structure import symbol_fault
from irkit.reading.statement import StatementParser


class Reporter(Protocol):
    """Who wants to know of faults."""

    name: str
    verify: bool

    def report(self, fault: Diagnostic) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class SymbolUse:
    """An operation that refers to symbols."""

    op: Operation
    line: int
    """Of the statement that it is in, from 0."""


@dataclass(slots=True)
class _Scope:
    functions: dict[str, FunctionType | None] = field(
        default_factory=lambda: dict[str, "FunctionType | None"]()
    )
    """By name; none for a symbol that is no function."""
    others: dict[str, Operation] = field(default_factory=lambda: dict[str, Operation]())
    uses: dict[SymbolUse, array[int]] = field(
        default_factory=lambda: dict[SymbolUse, "array[int]"]()
    )
    """Line and column of every operation that refers to symbols in this way."""


class Symbols:
    """The symbols of the modules that the reading is inside of."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._scopes = [_Scope()]

    def enter(self) -> None:
        """Begins a module."""
        self._scopes.append(_Scope())

    def leave(self) -> None:
        """Ends a module, and checks what refers to its symbols."""
        scope = self._scopes.pop()
        for use, places in scope.uses.items():
            for message in _faults(use, scope):
                for k in range(0, len(places), 2):
                    self._reporter.report(
                        Diagnostic(self._reporter.name, places[k], places[k + 1], brief(message))
                    )

    def define(self, op: Operation, source: SourceText, offset: int) -> None:
        """Adds the symbol of an operation of the module, if it has one."""
        name = op.properties.get("sym_name")
        if not isinstance(name, StringAttr):
            return
        scope = self._scopes[-1]
        if name.data in scope.functions:
            if self._reporter.verify:
                message = f"{op.name}: the symbol @{name.data} is defined twice"
                self._reporter.report(source.diagnostic(offset, message))
            return
        is_function = isinstance(op, FuncOp)
        scope.functions[name.data] = op.function_type if is_function else None
        if not is_function and not isinstance(op, ModuleOp):
            scope.others[name.data] = op

    def use(self, use: SymbolUse, line: int, column: int) -> None:
        """Notes an operation to be checked at the end of the module."""
        if self._reporter.verify:
            self._scopes[-1].uses.setdefault(use, array("I")).extend((line, column))


def uses_in(
    op: Operation, parser: StatementParser, source: SourceText
) -> Iterator[tuple[SymbolUse, int]]:
    """The operations that refer to symbols, and where each stands in the text."""
    start = source.text.count("\n", 0, parser.offsets[op])
    for inner in op.walk():
        if any(True for _ in _names(inner)):
            offset = place(inner, parser.offsets, source)
            yield SymbolUse(inner, source.text.count("\n", 0, offset) - start), offset


def _faults(use: SymbolUse, scope: _Scope) -> Iterator[str]:
    """What is wrong with one use in a module of these symbols."""
    symbols: dict[str, Operation] = {}
    for name in _names(use.op):
        type_ = scope.functions.get(name)
        if type_ is not None:
            properties = function_properties(name, type_, "private", (), ())
            symbols[name] = FuncOp.create(properties=properties, regions=[Region()])
        elif name in scope.others:
            symbols[name] = scope.others[name].clone()
    fault = symbol_fault(use.op, symbols)
    if fault is not None:
        yield fault
    if isinstance(use.op, CallOp):
        return
    root = use.op
    while (parent := root.parent_op()) is not None:
        root = parent
    block = Block([root])
    user = FuncOp.of("", Region(block), ())
    ModuleOp([*symbols.values(), user])
    own = (message for op, message in operation_faults(use.op) if op is use.op)
    yield from list(own)
    root.detach()


def symbols_of(op: Operation) -> Iterator[str]:
    """The symbols that the operation and those in it name."""
    for inner in op.walk():
        yield from _names(inner)


def _names(op: Operation) -> Iterator[str]:
    for group in (op.properties, op.attributes):
        for attribute in group.values():
            yield from _symbols(attribute)


def _symbols(part: object) -> Iterator[str]:
    """The symbols that an attribute, or a part of one, names."""
    match part:
        case SymbolRefAttr():
            yield part.root_reference.data
        case Data():
            yield from _symbols(cast("object", part.data))
        case ParametrizedAttribute():
            for item in part.parameters:
                yield from _symbols(item)
        case Mapping():
            for item in cast("Mapping[object, object]", part).values():
                yield from _symbols(item)
        case tuple() | list():
            for item in cast("tuple[object, ...]", part):
                yield from _symbols(item)
        case _ if is_dataclass(part) and not isinstance(part, type):
            for entry in fields(part):
                yield from _symbols(getattr(part, entry.name))
        case _:
            pass
