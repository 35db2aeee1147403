"""``tuple`` and ``get_tuple_element``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#tuple, #get_tuple_element
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import IntegerAttr, TupleType, i32
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.constraints import Constraint
from dialects.stablehlo.base import StableHLOOp, compatible
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.regions import types_text
from dialects.stablehlo.syntax import (
    create,
    parse_dictionary,
    parse_function_type,
    parse_operand_list,
    parse_operands,
)
from dialects.stablehlo.tensors import tuple_of
from dialects.stablehlo.values import is_value_or_tuple, values_row


def _elements(type_: Attribute) -> Sequence[Attribute]:
    return type_.types.data if isinstance(type_, TupleType) else ()


_TUPLE_ROWS: Sequence[Constraint[TupleOp]] = (
    values_row("I1", "val", lambda s: s.operand_types, is_value_or_tuple),
    Constraint(
        "C1",
        # As upstream: inside a tuple an unknown dimension agrees with no other.
        lambda op: [v.type for v in op.val] == list(_elements(op.result.type)),
        lambda op: f"{op.result.type} is no tuple of {types_text(v.type for v in op.val)}",
    ),
)


@irdl_op_definition
class TupleOp(StableHLOOp):
    """Puts values into one tuple."""

    name = "stablehlo.tuple"

    val = var_operand_def()
    result = result_def(TupleType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _TUPLE_ROWS

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return (tuple_of(operands),)

    def _verify_inferred(self) -> None:
        """Nothing besides (C1), which looks into the tuple."""

    def print_asm(self, p: AsmPrinter) -> None:
        # Upstream writes the space after the name even where no operand follows.
        p.write(
            f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : "
            f"{p.attribute(self.result.type)}"
        )

    @classmethod
    def parse(cls, parser: Parser) -> TupleOp:
        operands = parse_operand_list(parser)
        _, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        position = parser.pos
        result = parser.parse_type()
        if not isinstance(result, TupleType):
            parser.raise_error("expected a tuple type", position, parser.pos)
        types = result.types.data
        return create(cls, parser, operands, types, (result,), attributes=attributes)


_ELEMENT_INPUT_ROWS: Sequence[Constraint[GetTupleElementOp]] = (
    Constraint(
        "I1",
        lambda op: isinstance(op.operand.type, TupleType) and is_value_or_tuple(op.operand.type),
        lambda op: f"operand must be a tuple of values, got {op.operand.type}",
    ),
    Constraint(
        "C1",
        lambda op: 0 <= op.index.value.data < len(_elements(op.operand.type)),
        lambda op: f"index {op.index.value.data} is not in [0, {len(_elements(op.operand.type))})",
    ),
)
_ELEMENT_ROWS: Sequence[Constraint[GetTupleElementOp]] = (
    *_ELEMENT_INPUT_ROWS,
    values_row("O1", "result", lambda s: s.result_types, is_value_or_tuple),
    Constraint(
        "C2",
        lambda op: compatible(op.result.type, _elements(op.operand.type)[op.index.value.data]),
        lambda op: (
            f"element {op.index.value.data} is {_elements(op.operand.type)[op.index.value.data]}"
            f", the result {op.result.type}"
        ),
    ),
)


@irdl_op_definition
class GetTupleElementOp(StableHLOOp):
    """Takes one value out of a tuple."""

    name = "stablehlo.get_tuple_element"

    operand = operand_def()
    index = prop_def(IntegerAttr.constr(i32))
    result = result_def()

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _ELEMENT_ROWS

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _ELEMENT_INPUT_ROWS)
        return (_elements(op.operand.type)[op.index.value.data],)

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(
            f"{self.name} {p.name(self.operand)}[{self.index.value.data}]"
            f"{p.attr_dict(self, ('index',))} : {p.functional_type(self)}"
        )

    @classmethod
    def parse(cls, parser: Parser) -> GetTupleElementOp:
        operands = parse_operands(parser, 1)
        with parser.in_square_brackets():
            index = IntegerAttr(parser.parse_integer(allow_boolean=False), i32)
        properties, attributes = parse_dictionary(parser, cls, {"index": index})
        types = parse_function_type(parser, 1)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )
