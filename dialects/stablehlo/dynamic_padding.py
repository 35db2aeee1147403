"""``dynamic_pad``: operands say how much is padded.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_pad
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.labelled import LabelledOp
from dialects.stablehlo.shape_operands import constant_integers, constants_row, sizes_row
from dialects.stablehlo.signature import accepts, dims_text
from dialects.stablehlo.tensors import element_type, rank, shape, shapes_agree


def _paddings(op: DynamicPadOp) -> list[Any]:
    return [op.edge_padding_low, op.edge_padding_high, op.interior_padding]


def _padded_shape(op: DynamicPadOp) -> list[int] | None:
    """The shape of the result (C4); ``None`` where a padding is not constant."""
    numbers = [constant_integers(value) for value in _paddings(op)]
    if None in numbers:
        return None
    low, high, interior = (number or () for number in numbers)
    return [
        DYNAMIC if size == DYNAMIC else size + a + b + max(size - 1, 0) * inner
        for size, a, b, inner in zip(shape(op.operand), low, high, interior, strict=True)
    ]


def _result_fits(op: DynamicPadOp) -> bool | None:
    padded = _padded_shape(op)
    return None if padded is None else shapes_agree(shape(op.result), padded)


_ROWS: Sequence[Constraint[Any]] = (
    accepts("I1", "operand", 0, ANY),
    Constraint(
        "I2",
        lambda op: ANY.accepts(op.padding_value.type) and rank(op.padding_value) == 0,
        lambda op: f"padding_value must be a 0-dimensional {ANY}, got {op.padding_value.type}",
    ),
    sizes_row("I3", "edge_padding_low"),
    sizes_row("I4", "edge_padding_high"),
    sizes_row("I5", "interior_padding"),
    Constraint(
        "C1",
        lambda op: (
            element_type(op.operand) == element_type(op.padding_value) == element_type(op.result)
        ),
        lambda op: (
            f"element types of operand {op.operand.type}, padding_value {op.padding_value.type} "
            f"and result {op.result.type} differ"
        ),
    ),
    Constraint(
        "C2",
        lambda op: (
            all(shape(value)[0] == rank(op.operand) for value in _paddings(op))
            and len({value.type for value in _paddings(op)}) == 1
        ),
        lambda op: (
            f"the paddings must have one type and {rank(op.operand)} sizes for "
            f"{op.operand.type}, got {', '.join(str(value.type) for value in _paddings(op))}"
        ),
    ),
    constants_row(
        "C3",
        lambda op: op.interior_padding,
        lambda op, numbers: all(number >= 0 for number in numbers),
        lambda op, numbers: f"interior_padding {dims_text(numbers)} must not be negative",
    ),
    Constraint(
        "C4",
        lambda op: rank(op.result) == rank(op.operand),
        lambda op: f"{op.operand.type} and {op.result.type} differ in number of dimensions",
    ),
    Constraint(
        "C4",
        _result_fits,
        lambda op: (
            f"the result {op.result.type} should have the shape "
            f"{dims_text(_padded_shape(op) or ())}"
        ),
    ),
)


@irdl_op_definition
class DynamicPadOp(LabelledOp):
    """``pad`` with the numbers that ``edge_padding_low`` and its kin hold."""

    name = "stablehlo.dynamic_pad"

    operand = operand_def(TensorType)
    padding_value = operand_def(TensorType)
    edge_padding_low = operand_def(TensorType)
    edge_padding_high = operand_def(TensorType)
    interior_padding = operand_def(TensorType)
    result = result_def(TensorType)

    traits = traits_def(Pure())
    READS_CONSTANTS: ClassVar[bool] = True
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _ROWS
