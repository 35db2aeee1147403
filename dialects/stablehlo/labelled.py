"""Operations written as their operands and a few labelled properties: ``%0, %1, dims = [0]``."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, cast

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, StringAttr, i64
from xdsl.ir import Attribute, Data
from xdsl.parser import Parser

from dialects.asm import AsmPrinter
from dialects.attribute_text import attribute_text
from dialects.stablehlo.attributes import EnumT, parse_case
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.dimension_numbers import parse_dims
from dialects.stablehlo.syntax import (
    create,
    i64_array,
    i64_array_text,
    parse_dictionary,
    parse_function_type,
    parse_operands,
)


@dataclass(frozen=True, slots=True)
class Label:
    """A property that is written as ``keyword = text`` after the operands."""

    keyword: str
    property: str
    read: Callable[[Parser], Attribute]
    text: Callable[[Attribute], str]


def list_label(keyword: str, property: str) -> Label:
    """``dims = [0, 1]``."""
    return Label(keyword, property, _read_list, i64_array_text)


def number_label(keyword: str, property: str) -> Label:
    """``dim = 1``."""
    return Label(keyword, property, _read_number, _number_text)


def string_label(keyword: str, property: str) -> Label:
    """``config = "ab->b"``."""
    return Label(keyword, property, _read_string, attribute_text)


def case_label(keyword: str, property: str, enum: type[EnumT], cls: type[Data[EnumT]]) -> Label:
    """``type = RFFT``: one word of an enumeration."""

    def text(attribute: Attribute) -> str:
        assert isinstance(attribute, cls)
        return cast("Data[EnumT]", attribute).data.value

    return Label(keyword, property, lambda parser: cls(parse_case(parser, enum, property)), text)


def _read_list(parser: Parser) -> DenseArrayBase:
    return i64_array(parse_dims(parser))


def _read_number(parser: Parser) -> IntegerAttr:
    return IntegerAttr(parser.parse_integer(allow_boolean=False), i64)


def _number_text(attribute: Attribute) -> str:
    assert isinstance(attribute, IntegerAttr)
    return str(attribute.value.data)


def _read_string(parser: Parser) -> StringAttr:
    return StringAttr(parser.parse_str_literal())


class LabelledOp(StableHLOOp, ABC):
    """An operation with a fixed number of operands, each its own, then ``LABELS``."""

    LABELS: ClassVar[Sequence[Label]] = ()

    def print_asm(self, p: AsmPrinter) -> None:
        parts = [p.name(operand) for operand in self.operands]
        parts += [f"{x.keyword} = {x.text(self.properties[x.property])}" for x in self.LABELS]
        dictionary = p.attr_dict(self, [x.property for x in self.LABELS])
        p.write(f"{self.name} {', '.join(parts)}{dictionary} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        count = len(cls.get_irdl_definition().operands)
        operands = parse_operands(parser, count)
        given: dict[str, Attribute] = {}
        for label in cls.LABELS:
            parser.parse_punctuation(",")
            parser.parse_keyword(label.keyword)
            parser.parse_punctuation("=")
            given[label.property] = label.read(parser)
        properties, attributes = parse_dictionary(parser, cls, given)
        types = parse_function_type(parser, count, None)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )
