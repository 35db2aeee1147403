"""One of the two modules, ready to be run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Operation
from xdsl.traits import IsTerminator

from dialects.func import FuncOp
from dialects.reader import ParsedModule
from irkit.interpreter.engine import Observer, Program
from irkit.interpreter.values import Array, Value
from irkit.verify.graph.module import ModuleDigester
from irkit.verify.graph.operations import UNREPEATABLE, keeps_its_place
from irkit.verify.trials.inputs import named_input


@dataclass(frozen=True)
class Draw:
    """Which numbers external parameters hold."""

    seed: int
    trial: int


class Side:
    """Runs the functions of one module, with external parameters drawn by name."""

    def __init__(self, parsed: ParsedModule) -> None:
        self.parsed = parsed

    def run(
        self,
        function: str,
        inputs: Sequence[Value],
        draw: Draw,
        observers: Sequence[Observer] = (),
        read: dict[str, Array] | None = None,
    ) -> list[Value]:
        """Calls a function; the same ``draw`` gives the same parameters on both sides.
        ``read`` takes those that were read, by key.

        Raises :class:`~irkit.interpreter.errors.EvaluationError`.
        """

        def parameter(key: str, type_: TensorType[Attribute]) -> Array:
            value = named_input(type_, key, draw.seed, draw.trial)
            if read is not None:
                read[key] = value
            return value

        program = Program(
            self.parsed.module,
            resources=self.parsed.resources,
            parameters=parameter,
            observers=observers,
        )
        return program.run(function, list(inputs))

    def signatures(self) -> dict[str, Attribute]:
        """The public functions that have a body, with their types."""
        functions = ModuleDigester(self.parsed.module).functions()
        return {name: op.function_type for name, op in functions.items()}

    def effects(self) -> set[str]:
        """The names of operations that do more than give results."""
        return {
            op.name
            for function in self.parsed.module.body.ops
            if isinstance(function, FuncOp)
            for op in function.body.walk()
            if _has_effect(op)
        }

    def functions(self) -> dict[str, Sequence[Attribute]]:
        """The public functions that have a body, with the types of their arguments."""
        functions = ModuleDigester(self.parsed.module).functions()
        return {name: op.function_type.inputs.data for name, op in functions.items()}


def _has_effect(op: Operation) -> bool:
    """Whether the operation itself has one: not what it calls, nor what its regions hold."""
    if op.name in ("func.call", *UNREPEATABLE) or op.has_trait(IsTerminator):
        return False
    inner = (each for region in op.regions for each in region.walk())
    return keeps_its_place(op) and not any(map(_has_effect, inner))
