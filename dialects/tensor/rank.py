"""``tensor.rank``.

Source: https://mlir.llvm.org/docs/Dialects/TensorOps/#tensorrank-tensorrankop
"""

from __future__ import annotations

from typing import ClassVar, Self

from xdsl.dialects.builtin import IndexType, TensorType, UnrankedTensorType
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.signature import Rows, row
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operands


@irdl_op_definition
class RankOp(StableHLOOp):
    """The number of dimensions."""

    name = "tensor.rank"

    tensor = operand_def()
    result = result_def(IndexType)
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "tensor",
            lambda s: isinstance(s.operand_types[0], TensorType | UnrankedTensorType),
            lambda s: f"the operand must be a tensor, got {s.operand_types[0]}",
        ),
    )

    def result_name(self) -> str:
        return "rank"

    def print_asm(self, p: AsmPrinter) -> None:
        value = self.operands[0]
        p.write(f"{self.name} {p.name(value)}{p.attr_dict(self)} : {p.attribute(value.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        types = [parser.parse_type()]
        return create(cls, parser, operands, types, [IndexType()], properties, attributes)
