"""``broadcast_select``: a choice between two tensors, all three broadcast to one shape.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.chlo.base import ChloOp
from dialects.chlo.broadcasting import broadcast_type
from dialects.stablehlo.element_types import ANY_OR_PER_AXIS, BOOLEAN
from dialects.stablehlo.signature import Rows, require, row
from dialects.stablehlo.signature import accepts as accepts_ranked
from dialects.stablehlo.syntax import create, parse_dictionary, parse_function_type, parse_operands
from dialects.stablehlo.unranked import accepts, element_of, returns, shapes_agree


@irdl_op_definition
class BroadcastSelectOp(ChloOp):
    """``on_true[i] if pred[i] else on_false[i]``.

    The result's element type is not compared with the choices': upstream does not either.
    """

    name = "chlo.broadcast_select"

    pred = operand_def()
    on_true = operand_def()
    on_false = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts_ranked("pred", "pred", 0, BOOLEAN),
        accepts("on_true", "on_true", 1, ANY_OR_PER_AXIS),
        accepts("on_false", "on_false", 2, ANY_OR_PER_AXIS),
        row(
            "elements",
            lambda s: element_of(s.operand_types[1]) == element_of(s.operand_types[2]),
            lambda s: (
                f"on_true and on_false must have one element type, "
                f"got {s.operand_types[1]} and {s.operand_types[2]}"
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, returns("result", "result", ANY_OR_PER_AXIS))

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return [broadcast_type(operands, element_of(operands[1]))]

    @classmethod
    def result_agrees(cls, declared: Attribute, inferred: Attribute) -> bool:
        return shapes_agree(declared, inferred)

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : ")
        p.write(p.functional_type(self))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 3)
        properties, attributes = parse_dictionary(parser, cls)
        types = parse_function_type(parser, 3)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )
