"""Random programs as plain data: they replay from a file, and shrink."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from irkit.testing.drawing import Drawing
from irkit.testing.parameters import parameter_arrays, parameter_types
from irkit.testing.picks import Picks
from irkit.testing.step import Step

if TYPE_CHECKING:
    from irkit.builder import Builder
    from irkit.functions import Function
    from irkit.value import Value

ArgumentType = tuple[tuple[int, ...], str]
"""A shape and the name of a dtype (``((2, 3), "f32")``)."""

__all__ = ["ArgumentType", "PrivateFunction", "Program", "Step"]


@dataclass(frozen=True, slots=True)
class PrivateFunction:
    """A private function: its argument types, its steps, and picks of the values it returns."""

    arguments: tuple[ArgumentType, ...] = ()
    steps: tuple[Step, ...] = ()
    outputs: tuple[int, ...] = ()


SHOWN = 500
"""Steps up to which a program's ``repr`` shows them."""


@dataclass(frozen=True, slots=True, repr=False)
class Program:
    """A forward as data: call it with a builder (``irkit.record(program)``).

    Any steps with any picks make a valid program. A pick of an output counts from the value that
    was recorded last (0) to the first argument, modulo how many there are, so it may repeat one or
    name an argument.
    """

    steps: tuple[Step, ...] = ()
    outputs: tuple[int, ...] = ()
    arguments: tuple[ArgumentType, ...] = ()
    functions: tuple[PrivateFunction, ...] = ()
    """Private functions ``@f0``, ``@f1`` ..., which steps may call any number of times."""
    scope_length: int = 0
    """After how many steps a new scope ``part.N`` begins; 0 for no scopes around steps (with
    ``declares``: one)."""
    window: int = 0
    """How many values stay in reach of later steps, which drops the handles of older ones; 0 for
    all."""
    declares: int = 0
    """If not 0, each scope declares every so many-th tensor that it makes, later steps read no
    others of it, and all declared ones are returned, so that no declaration is false. Such a
    program suits a policy with declared live-outs and the scope pattern ``part.*``."""

    def __call__(self, builder: Builder) -> dict[str, Value]:
        """Records the program. Raises ``ProgramError`` for a kind that the catalogue lacks."""
        functions = tuple(
            builder.function(f"f{number}", _Body(function), function.arguments)
            for number, function in enumerate(self.functions)
        )
        drawing = self._drawing(builder, functions)
        declared: list[Value] = [*drawing.pool] if self.declares else []
        length = self.scope_length or max(len(self.steps), 1)
        for start in range(0, len(self.steps), length):
            part = self.steps[start : start + length]
            if not self.scope_length and not self.declares:
                drawing.run(part)
                continue
            with builder.scope(f"part.{start // length}") as scope:
                if self.declares:
                    made = drawing.run_apart(part, self.declares)
                    scope.returns(*made)
                    declared += made
                else:
                    drawing.run(part)
        outputs = {f"out.{i}": value for i, value in enumerate(_outputs(drawing, self.outputs))}
        return outputs | {f"declared.{i}": value for i, value in enumerate(declared)}

    def _drawing(self, builder: Builder, functions: Sequence[Function]) -> Drawing:
        drawing = Drawing(
            builder,
            functions=functions,
            parameters=not self.declares,
            # What a window hides could not be returned, as everything declared must be.
            window=0 if self.declares else self.window,
        )
        for number, (shape, dtype) in enumerate(self.arguments):
            drawing.add(builder.argument(f"x{number}", shape, dtype))
        if self.declares:
            # A parameter that a scope is the first to use must be read, which no step promises.
            for name, (shape, dtype) in [*parameter_types().items()][: self.declares]:
                drawing.add(builder.parameter(name, shape, dtype))
        return drawing

    def __repr__(self) -> str:
        size = self.size
        if size > SHOWN:
            return f"<Program of {size} steps>"
        shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self))
        return f"Program({shown})"

    def weights(self) -> Mapping[str, np.ndarray[Any, Any]]:
        """The tensors that programs use as parameters, by name: the same for all programs."""
        return parameter_arrays()

    @property
    def size(self) -> int:
        """How many steps there are, those of functions and nested regions included."""
        return sum(1 for _ in self.every_step())

    def every_step(self) -> Iterator[Step]:
        """Every step, each before those inside of it."""
        yield from _walk(self.steps)
        for function in self.functions:
            yield from _walk(function.steps)

    def kinds(self) -> frozenset[str]:
        """The kinds of all steps."""
        return frozenset(step.kind for step in self.every_step())

    def to_json(self) -> str:
        """The program as JSON, for :meth:`from_json`."""
        from irkit.testing.program_file import program_to_json

        return program_to_json(self)

    @staticmethod
    def from_json(text: str) -> Program:
        """Reads what :meth:`to_json` wrote. Raises ``ProgramError`` for anything else."""
        from irkit.testing.program_file import program_from_json

        return program_from_json(text)

    @staticmethod
    def random(
        seed: int, size: int, kinds: Iterable[str] | None = None, *, declares: bool = False
    ) -> Program:
        """A program of ``size`` steps (nested ones included), the same for the same arguments.

        ``kinds`` are those of the catalogue that steps may have; all if None. Raises
        ``ProgramError`` for one that it lacks.
        """
        from irkit.testing.random_program import random_program

        return random_program(seed, size, kinds, declares=declares)


@dataclass(frozen=True, slots=True)
class _Body:
    """The callable of a private function."""

    function: PrivateFunction

    def __call__(self, builder: Builder, *arguments: Value) -> list[Value]:
        drawing = Drawing(builder, parameters=False)
        for argument in arguments:
            drawing.add(argument)
        drawing.run(self.function.steps)
        return _outputs(drawing, self.function.outputs)


def _outputs(drawing: Drawing, picks: tuple[int, ...]) -> list[Value]:
    drawing.picks = Picks(picks)
    return [drawing.output() for _ in picks]


def _walk(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        for region in step.inner:
            yield from _walk(region)
