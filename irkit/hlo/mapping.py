"""``map`` and ``reverse``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from xdsl.ir import Attribute

from dialects.stablehlo.mapping import MapOp
from dialects.stablehlo.reverse import ReverseOp
from dialects.stablehlo.syntax import i64_array
from irkit.emit import Body, emit, emit_region_op
from irkit.hlo.arguments import dims
from irkit.hlo.reducers import scalar_of
from irkit.value import Value


def map(
    inputs: Sequence[Value], dimensions: Sequence[int], computation: Callable[..., Value]
) -> Value:
    """``computation`` of the elements of ``inputs`` (of one shape) at each place.

    It takes one scalar of each input and returns a scalar; ``dimensions`` are all of the inputs'.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#map
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands = tuple(inputs)
    types = [scalar_of(value.type) for value in operands]
    properties = {"dimensions": i64_array(dims(dimensions))}
    return emit_region_op(MapOp, operands, properties, (Body(types, computation),))[0]


def reverse(operand: Value, dimensions: Sequence[int]) -> Value:
    """The operand with its elements in reverse order along each of ``dimensions``.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reverse
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(ReverseOp, (operand,), dims(dimensions), _dimensions)


def _dimensions(*dimensions: int) -> Mapping[str, Attribute]:
    return {"dimensions": i64_array(dimensions)}
