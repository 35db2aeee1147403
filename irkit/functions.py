"""Private functions beside ``@main``, and calls of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Region

from dialects.func import FuncOp, ReturnOp
from irkit.errors import BuildError, located
from irkit.interruption import doing
from irkit.outputs import ForwardResult, named_outputs
from irkit.types import numpy_dtype
from irkit.value import Value
from irkit.whole_tape import WholeTape

if TYPE_CHECKING:
    from irkit.builder import Builder

FunctionBody = Callable[..., ForwardResult]
"""Called with a builder of its own and the arguments as values; returns the results."""


@dataclass(frozen=True, slots=True)
class Function:
    """A private function of the module; calling it records ``func.call``.

    Upstream keeps calls whose results nobody reads, for a function may have effects.
    """

    builder: Builder
    name: str
    argument_types: tuple[TensorType[Attribute], ...]
    result_types: tuple[TensorType[Attribute], ...]

    def __call__(self, *operands: Value) -> tuple[Value, ...]:
        """Records a call. Raises ``BuildError`` for operands of other types."""
        types = tuple(
            self.builder.own(value, f"call @{self.name}: operand {number}").type
            for number, value in enumerate(operands)
        )
        if types != self.argument_types:
            raise BuildError(
                located(
                    f"call @{self.name}: operands ({', '.join(map(str, types))}) for arguments "
                    f"({', '.join(map(str, self.argument_types))})"
                )
            )
        return self.builder.append_call(self.name, operands, self.result_types)


class FunctionTape(WholeTape):
    """Records the body of one private function; it is isolated and holds no parameters."""

    def parameter(self, value: Value, name: str) -> int:
        """Never called by a builder: parameters belong to ``@main``."""
        raise BuildError(f"parameter {name!r} inside function @{self.private_function}")

    def define(self, function: FuncOp) -> None:
        """Never called by a builder: functions do not nest."""
        raise BuildError(f"a function inside function @{self.private_function}")


def record_function(
    make_builder: Callable[[FunctionTape], Builder],
    name: str,
    body: FunctionBody,
    argument_types: Sequence[TensorType[Attribute]],
) -> FuncOp:
    """Runs ``body`` on a builder of its own and gives the function."""
    tape = FunctionTape(name)
    builder = make_builder(tape)
    arguments = [
        builder.argument(f"{i}", type_.get_shape(), numpy_dtype(type_.element_type))
        for i, type_ in enumerate(argument_types)
    ]
    try:
        with doing(
            lambda: f"recording function @{name} ({builder.operations_recorded:,} operations)"
        ):
            result = body(builder, *arguments)
        results = named_outputs(result, f"function @{name}")
        values = [
            builder.ssa(builder.own(value, f"function @{name}: output {key!r}"))
            for key, value in results.items()
        ]
    finally:
        builder.close()
    tape.block.add_op(ReturnOp.create(operands=values))
    return FuncOp.of(name, Region(tape.block), [v.type for v in values], visibility="private")
