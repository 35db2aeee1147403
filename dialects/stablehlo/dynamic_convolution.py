"""``dynamic_conv``: ``convolution`` whose padding is an operand.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_conv
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, IntegerAttr, TensorType, i1, i64
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
from dialects.stablehlo.attributes import PrecisionAttr
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.convolution_rows import INPUT_ROWS, QUANTIZED_ROWS, padded_shape
from dialects.stablehlo.dimension_numbers import ConvDimensionNumbersAttr
from dialects.stablehlo.element_types import INTEGER
from dialects.stablehlo.shape_operands import constant_integers, sizes_row
from dialects.stablehlo.signature import dims_text
from dialects.stablehlo.tensors import rank, shape, shapes_agree


def _inferred_shape(op: DynamicConvOp) -> list[int]:
    """The shape of the result (C25), without a constant padding in batch and features only."""
    numbers = constant_integers(op.padding)
    if numbers is not None:
        return padded_shape(op, list(zip(numbers[::2], numbers[1::2], strict=True)))
    sizes = padded_shape(op, None)
    for dim in op.dimension_numbers.data.output_spatial_dimensions:
        sizes[dim] = DYNAMIC
    return sizes


_ROWS: Sequence[Constraint[Any]] = (
    sizes_row("I3", "padding", dimensions=2, elements=INTEGER),
    *(row for row in INPUT_ROWS if row.id != "C4"),
    Constraint(
        "C4",
        lambda op: shape(op.padding) == (rank(op.lhs) - 2, 2),
        lambda op: f"padding must have the shape [{rank(op.lhs) - 2}, 2], got {op.padding.type}",
    ),
    Constraint(
        "C26",
        lambda op: rank(op.result) == rank(op.lhs),
        lambda op: (
            f"the result {op.result.type} has {rank(op.result)} dimensions, lhs has {rank(op.lhs)}"
        ),
    ),
    Constraint(
        "C25",
        lambda op: shapes_agree(shape(op.result), _inferred_shape(op)),
        lambda op: (
            f"the result {op.result.type} should have the shape {dims_text(_inferred_shape(op))}"
        ),
    ),
    *QUANTIZED_ROWS,
)


@irdl_op_definition
class DynamicConvOp(StableHLOOp):
    """``convolution`` padded by the numbers that ``padding`` holds, of shape [spatial, 2].

    The element type of the result is the caller's choice, as in
    :class:`~dialects.stablehlo.convolution.ConvolutionOp`.
    """

    name = "stablehlo.dynamic_conv"

    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    padding = operand_def(TensorType)
    window_strides = opt_prop_def(DenseArrayBase.constr(i64))
    lhs_dilation = opt_prop_def(DenseArrayBase.constr(i64))
    rhs_dilation = opt_prop_def(DenseArrayBase.constr(i64))
    window_reversal = opt_prop_def(DenseArrayBase.constr(i1))
    dimension_numbers = prop_def(ConvDimensionNumbersAttr)
    feature_group_count = prop_def(IntegerAttr.constr(i64))
    batch_group_count = prop_def(IntegerAttr.constr(i64))
    precision_config = opt_prop_def(ArrayAttr[PrecisionAttr])
    result = result_def(TensorType)

    traits = traits_def(Pure())
    READS_CONSTANTS: ClassVar[bool] = True
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _ROWS
