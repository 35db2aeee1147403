"""``dynamic_broadcast_in_dim``, ``dynamic_reshape`` and ``dynamic_iota``: an operand is the shape.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, TensorType, i64
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.bounded_types import has_shape
from dialects.stablehlo.dimension_rows import in_range_row, unique_row
from dialects.stablehlo.element_types import (
    ANY_OR_PER_AXIS,
    COMPLEX,
    FLOATING_POINT,
    INTEGER,
    PER_TENSOR,
)
from dialects.stablehlo.labelled import Label, LabelledOp, list_label, number_label
from dialects.stablehlo.quantized_rows import broadcast_row, reshape_row, same_parameters_rows
from dialects.stablehlo.shape_operands import constants_row, sizes_row
from dialects.stablehlo.signature import accepts, dims_text, returns
from dialects.stablehlo.tensors import dims_agree, rank, shape
from dialects.stablehlo.windows import integers

Rows = Sequence[Constraint[Any]]


def _shape_rows(id: str, name: str) -> Rows:
    """The operand ``name`` holds as many sizes as the result has, and those."""
    return (
        Constraint(
            id,
            lambda op: shape(getattr(op, name))[0] == rank(op.result),
            lambda op: (
                f"{name} has {shape(getattr(op, name))[0]} sizes for the result {op.result.type}"
            ),
        ),
        constants_row(
            id,
            lambda op: getattr(op, name),
            lambda op, sizes: has_shape(op.result.type, sizes),
            lambda op, sizes: f"{name} {dims_text(sizes)} is not the shape of {op.result.type}",
        ),
    )


# -- dynamic_broadcast_in_dim ------------------------------------------------------------------


def _dimensions(op: DynamicBroadcastInDimOp) -> tuple[int, ...]:
    return integers(op.broadcast_dimensions) or ()


def _expanding(op: DynamicBroadcastInDimOp) -> tuple[int, ...]:
    return integers(op.known_expanding_dimensions) or ()


def _nonexpanding(op: DynamicBroadcastInDimOp) -> tuple[int, ...]:
    return integers(op.known_nonexpanding_dimensions) or ()


def _fits(op: DynamicBroadcastInDimOp, target: Sequence[int]) -> bool:
    return all(
        size == 1 or dims_agree(size, target[dim])
        for size, dim in zip(shape(op.operand), _dimensions(op), strict=True)
    )


_BROADCAST_ROWS: Rows = (
    accepts("I1", "operand", 0, ANY_OR_PER_AXIS),
    sizes_row("I2", "output_dimensions"),
    returns("O1", "result", ANY_OR_PER_AXIS),
    *same_parameters_rows("C1"),
    Constraint(
        "C2",
        lambda op: len(_dimensions(op)) == rank(op.operand),
        lambda op: (
            f"broadcast_dimensions {dims_text(_dimensions(op))} should be {rank(op.operand)} for "
            f"{op.operand.type}"
        ),
    ),
    in_range_row("C3", "broadcast_dimensions", _dimensions, lambda op: rank(op.result)),
    unique_row("C4", broadcast_dimensions=_dimensions),
    Constraint(
        "C5",
        lambda op: _fits(op, shape(op.result)),
        lambda op: (
            f"{op.operand.type} does not broadcast to {op.result.type} with "
            f"broadcast_dimensions {dims_text(_dimensions(op))}"
        ),
    ),
    *_shape_rows("C7", "output_dimensions"),
    constants_row(
        "C5",
        lambda op: op.output_dimensions,
        _fits,
        lambda op, sizes: (
            f"{op.operand.type} does not broadcast to the shape {dims_text(sizes)} with "
            f"broadcast_dimensions {dims_text(_dimensions(op))}"
        ),
    ),
    broadcast_row("C6", _dimensions),
    unique_row(
        "C8",
        known_expanding_dimensions=_expanding,
        known_nonexpanding_dimensions=_nonexpanding,
    ),
    in_range_row("C9", "known_expanding_dimensions", _expanding, lambda op: rank(op.operand)),
    in_range_row(
        "C10", "known_nonexpanding_dimensions", _nonexpanding, lambda op: rank(op.operand)
    ),
)


@irdl_op_definition
class DynamicBroadcastInDimOp(LabelledOp):
    """``broadcast_in_dim`` to the shape that ``output_dimensions`` holds."""

    name = "stablehlo.dynamic_broadcast_in_dim"

    operand = operand_def(TensorType)
    output_dimensions = operand_def(TensorType)
    broadcast_dimensions = prop_def(DenseArrayBase.constr(i64))
    known_expanding_dimensions = opt_prop_def(DenseArrayBase.constr(i64))
    known_nonexpanding_dimensions = opt_prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    READS_CONSTANTS: ClassVar[bool] = True
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _BROADCAST_ROWS
    LABELS: ClassVar[Sequence[Label]] = (list_label("dims", "broadcast_dimensions"),)


# -- dynamic_reshape ---------------------------------------------------------------------------


def _sizes_agree(left: Sequence[int], right: Sequence[int]) -> bool | None:
    """Whether two shapes have as many elements; ``None`` where one is not known."""
    if DYNAMIC in (*left, *right):
        return None
    return math.prod(left) == math.prod(right)


_RESHAPE_ROWS: Rows = (
    accepts("I1", "operand", 0, ANY_OR_PER_AXIS),
    sizes_row("I2", "output_shape"),
    returns("O1", "result", ANY_OR_PER_AXIS),
    Constraint(
        "C2",
        lambda op: _sizes_agree(shape(op.operand), shape(op.result)),
        lambda op: f"{op.operand.type} and {op.result.type} differ in number of elements",
    ),
    *_shape_rows("C4", "output_shape"),
    constants_row(
        "C2",
        lambda op: op.output_shape,
        lambda op, sizes: _sizes_agree(shape(op.operand), sizes) is not False,
        lambda op, sizes: (
            f"{op.operand.type} has not as many elements as the shape {dims_text(sizes)}"
        ),
    ),
    *same_parameters_rows("C1", reshape_row("C3")),
)


@irdl_op_definition
class DynamicReshapeOp(LabelledOp):
    """``reshape`` to the shape that ``output_shape`` holds."""

    name = "stablehlo.dynamic_reshape"

    operand = operand_def(TensorType)
    output_shape = operand_def(TensorType)
    result = result_def(TensorType)

    traits = traits_def(Pure())
    READS_CONSTANTS: ClassVar[bool] = True
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _RESHAPE_ROWS


# -- dynamic_iota ------------------------------------------------------------------------------


def _iota_dimension(op: DynamicIotaOp) -> int:
    return op.iota_dimension.value.data


_IOTA_ROWS: Rows = (
    sizes_row("I1", "output_shape"),
    returns("O1", "result", INTEGER | FLOATING_POINT | COMPLEX | PER_TENSOR),
    Constraint(
        "C1",
        lambda op: 0 <= _iota_dimension(op) < shape(op.output_shape)[0],
        lambda op: (
            f"iota_dimension {_iota_dimension(op)} is not in [0, {shape(op.output_shape)[0]})"
        ),
    ),
    *_shape_rows("C2", "output_shape"),
)


@irdl_op_definition
class DynamicIotaOp(LabelledOp):
    """``iota`` of the shape that ``output_shape`` holds."""

    name = "stablehlo.dynamic_iota"

    output_shape = operand_def(TensorType)
    iota_dimension = prop_def(IntegerAttr.constr(i64))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    READS_CONSTANTS: ClassVar[bool] = True
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _IOTA_ROWS
    LABELS: ClassVar[Sequence[Label]] = (number_label("dim", "iota_dimension"),)
