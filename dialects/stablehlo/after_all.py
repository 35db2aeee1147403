"""``after_all`` and ``create_token``: where tokens come from.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#after_all; ``create_token``, an
``after_all`` of nothing, is outside the specification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, result_def, traits_def, var_operand_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.signature import Rows, require, row
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operand_list, parse_same_types
from dialects.stablehlo.token import TokenType, token_result


@irdl_op_definition
class AfterAllOp(StableHLOOp):
    """A token that exists once all operations that gave ``inputs`` are done."""

    name = "stablehlo.after_all"

    inputs = var_operand_def()
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        row(
            "I1",
            lambda s: all(isinstance(t, TokenType) for t in s.operand_types),
            lambda s: f"inputs must be tokens, got {', '.join(map(str, s.operand_types))}",
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, token_result("O1"))

    def print_asm(self, p: AsmPrinter) -> None:
        # Upstream writes the space after the name even where no operand follows.
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : ")
        p.write(p.attribute(self.result.type))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operand_list(parser)
        _, attributes = parse_dictionary(parser, cls)
        types, result = parse_same_types(parser, len(operands))
        return create(cls, parser, operands, types, (result,), attributes=attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return (TokenType(),)


@irdl_op_definition
class CreateTokenOp(StableHLOOp):
    """A token that depends on nothing."""

    name = "stablehlo.create_token"

    output = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (token_result("O1"),)

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name}{p.attr_dict(self)} : {p.attribute(self.output.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        _, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        return create(cls, parser, (), (), (parser.parse_type(),), attributes=attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return (TokenType(),)
