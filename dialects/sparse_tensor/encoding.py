"""``#sparse_tensor.encoding``: the part of a tensor type that says how it is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import Attribute, Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dialects.attribute_text import attribute_text
from dialects.sparse_tensor.level_map import LevelMap
from dialects.sparse_tensor.reading import parse_level_map

Number: TypeAlias = IntegerAttr[Any] | FloatAttr[Any]
_WIDTHS = (0, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class SparseEncoding:
    """How a tensor is stored; a width of 0 is that of the machine's index."""

    map: LevelMap
    position_width: int = 0
    coordinate_width: int = 0
    explicit_value: Number | None = None
    implicit_value: Number | None = None


@irdl_attr_definition
class SparseEncodingAttr(Data[SparseEncoding]):
    """``#sparse_tensor.encoding<{ map = (d0) -> (d0 : compressed) }>``."""

    name = "sparse_tensor.encoding"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> SparseEncoding:
        start = parser.pos
        found: dict[str, Any] = {}

        with parser.in_angle_brackets(), parser.in_braces():
            entry = parser.pos
            while (key := parser.parse_optional_identifier()) is not None:
                if key not in _FIELDS:
                    parser.raise_error(f"expected one of {', '.join(_FIELDS)}", entry, parser.pos)
                parser.parse_punctuation("=")
                field, read = _FIELDS[key]
                found[field] = read(parser)
                if parser.parse_optional_punctuation(",") is None:
                    break
                entry = parser.pos
        if "map" not in found:
            parser.raise_error("an encoding must have a map", start, parser.pos)
        return SparseEncoding(**found)

    def alias_name(self) -> str:
        """Upstream prints every encoding as an alias."""
        return "sparse"

    def type_problem(self, shape: Sequence[int], element: Attribute) -> str | None:
        """Why this is no encoding of a tensor of this shape and elements, if it is not."""
        expected = self.data.map.dimensions
        if not shape:
            return "a sparse tensor can not be a scalar"
        if len(shape) != expected:
            return f"the encoding is of {expected} dimensions, the tensor has {len(shape)}"
        for value in (self.data.explicit_value, self.data.implicit_value):
            if value is not None and value.type != element:
                return f"the value {value} is not of the tensor's element type {element}"
        return None

    def print_parameter(self, printer: Printer) -> None:
        encoding = self.data
        parts = [f"map = {encoding.map.text()}"]
        for key, width in (
            ("posWidth", encoding.position_width),
            ("crdWidth", encoding.coordinate_width),
        ):
            parts += [f"{key} = {width}"] if width else []
        for key, value in (
            ("explicitVal", encoding.explicit_value),
            ("implicitVal", encoding.implicit_value),
        ):
            parts += [] if value is None else [f"{key} = {attribute_text(value)}"]
        printer.print_string(f"<{{ {', '.join(parts)} }}>")


def _parse_width(parser: AttrParser) -> int:
    start = parser.pos
    width = parser.parse_integer(allow_boolean=False)
    if width not in _WIDTHS:
        parser.raise_error(
            f"a width must be one of {', '.join(map(str, _WIDTHS))}, got {width}", start, parser.pos
        )
    return width


def _parse_number(parser: AttrParser) -> Number:
    start = parser.pos
    number = parser.parse_attribute()
    if not isinstance(number, IntegerAttr | FloatAttr):
        parser.raise_error(f"expected a number, got {number}", start, parser.pos)
    return cast(Number, number)


def _parse_zero(parser: AttrParser) -> Number:
    start = parser.pos
    number = _parse_number(parser)
    if number.value.data != 0:
        parser.raise_error("the implicit value must be zero", start, parser.pos)
    return number


_FIELDS: dict[str, tuple[str, Callable[[AttrParser], object]]] = {
    "map": ("map", parse_level_map),
    "posWidth": ("position_width", _parse_width),
    "crdWidth": ("coordinate_width", _parse_width),
    "explicitVal": ("explicit_value", _parse_number),
    "implicitVal": ("implicit_value", _parse_zero),
}
"""What may be in the braces: the field, and what reads it."""
