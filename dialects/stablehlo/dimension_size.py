"""``get_dimension_size`` and ``set_dimension_size``.

The specification lacks ``set_dimension_size``; its ids number what upstream's definition and
verifier ask, in order.
Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#get_dimension_size
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import IntegerAttr, TensorType, i32, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.bounds import bounds, bounds_encoding
from dialects.stablehlo.element_types import ANY, ANY_OR_PER_AXIS
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.labelled import Label, LabelledOp, number_label
from dialects.stablehlo.shape_operands import constant_integers
from dialects.stablehlo.signature import accepts
from dialects.stablehlo.tensors import element_type, rank, shape, shapes_agree

Rows = Sequence[Constraint[Any]]
_SCALAR = TensorType(i32, ())


def _dimension(op: Any) -> int:
    return op.dimension.value.data


_DIMENSION_ROW: Constraint[Any] = Constraint(
    "C1",
    lambda op: 0 <= _dimension(op) < rank(op.operand),
    lambda op: f"dimension {_dimension(op)} is not in [0, {rank(op.operand)})",
)
_GET_INPUT_ROWS: Rows = (accepts("I1", "operand", 0, ANY_OR_PER_AXIS), _DIMENSION_ROW)


@irdl_op_definition
class GetDimensionSizeOp(LabelledOp):
    """The size of ``dimension`` of the operand, as ``tensor<i32>``."""

    name = "stablehlo.get_dimension_size"

    operand = operand_def(TensorType)
    dimension = prop_def(IntegerAttr.constr(i64))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Rows] = (
        *_GET_INPUT_ROWS,
        Constraint(
            "O1",
            lambda op: op.result.type == _SCALAR,
            lambda op: f"the result must be {_SCALAR}, got {op.result.type}",
        ),
    )
    LABELS: ClassVar[Sequence[Label]] = (number_label("dim", "dimension"),)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        checked_probe(cls, operands, properties, _GET_INPUT_ROWS)
        return [_SCALAR]


_SET_INPUT_ROWS: Rows = (
    accepts("I1", "operand", 0, ANY),
    Constraint(
        "I2",
        lambda op: op.size.type == _SCALAR,
        lambda op: f"size must be {_SCALAR}, got {op.size.type}",
    ),
    _DIMENSION_ROW,
)


def _resized(op: SetDimensionSizeOp) -> TensorType[Attribute]:
    """The operand's type with the dimension unknown, but bounded by the size that it had.

    A constant size that is the bound leaves the dimension known.
    """
    dim, sizes = _dimension(op), list(shape(op.operand))
    limits = list(bounds(op.operand.type) or [DYNAMIC] * len(sizes))
    if sizes[dim] != DYNAMIC:
        limits[dim] = sizes[dim]
    sizes[dim] = DYNAMIC
    numbers = constant_integers(op.size)
    if numbers is not None and numbers[0] == limits[dim]:
        sizes[dim], limits[dim] = limits[dim], DYNAMIC
    return TensorType(element_type(op.operand), sizes, bounds_encoding(tuple(limits)))


@irdl_op_definition
class SetDimensionSizeOp(LabelledOp):
    """The operand with another size of ``dimension``, at most that which it had."""

    name = "stablehlo.set_dimension_size"

    operand = operand_def(TensorType)
    size = operand_def(TensorType)
    dimension = prop_def(IntegerAttr.constr(i64))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    READS_CONSTANTS: ClassVar[bool] = True
    CONSTRAINTS: ClassVar[Rows] = (
        *_SET_INPUT_ROWS,
        Constraint(
            "C2",
            lambda op: elements_agree(element_type(op.operand), element_type(op.result)),
            lambda op: f"element types of {op.operand.type} and {op.result.type} differ",
        ),
        Constraint(
            "C3",
            lambda op: shapes_agree(shape(op.result), shape(_resized(op))),
            lambda op: f"the result {op.result.type} should be {_resized(op)}",
        ),
    )
    LABELS: ClassVar[Sequence[Label]] = (number_label("dim", "dimension"),)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        """From types alone the size is unknown, and the dimension with it."""
        return cls.infer_with_constants(operands, properties)

    @classmethod
    def infer_with_constants(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
        constants: Mapping[int, Attribute] | None = None,
    ) -> Sequence[Attribute]:
        return [_resized(checked_probe(cls, operands, properties, _SET_INPUT_ROWS, constants))]
