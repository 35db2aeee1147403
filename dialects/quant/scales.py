"""Scales and zero points: reading them, their range in the expressed type, and their text."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from xdsl.dialects.builtin import AnyFloat, Float64Type
from xdsl.ir import Attribute
from xdsl.parser import AttrParser

from dialects.attribute_text import attribute_text
from dialects.float_text import (
    FLOAT_FORMATS,
    FloatFormat,
    Specials,
    float_bits,
    float_text,
    float_value,
)
from dialects.number_parser import NumberParser
from dialects.quant.storage import parse_bounded, storage_width

Blocks: TypeAlias = tuple[tuple[int, int], ...]
"""Quantized dimensions with the size of a block along each."""

_F64 = FLOAT_FORMATS["f64"]


@dataclass(frozen=True, slots=True)
class ParameterList:
    """Scales and zero points as they stand in nested lists, flat, and the shape of the lists."""

    scales: list[float]
    zero_points: list[int]
    shape: list[int]


def is_float(type: Attribute) -> bool:
    """Whether the type is one of floating-point numbers."""
    return isinstance(type, AnyFloat)


def parse_float(parser: AttrParser) -> float:
    """Reads a number with a dot, or the 16 hexadecimal digits of its bits."""
    numbers = NumberParser.sharing(parser)
    bits = numbers.bits(numbers.number(), Float64Type())
    return struct.unpack("<d", bits.to_bytes(8, "little"))[0]


def parse_scale_and_zero_point(parser: AttrParser, expressed: Attribute) -> tuple[float, int]:
    """Reads ``1.0`` or ``1.0:17``."""
    start = parser.pos
    scale = parse_float(parser)
    problem = scale_problem(scale, expressed)
    if problem is not None:
        parser.raise_error(problem, start, parser.pos)
    if parser.parse_optional_punctuation(":") is None:
        return scale, 0
    return scale, parse_bounded(parser, 64)


def parse_blocks(parser: AttrParser) -> Blocks | None:
    """Reads ``{0:1, 1:2}`` if it is there."""

    def block() -> tuple[int, int]:
        axis = parse_bounded(parser, 32)
        parser.parse_punctuation(":")
        return axis, parse_bounded(parser, 64)

    found = parser.parse_optional_comma_separated_list(parser.Delimiter.BRACES, block)
    return None if found is None else tuple(found)


def parse_parameter_list(parser: AttrParser, expressed: Attribute) -> ParameterList:
    """Reads ``{1.0:17, 2.0}``, or lists of such lists, all of one shape."""
    listed = ParameterList([], [], [])
    parser.parse_punctuation("{")
    listed.shape.extend(_rest_of_list(parser, expressed, listed))
    return listed


def _rest_of_list(parser: AttrParser, expressed: Attribute, into: ParameterList) -> list[int]:
    """Reads what follows ``{``; gives the shape."""
    count, shape = 0, list[int]()
    while True:
        start = parser.pos
        entry = list[int]()
        if parser.parse_optional_punctuation("{") is not None:
            entry = _rest_of_list(parser, expressed, into)
        else:
            scale, zero_point = parse_scale_and_zero_point(parser, expressed)
            into.scales.append(scale)
            into.zero_points.append(zero_point)
        if count and entry != shape:
            parser.raise_error(
                f"this entry has the shape {entry}, those before it {shape}", start, parser.pos
            )
        count, shape = count + 1, entry
        if parser.parse_optional_punctuation(",") is None:
            parser.parse_punctuation("}")
            return [count, *shape]


def scale_problem(scale: float, expressed: Attribute) -> str | None:
    """Why this is no scale for the expressed type, if so (spec: C4, C5, C6)."""
    if math.isnan(scale) or math.isinf(scale):
        return f"(C6) a scale must be finite, got {real_text(scale)}"
    if scale <= 0:
        return f"(C5) a scale must be positive, got {real_text(scale)}"
    least, most = _positive_range(attribute_text(expressed))
    if least <= scale <= most:
        return None
    return (
        f"(C4) the scale {real_text(scale)} is not in the range of "
        f"{attribute_text(expressed)}, {real_text(least)} to {real_text(most)}"
    )


@lru_cache(maxsize=32)
def _positive_range(name: str) -> tuple[float, float]:
    """The least and the greatest positive number of a float type, as far as f64 can hold them."""
    format = FLOAT_FORMATS.get(name)
    if format is None:
        return 0.0, math.inf
    least = float_value(1 if format.has_zero else 0, format)
    # The greatest pattern whose bits stand for a number, not an infinity or NaN.
    mantissa = (1 << format.fraction_bits) - 1
    exponent = (1 << format.exponent_bits) - 1
    if format.specials is Specials.IEEE:
        exponent -= 1
    elif format.specials is Specials.NAN_ALL_ONES:
        exponent, mantissa = (exponent, mantissa - 1) if mantissa else (exponent - 1, 0)
    significand = mantissa + (1 << format.fraction_bits)
    return least, math.ldexp(significand, exponent - format.bias - format.fraction_bits)


def real_text(value: float, type: Attribute | None = None) -> str:
    """The literal of a number of a float type; of f64 unless one is given."""
    format = _format(type)
    return float_text(float_bits(value, format), format)


def rounded(value: float, type: Attribute) -> float:
    """The number of a float type that is nearest."""
    format = _format(type)
    return float_value(float_bits(value, format), format)


def signed_bits(value: int, type: Attribute) -> int:
    """The lowest bits of an integer, as many as the type has, as a signed number."""
    width = storage_width(type)
    return ((value + (1 << width - 1)) & (1 << width) - 1) - (1 << width - 1)


def _format(type: Attribute | None) -> FloatFormat:
    return _F64 if type is None else FLOAT_FORMATS.get(attribute_text(type), _F64)
