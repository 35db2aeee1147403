"""``reverse``: a tensor back to front.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reverse
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from xdsl.dialects.builtin import DenseArrayBase, TensorType, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.constraints import Constraint
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.dimension_rows import in_range_row, unique_row
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.signature import accepts, same_elements, same_types
from dialects.stablehlo.syntax import (
    create,
    i64_array_text,
    parse_dictionary,
    parse_i64_array,
    parse_operands,
    parse_same_types,
    same_types_text,
)
from dialects.stablehlo.tensors import rank
from dialects.stablehlo.windows import integers


def _dimensions(op: ReverseOp) -> tuple[int, ...]:
    return integers(op.dimensions) or ()


_INPUT_ROWS: Sequence[Constraint[Any]] = (
    accepts("I1", "operand", 0, ANY),
    unique_row("C2", dimensions=_dimensions),
    in_range_row("C3", "dimensions", _dimensions, lambda op: rank(op.operand)),
)


@irdl_op_definition
class ReverseOp(StableHLOOp):
    """The operand with the order of its elements turned round along ``dimensions``."""

    name = "stablehlo.reverse"

    operand = operand_def(TensorType)
    dimensions = prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *_INPUT_ROWS,
        same_elements("C1"),
        same_types("C1", ("operand", "result")),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        checked_probe(cls, operands, properties, _INPUT_ROWS)
        return [operands[0]]

    def print_asm(self, p: AsmPrinter) -> None:
        dims = i64_array_text(self.dimensions)
        p.write(f"{self.name} {p.name(self.operand)}, dims = {dims}")
        p.write(f"{p.attr_dict(self, ('dimensions',))} : {same_types_text(p, self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        parser.parse_punctuation(",")
        given = {"dimensions": parse_i64_array(parser, "dims")}
        properties, attributes = parse_dictionary(parser, cls, given)
        types, result = parse_same_types(parser, 1)
        return create(cls, parser, operands, types, [result], properties, attributes)
