"""Operations that convert one value and show both types: ``arith.extsi``, ``tensor.cast``."""

from __future__ import annotations

from abc import ABC
from typing import Self

from xdsl.ir import Attribute
from xdsl.irdl import operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operands


class CastOp(StableHLOOp, ABC):
    """``d.f %x : t to u``, both types shown."""

    operand = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    def print_asm(self, p: AsmPrinter) -> None:
        operand, result = self.operands[0], self.results[0]
        p.write(f"{self.name} {p.name(operand)}{self.middle(p)} : ")
        p.write(f"{p.attribute(operand.type)} to {p.attribute(result.type)}")

    def middle(self, p: AsmPrinter) -> str:
        """What stands between the operand and the types."""
        return p.attr_dict(self)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        properties, attributes = parse_dictionary(parser, cls, cls.parse_middle(parser))
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        parser.parse_keyword("to")
        result = parser.parse_type()
        return create(cls, parser, operands, [type_], [result], properties, attributes)

    @classmethod
    def parse_middle(cls, parser: Parser) -> dict[str, Attribute]:
        """The properties between the operand and the dictionary."""
        return {}
