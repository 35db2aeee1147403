"""``optimization_barrier``: values that the compiler must not move computations across.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#optimization_barrier
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, traits_def, var_operand_def, var_result_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.signature import Rows, require, row
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operand_list
from dialects.stablehlo.token import TokenType


def _is_tensor_or_token(type_: Attribute) -> bool:
    return isinstance(type_, TokenType) or ANY.accepts(type_)


@irdl_op_definition
class OptimizationBarrierOp(StableHLOOp):
    """Gives its operands back once all of them are computed."""

    name = "stablehlo.optimization_barrier"

    operand = var_operand_def()
    result = var_result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        row(
            "I1",
            lambda s: all(map(_is_tensor_or_token, s.operand_types)),
            lambda s: (
                f"operands must be tensors or tokens, got {', '.join(map(str, s.operand_types))}"
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        row(
            "C1",
            lambda s: list(s.operand_types) == list(s.result_types),
            lambda s: (
                f"operands and results must have the same types, got "
                f"{', '.join(map(str, s.operand_types))} and {', '.join(map(str, s.result_types))}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        operands = f" {p.operands(self.operands)} : {p.types(self.operand_types)}"
        p.write(f"{self.name}{p.attr_dict(self)}{operands if self.operands else '()'}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties, attributes = parse_dictionary(parser, cls)
        operands = parse_operand_list(parser)
        types: Sequence[Attribute] = ()
        if operands:
            parser.parse_punctuation(":")
            types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        else:
            parser.parse_punctuation("(")
            parser.parse_punctuation(")")
        return create(cls, parser, operands, types, types, properties, attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return list(operands)
