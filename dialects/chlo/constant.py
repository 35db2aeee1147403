"""``constant``, and ``constant_like``: one number in the shape of an operand.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from dialects.chlo.base import ChloOp
from dialects.stablehlo.constant import ElementsOp, value_type
from dialects.stablehlo.element_types import ANY_OR_PER_AXIS
from dialects.stablehlo.signature import Rows, require, row
from dialects.stablehlo.unranked import accepts, element_of, returns, shapes_agree, with_element


@irdl_op_definition
class ConstantOp(ElementsOp):
    """``stablehlo.constant`` by another name, which suggests none for its result."""

    name = "chlo.constant"
    CONSTRAINTS: ClassVar[Rows] = (
        *ElementsOp.CONSTRAINTS,
        row(
            "types",
            lambda s: value_type(s.properties["value"]) == s.result_types[0],
            lambda s: (
                f"value must have the type of the output, "
                f"got {s.properties['value']} for {s.result_types[0]}"
            ),
        ),
    )


def _type_of(value: Attribute) -> Attribute | None:
    """The type of a number, ``3.2 : f32``; none of what is no number."""
    found = getattr(value, "type", None)
    return found if isinstance(found, Attribute) else None


_NUMBER = row(
    "value",
    lambda s: _type_of(s.properties["value"]) in ANY_OR_PER_AXIS.elements,
    lambda s: f"value must be one element of a tensor, got {s.properties['value']}",
)


@irdl_op_definition
class ConstantLikeOp(ChloOp):
    """``value`` in every element of a tensor that has the operand's shape."""

    name = "chlo.constant_like"

    operand = operand_def()
    value = prop_def(Attribute)
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (accepts("operand", "operand", 0, ANY_OR_PER_AXIS), _NUMBER)
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("result", "result", ANY_OR_PER_AXIS),
        row(
            "elements",
            lambda s: _type_of(s.properties["value"]) == element_of(s.result_types[0]),
            lambda s: (
                f"value must be of the result's element type, "
                f"got {s.properties['value']} for {s.result_types[0]}"
            ),
        ),
        row(
            "shape",
            lambda s: shapes_agree(s.operand_types[0], s.result_types[0]),
            lambda s: (
                f"operand and result must have the same shape, "
                f"got {s.operand_types[0]} and {s.result_types[0]}"
            ),
        ),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        element = _type_of(properties["value"])
        return [] if element is None else [with_element(operands[0], element)]
