"""Functions of two tensors that are broadcast to one shape first.

``broadcast_dimensions`` says which dimensions of the larger operand the smaller one has; without it
the last dimensions are aligned, as numpy does it.
Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import DenseArrayBase, IntegerType, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.chlo.attributes import ComparisonDirectionAttr, ComparisonTypeAttr
from dialects.chlo.base import ChloOp
from dialects.chlo.broadcasting import broadcast_type, broadcast_type_along
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.element_types import (
    ANY_OR_PER_AXIS,
    BOOLEAN,
    COMPLEX,
    F32_OR_F64,
    FLOATING_POINT,
    INTEGER,
    ElementTypes,
    complex_of,
)
from dialects.stablehlo.signature import Inputs, Row, Rows, integers, require, row
from dialects.stablehlo.syntax import create, parse_dictionary, parse_function_type, parse_operands
from dialects.stablehlo.unranked import accepts, element_of, returns


def _both(family: ElementTypes) -> Rows:
    return accepts("lhs", "lhs", 0, family), accepts("rhs", "rhs", 1, family)


_OPERAND_ELEMENTS: Row = row(
    "elements",
    lambda s: elements_agree(*map(element_of, s.operand_types)),
    lambda s: (
        f"lhs and rhs must have one element type, "
        f"got {' and '.join(str(element_of(type_)) for type_ in s.operand_types)}"
    ),
)


class BroadcastOp(ChloOp, ABC):
    """``chlo.f %x, %y : (t, u) -> v``."""

    lhs = operand_def()
    rhs = operand_def()
    broadcast_dimensions = opt_prop_def(DenseArrayBase.constr(i64))
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows]
    """The rows that look at the operands alone."""

    @classmethod
    def result_element(cls, element: Attribute) -> Attribute:
        """The result's element type, given that of ``lhs``."""
        return element

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        element = cls.result_element(element_of(operands[0]))
        if "broadcast_dimensions" not in properties:
            return [broadcast_type(operands, element)]
        along = integers(Inputs(operands, properties), "broadcast_dimensions")
        return [broadcast_type_along(operands[0], operands[1], along, element)]

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : ")
        p.write(p.functional_type(self))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 2)
        properties, attributes = parse_dictionary(parser, cls)
        types = parse_function_type(parser, 2)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )


class AnyBroadcastOp(BroadcastOp, ABC):
    """Defined on every element type."""

    INPUTS: ClassVar[Rows] = (*_both(ANY_OR_PER_AXIS), _OPERAND_ELEMENTS)
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, returns("result", "result", ANY_OR_PER_AXIS))


class BitsBroadcastOp(BroadcastOp, ABC):
    """Defined on booleans and on the bits of integers."""

    INPUTS: ClassVar[Rows] = (*_both(BOOLEAN | INTEGER), _OPERAND_ELEMENTS)
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, returns("result", "result", ANY_OR_PER_AXIS))


@irdl_op_definition
class BroadcastAddOp(AnyBroadcastOp):
    """The sum."""

    name = "chlo.broadcast_add"


@irdl_op_definition
class BroadcastAtan2Op(AnyBroadcastOp):
    """The angle of the point ``(rhs, lhs)``, in radians."""

    name = "chlo.broadcast_atan2"


@irdl_op_definition
class BroadcastDivOp(AnyBroadcastOp):
    """The quotient."""

    name = "chlo.broadcast_divide"


@irdl_op_definition
class BroadcastMaxOp(AnyBroadcastOp):
    """The greater one."""

    name = "chlo.broadcast_maximum"


@irdl_op_definition
class BroadcastMinOp(AnyBroadcastOp):
    """The lesser one."""

    name = "chlo.broadcast_minimum"


@irdl_op_definition
class BroadcastMulOp(AnyBroadcastOp):
    """The product."""

    name = "chlo.broadcast_multiply"


@irdl_op_definition
class BroadcastNextAfterOp(AnyBroadcastOp):
    """The next number after ``lhs`` that its type can represent, towards ``rhs``."""

    name = "chlo.broadcast_next_after"


@irdl_op_definition
class BroadcastPolygammaOp(AnyBroadcastOp):
    """The derivative of order ``lhs + 1`` of ``log(gamma(rhs))``."""

    name = "chlo.broadcast_polygamma"


@irdl_op_definition
class BroadcastPowOp(AnyBroadcastOp):
    """``lhs ** rhs``."""

    name = "chlo.broadcast_power"


@irdl_op_definition
class BroadcastRemOp(AnyBroadcastOp):
    """The remainder, with the sign of the dividend."""

    name = "chlo.broadcast_remainder"


@irdl_op_definition
class BroadcastShiftLeftOp(AnyBroadcastOp):
    """Bits shifted to the left, filling with zeros."""

    name = "chlo.broadcast_shift_left"


@irdl_op_definition
class BroadcastShiftRightArithmeticOp(AnyBroadcastOp):
    """Bits shifted to the right, filling with the sign bit."""

    name = "chlo.broadcast_shift_right_arithmetic"


@irdl_op_definition
class BroadcastShiftRightLogicalOp(AnyBroadcastOp):
    """Bits shifted to the right, filling with zeros."""

    name = "chlo.broadcast_shift_right_logical"


@irdl_op_definition
class BroadcastSubOp(AnyBroadcastOp):
    """The difference."""

    name = "chlo.broadcast_subtract"


@irdl_op_definition
class BroadcastZetaOp(BroadcastOp):
    """The Hurwitz zeta function of ``lhs`` and ``rhs``."""

    name = "chlo.broadcast_zeta"
    INPUTS: ClassVar[Rows] = (*_both(FLOATING_POINT), _OPERAND_ELEMENTS)
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, returns("result", "result", FLOATING_POINT))


@irdl_op_definition
class BroadcastAndOp(BitsBroadcastOp):
    """Logical or bitwise AND."""

    name = "chlo.broadcast_and"


@irdl_op_definition
class BroadcastOrOp(BitsBroadcastOp):
    """Logical or bitwise OR."""

    name = "chlo.broadcast_or"


@irdl_op_definition
class BroadcastXorOp(BitsBroadcastOp):
    """Logical or bitwise exclusive OR."""

    name = "chlo.broadcast_xor"


@irdl_op_definition
class BroadcastComplexOp(BroadcastOp):
    """``lhs + rhs * 1j``."""

    name = "chlo.broadcast_complex"
    INPUTS: ClassVar[Rows] = (*_both(F32_OR_F64), _OPERAND_ELEMENTS)
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, returns("result", "result", COMPLEX))

    @classmethod
    def result_element(cls, element: Attribute) -> Attribute:
        return complex_of(element)


@irdl_op_definition
class BroadcastCompareOp(BroadcastOp):
    """``lhs < rhs`` and its kin."""

    name = "chlo.broadcast_compare"

    comparison_direction = prop_def(ComparisonDirectionAttr)
    compare_type = opt_prop_def(ComparisonTypeAttr)

    INPUTS: ClassVar[Rows] = (*_both(ANY_OR_PER_AXIS), _OPERAND_ELEMENTS)
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, returns("result", "result", BOOLEAN))

    @classmethod
    def result_element(cls, element: Attribute) -> Attribute:
        return IntegerType(1)
