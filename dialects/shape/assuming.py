"""Constraints on shapes, and code that relies on them.

Source: https://mlir.llvm.org/docs/Dialects/ShapeDialect/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from xdsl.ir import Attribute
from xdsl.irdl import (
    irdl_op_definition,
    lazy_traits_def,
    operand_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.traits import HasParent, IsTerminator, Pure, RecursiveMemoryEffect

from dialects.asm import AsmPrinter
from dialects.constraints import Constraint
from dialects.shape.types import WitnessType, is_shape
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.regions import all_compatible, problem_row, returned_types, types_text
from dialects.stablehlo.signature import Rows, row
from dialects.stablehlo.syntax import (
    create,
    parse_dictionary,
    parse_operand_list,
    parse_operands,
)


@irdl_op_definition
class CstrBroadcastableOp(StableHLOOp):
    """That several shapes can be broadcast together."""

    name = "shape.cstr_broadcastable"

    shapes = var_operand_def()
    result = result_def(WitnessType)

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "operands",
            lambda s: all(map(is_shape, s.operand_types)),
            lambda s: f"operands must be shapes, got {', '.join(map(str, s.operand_types))}",
        ),
        row(
            "count",
            lambda s: len(s.operand_types) > 1,
            lambda s: f"at least 2 shapes are broadcast, got {len(s.operand_types)}",
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : ")
        p.write(p.types(self.operand_types))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operand_list(parser)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        return create(cls, parser, operands, types, [WitnessType()], properties, attributes)


def _yield_problem(op: AssumingOp) -> str | None:
    last = op.body.block.last_op
    if not isinstance(last, AssumingYieldOp):
        return "the region must end in shape.assuming_yield"
    returned = returned_types(op.body)
    if not all_compatible(op.result_types, returned):
        return f"the region yields {types_text(returned)} for {types_text(op.result_types)}"
    return None


@irdl_op_definition
class AssumingOp(StableHLOOp):
    """A region that may rely on what the witness stands for."""

    name = "shape.assuming"

    witness = operand_def(WitnessType)
    body = region_def("single_block")
    outputs = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (problem_row("yield", _yield_problem),)

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.name(self.operands[0])}")
        if self.results:
            p.write(f" -> ({p.types(self.result_types)})")
        p.write(" ")
        p.region(self.body, terminator=bool(self.results))
        p.write(p.attr_dict(self))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        results: Sequence[Attribute] = ()
        if parser.parse_optional_punctuation("->") is not None:
            results = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
        body = parser.parse_region()
        if body.block.last_op is None or not body.block.last_op.has_trait(IsTerminator):
            body.block.add_op(AssumingYieldOp.create())
        properties, attributes = parse_dictionary(parser, cls)
        return create(
            cls, parser, operands, [WitnessType()], results, properties, attributes, [body]
        )


@irdl_op_definition
class AssumingYieldOp(StableHLOOp):
    """Ends the region of ``assuming`` with its results."""

    name = "shape.assuming_yield"

    values = var_operand_def()
    traits = lazy_traits_def(lambda: (HasParent(AssumingOp), IsTerminator(), Pure()))

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(self.name + p.attr_dict(self))
        if self.operands:
            p.write(f" {p.operands(self.operands)} : {p.types(self.operand_types)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties, attributes = parse_dictionary(parser, cls)
        operands = parse_operand_list(parser)
        types: Sequence[Attribute] = ()
        if operands:
            parser.parse_punctuation(":")
            types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        return create(cls, parser, operands, types, (), properties, attributes)
