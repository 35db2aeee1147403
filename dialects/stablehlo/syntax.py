"""Pieces of pretty syntax that many operations share, for reading and for writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from xdsl.dialects.builtin import DenseArrayBase, FunctionType, i64
from xdsl.ir import Attribute, Operation, Region
from xdsl.irdl import IRDLOperation
from xdsl.parser import Parser, UnresolvedOperand

from dialects.asm import AsmPrinter
from dialects.attribute_text import attribute_text

OpT = TypeVar("OpT", bound=IRDLOperation)
Attributes = dict[str, Attribute]


# -- reading -----------------------------------------------------------------------------------


def parse_operands(parser: Parser, count: int) -> list[UnresolvedOperand]:
    """Reads exactly ``count`` operands with commas between them."""
    operands: list[UnresolvedOperand] = []
    for i in range(count):
        if i:
            parser.parse_punctuation(",")
        operands.append(parser.parse_unresolved_operand())
    return operands


def parse_operand_list(parser: Parser) -> list[UnresolvedOperand]:
    """Reads any number of operands with commas between them, none included."""
    first = parser.parse_optional_unresolved_operand()
    if first is None:
        return []
    operands = [first]
    while parser.parse_optional_punctuation(",") is not None:
        operands.append(parser.parse_unresolved_operand())
    return operands


def parse_operands_then_comma(parser: Parser) -> list[UnresolvedOperand]:
    """Reads operands each of which has a comma after it: ``%0, %1,``."""
    operands: list[UnresolvedOperand] = []
    while (operand := parser.parse_optional_unresolved_operand()) is not None:
        operands.append(operand)
        parser.parse_punctuation(",")
    return operands


def parse_i64_array(parser: Parser, keyword: str | None = None) -> DenseArrayBase:
    """Reads ``keyword = [0, 1]`` into ``array<i64: 0, 1>``."""
    if keyword is not None:
        parser.parse_keyword(keyword)
        parser.parse_punctuation("=")
    return i64_array(
        parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_boolean=False)
        )
    )


def i64_array(values: Sequence[int]) -> DenseArrayBase:
    """``array<i64: 0, 1>``."""
    return DenseArrayBase.from_list(i64, values)


def parse_dictionary(
    parser: Parser, cls: type[IRDLOperation], given: Mapping[str, Attribute] | None = None
) -> tuple[Attributes, Attributes]:
    """Reads ``{...}`` if it is there and sorts its entries into properties and attributes.

    ``given`` are properties that the pretty form has shown already; the dictionary must not
    repeat them.
    """
    position = parser.pos
    properties, attributes = dict(given or {}), Attributes()
    declared = cls.get_irdl_definition().properties
    for key, value in parser.parse_optional_attr_dict().items():
        if key in properties:
            parser.raise_error(f"'{key}' is given twice", position, parser.pos)
        (properties if key in declared else attributes)[key] = value
    return properties, attributes


def parse_function_type(parser: Parser, operands: int, results: int | None = 1) -> FunctionType:
    """Reads ``: (t, ...) -> t`` with these numbers of types."""
    parser.parse_punctuation(":")
    position = parser.pos
    return checked_function_type(parser, position, parser.parse_function_type(), operands, results)


def checked_function_type(
    parser: Parser, position: int, type_: FunctionType, operands: int, results: int | None = 1
) -> FunctionType:
    """Refuses a function type with other numbers of inputs or results."""
    if len(type_.inputs) != operands:
        parser.raise_error(
            f"{operands} operands, but {len(type_.inputs)} operand types", position, parser.pos
        )
    if results is not None and len(type_.outputs) != results:
        parser.raise_error(
            f"expected {results} result type(s), got {len(type_.outputs)}", position, parser.pos
        )
    return type_


def parse_same_types(parser: Parser, operands: int) -> tuple[Sequence[Attribute], Attribute]:
    """Reads ``: t`` where all types are one, else ``: (t, ...) -> t``."""
    parser.parse_punctuation(":")
    position = parser.pos
    type_ = parser.parse_type()
    if isinstance(type_, FunctionType):
        checked_function_type(parser, position, type_, operands)
        return type_.inputs.data, type_.outputs.data[0]
    return [type_] * operands, type_


def create(
    cls: type[OpT],
    parser: Parser,
    operands: Sequence[UnresolvedOperand],
    operand_types: Sequence[Attribute],
    result_types: Sequence[Attribute],
    properties: Mapping[str, Attribute] | None = None,
    attributes: Mapping[str, Attribute] | None = None,
    regions: Sequence[Region] = (),
) -> OpT:
    """Resolves the operands and makes the operation."""
    # Where the numbers differ, the operands are in question, not what follows the operation.
    position = operands[0].span.start if operands else parser.pos
    return cls.create(
        operands=parser.resolve_operands(operands, operand_types, position),
        result_types=result_types,
        properties=dict(properties or {}),
        attributes=dict(attributes or {}),
        regions=regions,
    )


# -- writing -----------------------------------------------------------------------------------


def i64_array_text(attribute: Attribute) -> str:
    """``[0, 1]``."""
    assert isinstance(attribute, DenseArrayBase)
    return f"[{', '.join(map(str, attribute.get_values()))}]"


def same_types_text(p: AsmPrinter, op: Operation) -> str:
    """The one type where operands and result have the same, else the functional type."""
    result = op.results[0].type
    if all(o.type == result for o in op.operands):
        return attribute_text(result)
    return p.functional_type(op)
