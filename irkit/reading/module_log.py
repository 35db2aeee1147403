"""A module as numbers: what its statements say, and which values each reads and defines.

What is held grows by four bytes for each operation and each operand, and with the number of
different signatures; literals stay in their file.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue

from dialects.aliases import has_aliases
from dialects.func import FuncOp, ReturnOp
from dialects.long_literal import LongLiteral
from dialects.reader import operation_faults
from irkit.reading.endings import UNPRINTABLE, RefusedError
from irkit.reading.events import (
    FunctionEnd,
    FunctionStart,
    ModuleEnd,
    ModuleLevel,
    ModuleStart,
    Resources,
    Statement,
)
from irkit.reading.faithful import alone, shows_all
from irkit.reading.module_reader import ModuleReader
from irkit.reading.rendering import Rendering, RenderingStore, UnrenderedError, render
from passes.effects import Removability
from passes.prune import PrunePass

DEAD = 1 << 31
"""Marks a statement that is not to be printed."""


@dataclass(slots=True)
class Function:
    """A function with a body."""

    op: FuncOp
    words: array[int] = field(default_factory=lambda: array("I"))
    """For each statement its rendering, the values it reads, its literals, and the rendering once
    more, so that it can be read from both ends."""
    values: int = 0
    """One more than the number of values."""
    returned: tuple[ReturnOp, Sequence[SSAValue]] | None = None
    """What ends it, and the values that stand for what that reads."""

    @property
    def arguments(self) -> int:
        """The number of arguments, whose values are from 1."""
        return len(self.op.body.blocks[0].args)


@dataclass(slots=True)
class Beside:
    """An operation beside the functions."""

    op: Operation


class Record(NamedTuple):
    """One statement of a function."""

    position: int
    rendering: Rendering
    operands: Sequence[int]
    literals: Sequence[int]
    first_result: int


class ModuleLog:
    """Reads a module into the log; ``prune`` drops dead operations in regions on the way.

    Raises ``ReadError`` for what cannot be read, with ``verify`` also for what is not valid, and
    :class:`~irkit.reading.endings.UnfollowedError` for what asks for the whole module.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        *,
        verify: bool = False,
        prune: bool = False,
        allow_unregistered: bool = False,
    ) -> None:
        self.items: list[Function | Beside] = []
        self.header: ModuleOp | None = None
        self.resources: Mapping[tuple[str, str], str] = {}
        self.renderings = RenderingStore()
        self.literal_offsets = array("Q")
        self.literal_digits = array("Q")
        self.named_literals: dict[int, LongLiteral] = {}
        """Literals beside the functions, by their numbers in the text."""
        self._effects = Removability()
        self._prune = PrunePass(self._effects) if prune else None
        self._last: tuple[Operation, Sequence[SSAValue]] | None = None
        self._reader = ModuleReader(
            file,
            name,
            describe=self._describe,
            verify=verify,
            allow_unregistered=allow_unregistered,
        )
        self.faults = self._reader.faults
        """What is wrong with the module, as far as it was read."""

    def _describe(
        self, op: Operation, uses: Sequence[SSAValue], literals: Sequence[LongLiteral]
    ) -> int:
        if self._prune is not None:
            for region in op.regions:
                self._prune.run(region)
        if isinstance(op, ReturnOp):
            self._last = op, uses
        try:
            if not self._reader.verify:
                self._refuse_unfaithful(op, uses)
            return self.renderings.add(render(op, uses, literals, self._effects))
        except UnrenderedError as error:
            raise self._reader.unfollowed(str(error)) from None
        except UNPRINTABLE as error:
            # Pretty forms rely on what the verifier checks.
            faults = [message for _, message in operation_faults(op)]
            raise RefusedError(faults[0] if faults else f"cannot be printed: {error}") from error

    def _refuse_unfaithful(self, op: Operation, uses: Sequence[SSAValue]) -> None:
        """Refuses an operation that is not valid and whose text would not say all of it."""
        fault = next(operation_faults(op), None)
        reader = self._reader
        keeps = reader.context.keeps_unknown
        if fault and not shows_all(alone(op, uses), reader.literals, allow_unregistered=keeps):
            raise RefusedError(fault[1])

    @property
    def line(self) -> int:
        """Where the reading is, from 1."""
        return self._reader.lines.number

    def read(self) -> None:
        """Reads the module to its end."""
        function: Function | None = None
        modules = 0
        add = self.literal_offsets.append
        words = array("I")
        for event in self._reader:
            if isinstance(event, Statement):
                assert function is not None
                rendering: int | None = event.signature.facts
                if rendering is None:
                    # It was refused, so nothing will be printed.
                    continue
                words.append(rendering)
                words.extend(event.operands)
                for literal in event.literals:
                    words.append(len(self.literal_offsets))
                    add(literal.offset)
                    self.literal_digits.append(literal.digits)
                words.append(rendering)
                function.values = event.first_result + sum(event.signature.results)
                continue
            if self.header is not None and not modules and not isinstance(event, Resources):
                raise self._reader.unfollowed_entry("operations beside a module")
            match event:
                case ModuleStart():
                    if self.items or modules:
                        raise self._reader.unfollowed_entry("modules in a module")
                    self._refuse_aliases(event.op)
                    self.header = event.op
                    modules += 1
                case ModuleEnd():
                    modules -= 1
                case FunctionStart():
                    self._refuse_aliases(event.op)
                    function = Function(event.op)
                    function.values = function.arguments + 1
                    words = function.words
                    self.items.append(function)
                    self._last = None
                case FunctionEnd():
                    assert function is not None
                    if self._last is not None and isinstance(self._last[0], ReturnOp):
                        function.returned = self._last[0], self._last[1]
                case ModuleLevel():
                    self._refuse_aliases(event.op)
                    self.named_literals.update((x.number, x) for x in event.literals)
                    self.items.append(Beside(event.op))
                case _:
                    self.resources = event.blobs
                    self.named_literals.update(event.literals)

    def _refuse_aliases(self, op: Operation) -> None:
        if has_aliases(op):
            raise self._reader.unfollowed_entry("attributes or types that have aliases")

    # -- reading the log ---------------------------------------------------------------------

    def forward(self, function: Function) -> Iterator[Record]:
        """The statements of a function, dead ones left out."""
        words = function.words
        get = self.renderings.get
        position = 0
        end = len(words)
        value = function.arguments + 1
        while position < end:
            word = words[position]
            rendering = get(word & ~DEAD)
            start = position + 1
            middle = start + rendering.uses
            after = middle + rendering.literals
            if word < DEAD:
                operands, literals = words[start:middle], words[middle:after]
                yield Record(position, rendering, operands, literals, value)
            position = after + 1
            value += rendering.results

    def backward(self, function: Function) -> Iterator[Record]:
        """The statements of a function, last first."""
        words = function.words
        get = self.renderings.get
        position = len(words)
        value = function.values
        while position:
            rendering = get(words[position - 1] & ~DEAD)
            middle = position - 1 - rendering.literals
            start = middle - rendering.uses
            operands, literals = words[start:middle], words[middle : position - 1]
            position = start - 1
            value -= rendering.results
            yield Record(position, rendering, operands, literals, value)

    def close(self) -> None:
        """Frees memory and disk."""
        self.renderings.close()
