"""Elementwise operations on two tensors of one shape.

Each of them computes ``result[i] = f(lhs[i], rhs[i])``; nothing is broadcast.
Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import FunctionType
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import (
    ANY,
    ANY_OR_PER_AXIS,
    BOOLEAN,
    COMPLEX,
    F32_OR_F64,
    FLOATING_POINT,
    INTEGER,
    PER_TENSOR,
    ElementTypes,
    complex_of,
    complex_part,
)
from dialects.stablehlo.quantized_rows import ADD_ROWS, is_quantized_operation, per_axis
from dialects.stablehlo.signature import (
    Row,
    Rows,
    Signature,
    accepts,
    bounds_fit,
    merged_type,
    require,
    returns,
    row,
    same_shape,
    same_types,
    shapes_fit,
    types_agree,
    with_element,
)
from dialects.stablehlo.syntax import (
    checked_function_type,
    create,
    parse_dictionary,
    parse_operands,
    parse_same_types,
    same_types_text,
)
from dialects.stablehlo.tensors import element_type, shape


def both(family: ElementTypes) -> Rows:
    """(I1) and (I2): both operands are tensors of the family."""
    return accepts("I1", "lhs", 0, family), accepts("I2", "rhs", 1, family)


SAME_OPERANDS = same_types("C1", ("lhs", "rhs"))
SAME_TYPE = same_types("C1", ("lhs", "rhs", "result"))
_NUMBERS = INTEGER | FLOATING_POINT | COMPLEX


def _addends(*labels: str) -> Row:
    """(C1) of ``add``: one type; of quantized tensors one shape, (C2-C7) compare their elements."""
    types = same_types("C1", labels)

    def holds(s: Signature) -> bool | None:
        if not is_quantized_operation(s):
            return types.holds(s)
        all_types = (*s.operand_types, *s.result_types)
        return shapes_fit(map(shape, all_types)) and bounds_fit(all_types)

    return row("C1", holds, types.message)


class BinaryOp(StableHLOOp, ABC):
    """``stablehlo.f %x, %y : t``, or ``: (t, u) -> v`` where the types differ."""

    lhs = operand_def()
    rhs = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows]
    """The rows that look at the operands alone."""

    def print_asm(self, p: AsmPrinter) -> None:
        lhs, rhs = self.operands
        p.write(f"{self.name} {p.name(lhs)}, {p.name(rhs)}{p.attr_dict(self)} : ")
        p.write(same_types_text(p, self))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 2)
        properties, attributes = parse_dictionary(parser, cls)
        types, result = parse_same_types(parser, 2)
        return create(cls, parser, operands, types, [result], properties, attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return [merged_type(operands)]


class AnyBinaryOp(BinaryOp, ABC):
    """Defined on every element type."""

    INPUTS: ClassVar[Rows] = (*both(ANY), SAME_OPERANDS)
    CONSTRAINTS: ClassVar[Rows] = (*both(ANY), SAME_TYPE)


class NumberBinaryOp(BinaryOp, ABC):
    """Defined on numbers, but not on booleans."""

    INPUTS: ClassVar[Rows] = (*both(_NUMBERS | PER_TENSOR), SAME_OPERANDS)
    CONSTRAINTS: ClassVar[Rows] = (*both(_NUMBERS | PER_TENSOR), SAME_TYPE)


class BitsBinaryOp(BinaryOp, ABC):
    """Defined on booleans and on the bits of integers."""

    INPUTS: ClassVar[Rows] = (*both(BOOLEAN | INTEGER), SAME_OPERANDS)
    CONSTRAINTS: ClassVar[Rows] = (*both(BOOLEAN | INTEGER), SAME_TYPE)


class ShiftOp(BinaryOp, ABC):
    """Shifts the bits of ``lhs`` by ``rhs`` places."""

    INPUTS: ClassVar[Rows] = (*both(INTEGER), SAME_OPERANDS)
    CONSTRAINTS: ClassVar[Rows] = (*both(INTEGER), SAME_TYPE)


@irdl_op_definition
class AddOp(BinaryOp):
    """The sum; logical OR of booleans.

    Quantized operands and results may differ in their scales, zero points and granularity.
    """

    name = "stablehlo.add"

    INPUTS: ClassVar[Rows] = (*both(ANY_OR_PER_AXIS), _addends("lhs", "rhs"), *ADD_ROWS[:3])
    CONSTRAINTS: ClassVar[Rows] = (
        *both(ANY_OR_PER_AXIS),
        returns("O1", "result", ANY_OR_PER_AXIS),
        _addends("lhs", "rhs", "result"),
        *ADD_ROWS,
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        (inferred,) = super().infer(operands, properties)
        # The result is quantized per axis if one of the operands is (C5).
        axis = next(filter(None, map(per_axis, operands)), None)
        return [inferred if axis is None else with_element(inferred, axis)]


@irdl_op_definition
class MulOp(AnyBinaryOp):
    """The product; logical AND of booleans."""

    name = "stablehlo.multiply"


@irdl_op_definition
class MaxOp(AnyBinaryOp):
    """The greater one; logical OR of booleans."""

    name = "stablehlo.maximum"


@irdl_op_definition
class MinOp(AnyBinaryOp):
    """The lesser one; logical AND of booleans."""

    name = "stablehlo.minimum"


@irdl_op_definition
class SubtractOp(NumberBinaryOp):
    """The difference."""

    name = "stablehlo.subtract"


@irdl_op_definition
class DivOp(NumberBinaryOp):
    """The quotient, of integers rounded towards zero."""

    name = "stablehlo.divide"


@irdl_op_definition
class RemOp(NumberBinaryOp):
    """The remainder, with the sign of the dividend."""

    name = "stablehlo.remainder"


@irdl_op_definition
class PowOp(NumberBinaryOp):
    """``lhs ** rhs``."""

    name = "stablehlo.power"


@irdl_op_definition
class AndOp(BitsBinaryOp):
    """Logical or bitwise AND."""

    name = "stablehlo.and"


@irdl_op_definition
class OrOp(BitsBinaryOp):
    """Logical or bitwise OR."""

    name = "stablehlo.or"


@irdl_op_definition
class XorOp(BitsBinaryOp):
    """Logical or bitwise exclusive OR."""

    name = "stablehlo.xor"


@irdl_op_definition
class ShiftLeftOp(ShiftOp):
    """To the left, filling with zeros."""

    name = "stablehlo.shift_left"


@irdl_op_definition
class ShiftRightArithmeticOp(ShiftOp):
    """To the right, filling with the sign bit."""

    name = "stablehlo.shift_right_arithmetic"


@irdl_op_definition
class ShiftRightLogicalOp(ShiftOp):
    """To the right, filling with zeros."""

    name = "stablehlo.shift_right_logical"


@irdl_op_definition
class Atan2Op(BinaryOp):
    """The angle of the point ``(rhs, lhs)``, in radians."""

    name = "stablehlo.atan2"

    INPUTS: ClassVar[Rows] = (*both(FLOATING_POINT | COMPLEX | PER_TENSOR), SAME_OPERANDS)
    CONSTRAINTS: ClassVar[Rows] = (*both(FLOATING_POINT | COMPLEX | PER_TENSOR), SAME_TYPE)


@irdl_op_definition
class ComplexOp(BinaryOp):
    """``lhs + rhs * 1j``.

    The pretty form shows the result's type alone where the operands' follow from it.
    """

    name = "stablehlo.complex"

    INPUTS: ClassVar[Rows] = (*both(F32_OR_F64), SAME_OPERANDS)
    CONSTRAINTS: ClassVar[Rows] = (
        *both(F32_OR_F64),
        row(
            "C1",
            lambda s: types_agree(s.operand_types),
            lambda s: "lhs and rhs must have the same type, got {}, {}".format(*s.operand_types),
        ),
        returns("O1", "result", COMPLEX),
        same_shape("C2", "lhs", "result"),
        row(
            "C3",
            lambda s: (
                complex_part(element_type(s.result_types[0])) == element_type(s.operand_types[0])
            ),
            lambda s: (
                f"the result's elements must be complex<{element_type(s.operand_types[0])}>, "
                f"got {element_type(s.result_types[0])}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        lhs, rhs = self.operands
        p.write(f"{self.name} {p.name(lhs)}, {p.name(rhs)}{p.attr_dict(self)} : ")
        result = self.results[0].type
        real = with_element(result, complex_part(element_type(result)))
        short = lhs.type == real and rhs.type == real
        p.write(p.attribute(result) if short else p.functional_type(self))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 2)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        position = parser.pos
        type_ = parser.parse_type()
        if isinstance(type_, FunctionType):
            checked_function_type(parser, position, type_, 2)
            types, result = type_.inputs.data, type_.outputs.data[0]
        elif COMPLEX.accepts(type_):
            types, result = [with_element(type_, complex_part(element_type(type_)))] * 2, type_
        else:
            parser.raise_error(f"expected a {COMPLEX}, got {type_}", position, parser.pos)
        return create(cls, parser, operands, types, [result], properties, attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        (real,) = super().infer(operands, properties)
        return [with_element(real, complex_of(element_type(real)))]
