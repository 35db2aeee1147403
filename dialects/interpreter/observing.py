"""Operations that show a value while a program runs.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/reference/InterpreterOps.td
"""

from __future__ import annotations

from typing import ClassVar, Self

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def
from xdsl.parser import Parser

from dialects.asm import AsmPrinter
from dialects.attribute_text import attribute_text
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.signature import Rows, accepts, same_types
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operands


@irdl_op_definition
class PrintOp(StableHLOOp):
    """Writes the type and the elements of its operand to the standard output."""

    name = "interpreter.print"

    operand = operand_def()
    CONSTRAINTS: ClassVar[Rows] = (accepts("I1", "operand", 0, ANY),)

    def print_asm(self, p: AsmPrinter) -> None:
        value = self.operands[0]
        p.write(f"{self.name} {p.name(value)}{p.attr_dict(self)} : {p.attribute(value.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        return create(cls, parser, operands, [parser.parse_type()], (), properties, attributes)


@irdl_op_definition
class ProbeOp(StableHLOOp):
    """Its operand, whose elements are written to a file for ``probe_id``."""

    name = "interpreter.probe"

    operand = operand_def()
    probe_id = prop_def(StringAttr)
    result = result_def()
    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY),
        same_types("types", ("operand", "result")),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.name(self.operands[0])}, ")
        p.write(f"probe_id = {attribute_text(self.probe_id)}{p.attr_dict(self, ('probe_id',))}")
        p.write(f" : {p.attribute(self.results[0].type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        parser.parse_punctuation(",")
        parser.parse_keyword("probe_id")
        parser.parse_punctuation("=")
        given: dict[str, Attribute] = {"probe_id": StringAttr(parser.parse_str_literal())}
        properties, attributes = parse_dictionary(parser, cls, given)
        parser.parse_punctuation(":")
        types = [parser.parse_type()]
        return create(cls, parser, operands, types, types, properties, attributes)
