"""What a quantized element is held in: a small integer (or float) type and a range of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xdsl.dialects.builtin import (
    Float4E2M1FNType,
    Float8E4M3FNType,
    Float8E5M2Type,
    IntegerType,
    Signedness,
)
from xdsl.ir import Attribute
from xdsl.parser import AttrParser

from dialects.attribute_text import attribute_text
from dialects.float_text import FLOAT_FORMATS

_MOST_BITS = 32
_UNSIGNED = re.compile(r"u([0-9]+)", re.ASCII)
_FLOATS: dict[Attribute, int] = {
    Float8E4M3FNType(): 448,
    Float8E5M2Type(): 57344,
    Float4E2M1FNType(): 6,
}
"""The floating-point storage types that upstream knows, each with its largest number."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage type and the range of it that is used, both ends included.

    ``u8`` is a signless integer type with ``signed`` false; ``i8`` the same one with it true.
    """

    type: Attribute
    signed: bool
    minimum: int
    maximum: int

    @property
    def width(self) -> int:
        """Bits of one stored element."""
        return storage_width(self.type)

    def text(self) -> str:
        """``i8``, ``u8<1:254>``: the range is shown if it is not all of the type's."""
        match self.type:
            case IntegerType() if self.type.signedness.data is Signedness.SIGNLESS:
                shown = f"{'i' if self.signed else 'u'}{self.type.width.data}"
            case _:
                shown = attribute_text(self.type)
        if (self.minimum, self.maximum) == storage_range(self.type, self.signed):
            return shown
        return f"{shown}<{self.minimum}:{self.maximum}>"

    def problem(self) -> str | None:
        """Why there is no such storage, if so (spec: quantized element types, C3)."""
        match self.type:
            case IntegerType() if not 0 < self.type.width.data <= _MOST_BITS:
                width = self.type.width.data
                return f"storage types have 1 to {_MOST_BITS} bits, got {width}"
            case IntegerType():
                pass
            case _ if self.type not in _FLOATS:
                return f"{attribute_text(self.type)} is no storage type"
            case _:
                pass
        least, most = storage_range(self.type, self.signed)
        if least <= self.minimum < self.maximum <= most:
            return None
        return (
            f"(C3) the storage range must be not empty and in {least}:{most}, "
            f"got {self.minimum}:{self.maximum}"
        )


def storage_range(type: Attribute, signed: bool) -> tuple[int, int]:
    """The least and the greatest integer of a storage type."""
    if type in _FLOATS:
        return -_FLOATS[type], _FLOATS[type]
    width = storage_width(type)
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)


def storage_width(type: Attribute) -> int:
    """Bits of an integer or floating-point type."""
    match type:
        case IntegerType():
            return type.width.data
        case _:
            return FLOAT_FORMATS[attribute_text(type)].width


def _is_unsigned(type: Attribute) -> bool:
    match type:
        case IntegerType():
            return type.signedness.data is Signedness.UNSIGNED
        case _:
            return False


def parse_storage(parser: AttrParser) -> Storage:
    """Reads ``i8``, ``u8``, ``ui8``, ``si8``, ``f8E5M2``, with ``<min:max>`` if it is there."""
    start = parser.pos
    type: Attribute | None = parser.parse_optional_type()
    signed = type is not None and not _is_unsigned(type)
    if type is None:
        written = parser.parse_identifier(" for a storage type")
        match = _UNSIGNED.fullmatch(written)
        if match is None or len(match[1]) > 9:
            parser.raise_error(f"{written} is no storage type", start, parser.pos)
        type = IntegerType(int(match[1]))
    # A range that every type of these bits has: only the type is judged here.
    problem = Storage(type, False, 0, 1).problem()
    if problem is not None:
        parser.raise_error(problem, start, parser.pos)
    least, most = storage_range(type, signed)
    if parser.parse_optional_punctuation("<") is None:
        return Storage(type, signed, least, most)
    start = parser.pos
    minimum = parse_bounded(parser, 64)
    parser.parse_punctuation(":")
    storage = Storage(type, signed, minimum, parse_bounded(parser, 64))
    problem = storage.problem()
    if problem is not None:
        parser.raise_error(problem, start, parser.pos)
    parser.parse_punctuation(">")
    return storage


def parse_bounded(parser: AttrParser, width: int) -> int:
    """Reads an integer that a signed number of ``width`` bits can hold."""
    start = parser.pos
    value = parser.parse_integer(allow_boolean=False)
    if not -(1 << width - 1) <= value < 1 << width - 1:
        parser.raise_error(f"{value} has more than {width} bits", start, parser.pos)
    return value
