"""``real_dynamic_slice``: ``slice`` whose ranges are operands.

The specification lacks it; the ids number what upstream's definition and verifier ask, in order.
Source: ``RealDynamicSliceOp`` in StablehloOps.td.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.labelled import LabelledOp
from dialects.stablehlo.shape_operands import sizes_row
from dialects.stablehlo.signature import accepts, same_elements
from dialects.stablehlo.tensors import dims_agree, rank, shape


def _ranges(op: RealDynamicSliceOp) -> list[Any]:
    return [op.start_indices, op.limit_indices, op.strides]


_ROWS: Sequence[Constraint[Any]] = (
    accepts("I1", "operand", 0, ANY),
    sizes_row("I2", "start_indices", static=False),
    sizes_row("I3", "limit_indices", static=False),
    sizes_row("I4", "strides", static=False),
    same_elements("C1"),
    Constraint(
        "C2",
        lambda op: len({value.type for value in _ranges(op)}) == 1,
        lambda op: (
            "start_indices, limit_indices and strides must have one type, got "
            f"{', '.join(str(value.type) for value in _ranges(op))}"
        ),
    ),
    Constraint(
        "C3",
        lambda op: dims_agree(shape(op.start_indices)[0], rank(op.operand)),
        lambda op: (
            f"{op.start_indices.type} does not hold a number for each of the {rank(op.operand)} "
            f"dimensions of {op.operand.type}"
        ),
    ),
)


@irdl_op_definition
class RealDynamicSliceOp(LabelledOp):
    """``slice`` with the numbers that ``start_indices`` and its kin hold."""

    name = "stablehlo.real_dynamic_slice"

    operand = operand_def(TensorType)
    start_indices = operand_def(TensorType)
    limit_indices = operand_def(TensorType)
    strides = operand_def(TensorType)
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _ROWS
