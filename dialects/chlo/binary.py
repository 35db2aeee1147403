"""Functions of two tensors of one shape, elementwise: ``result[i] = f(lhs[i], rhs[i])``.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.chlo.base import ChloOp
from dialects.stablehlo.element_types import FLOATING_POINT, INTEGER
from dialects.stablehlo.signature import Rows, merged_type, require
from dialects.stablehlo.signature import accepts as accepts_ranked
from dialects.stablehlo.signature import returns as returns_ranked
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operands
from dialects.stablehlo.unranked import accepts, all_agree, is_unranked


class BinaryOp(ChloOp, ABC):
    """``chlo.f %x, %y : t, u -> v``."""

    lhs = operand_def()
    rhs = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows]
    """The rows that look at the operands alone."""

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        ranked = [type_ for type_ in operands if not is_unranked(type_)]
        return [merged_type(ranked) if ranked else operands[0]]

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : ")
        p.write(f"{p.types(self.operand_types)} -> {p.attribute(self.results[0].type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 2)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        first = parser.parse_type()
        parser.parse_punctuation(",")
        types = [first, parser.parse_type()]
        parser.parse_punctuation("->")
        result = parser.parse_type()
        return create(cls, parser, operands, types, [result], properties, attributes)


class FloatBinaryOp(BinaryOp, ABC):
    """A function of floating-point numbers."""

    INPUTS: ClassVar[Rows] = (
        accepts("lhs", "the first operand", 0, FLOATING_POINT),
        accepts("rhs", "the second operand", 1, FLOATING_POINT),
        all_agree("types"),
    )
    CONSTRAINTS: ClassVar[Rows] = INPUTS


@irdl_op_definition
class NextAfterOp(FloatBinaryOp):
    """The next number after ``x`` that its type can represent, towards ``y``."""

    name = "chlo.next_after"


@irdl_op_definition
class PolygammaOp(FloatBinaryOp):
    """The derivative of order ``n + 1`` of ``log(gamma(x))``."""

    name = "chlo.polygamma"


@irdl_op_definition
class ZetaOp(FloatBinaryOp):
    """The Hurwitz zeta function: the sum of ``(q + k) ** -x`` over ``k = 0, 1, ...``."""

    name = "chlo.zeta"


@irdl_op_definition
class MulhiOp(BinaryOp):
    """The upper half of the bits of the product of two integers of N bits, which has 2N."""

    name = "chlo.mulhi"

    INPUTS: ClassVar[Rows] = (
        accepts_ranked("lhs", "lhs", 0, INTEGER),
        accepts_ranked("rhs", "rhs", 1, INTEGER),
        all_agree("types"),
    )
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, returns_ranked("result", "result", INTEGER))
