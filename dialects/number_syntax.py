"""Numbers that stand in the pretty syntax without the type that the operation gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xdsl.dialects.builtin import Float64Type, FloatAttr, IntegerAttr, IntegerType
from xdsl.ir import Attribute
from xdsl.parser import Parser

from dialects.attribute_text import attribute_text
from dialects.number_parser import NumberParser

Read = Callable[[Parser], Attribute]


def parse_labelled(parser: Parser, reads: Mapping[str, Read]) -> dict[str, Attribute]:
    """Reads ``, key = number`` for each key in turn, as far as they are there."""
    found: dict[str, Attribute] = {}
    for key, read in reads.items():
        if parser.parse_optional_punctuation(",") is None:
            break
        parser.parse_keyword(key)
        parser.parse_punctuation("=")
        found[key] = read(parser)
    return found


def parse_float_property(parser: Parser) -> FloatAttr[Any]:
    """Reads ``0.1`` as an ``f64``."""
    type_ = Float64Type()
    numbers = NumberParser.sharing(parser)
    bits = numbers.bits(numbers.number(), type_)
    return FloatAttr(type_.unpack(bits.to_bytes(type_.size, "little"), 1)[0], type_)


def parse_integer_property(type_: IntegerType) -> Callable[[Parser], IntegerAttr[Any]]:
    """A reader of ``3`` as an integer of the type."""

    def read(parser: Parser) -> IntegerAttr[Any]:
        numbers = NumberParser.sharing(parser)
        return IntegerAttr(numbers.integer(numbers.number(), type_), type_)

    return read


def number_text(number: IntegerAttr[Any] | FloatAttr[Any]) -> str:
    """The number without its type."""
    return attribute_text(number).partition(" : ")[0]
