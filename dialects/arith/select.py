"""``arith.select``, whose condition may be a tensor too; xDSL's is one boolean.

Source: https://mlir.llvm.org/docs/Dialects/ArithOps/#arithselect-arithselectop
"""

from __future__ import annotations

from typing import ClassVar, Self

from xdsl.dialects.builtin import i1
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.arith.elements import containers_agree, element_or_self
from dialects.asm import AsmPrinter
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.signature import Rows, row
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operands


@irdl_op_definition
class SelectOp(StableHLOOp):
    """``true_value`` where the condition holds, else ``false_value``."""

    name = "arith.select"

    condition = operand_def()
    true_value = operand_def()
    false_value = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "condition",
            lambda s: (
                s.operand_types[0] == i1
                or (
                    element_or_self(s.operand_types[0]) == i1
                    and containers_agree(s.operand_types[0], s.result_types[0])
                )
            ),
            lambda s: (
                f"the condition must be an i1, or have the shape of the result, "
                f"got {s.operand_types[0]} and {s.result_types[0]}"
            ),
        ),
        row(
            "types",
            lambda s: s.operand_types[1] == s.operand_types[2] == s.result_types[0],
            lambda s: (
                f"both values and the result must have one type, got {s.operand_types[1]}, "
                f"{s.operand_types[2]} and {s.result_types[0]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        condition = self.operands[0].type
        shown = [self.results[0].type] if condition == i1 else [condition, self.results[0].type]
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : {p.types(shown)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 3)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        first = parser.parse_type()
        alone = parser.parse_optional_punctuation(",") is None
        result = first if alone else parser.parse_type()
        types = [i1 if alone else first, result, result]
        return create(cls, parser, operands, types, [result], properties, attributes)
