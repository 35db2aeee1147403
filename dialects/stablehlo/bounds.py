"""``#stablehlo.bounds``: how large a tensor's unknown dimensions may be, part of its type.

Source: ``TypeExtensionsAttr`` in StablehloAttrs.td; the specification has no bounded dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.dialects.builtin import DYNAMIC_INDEX, NoneAttr, TensorType
from xdsl.ir import Attribute, Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

Bounds = tuple[int, ...]
"""A bound of each dimension; for none xDSL's marker of an unknown dimension."""

_BITS = 63


def _parse_bound(parser: AttrParser) -> int:
    if parser.parse_optional_punctuation("?") is not None:
        return DYNAMIC_INDEX
    start = parser.pos
    # Upstream takes negative bounds too; one that no size keeps is refused where it is compared.
    bound = parser.parse_integer(allow_boolean=False)
    if not -(1 << _BITS) <= bound < 1 << _BITS:
        parser.raise_error(f"the bound {bound} does not fit into 64 bits", start, parser.pos)
    return bound


@irdl_attr_definition
class TypeExtensionsAttr(Data[Bounds]):
    """``#stablehlo.bounds<3, ?>``: a bound of each dimension, ``?`` for none."""

    name = "stablehlo.bounds"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Bounds:
        return tuple(
            parser.parse_comma_separated_list(parser.Delimiter.ANGLE, lambda: _parse_bound(parser))
        )

    def type_problem(self, shape: Sequence[int], element: Attribute) -> str | None:
        """Why these are no bounds of a tensor of this shape, if they are not."""
        if len(self.data) != len(shape):
            return f"{len(self.data)} bounds for {len(shape)} dimensions"
        for dim, (size, limit) in enumerate(zip(shape, self.data, strict=True)):
            if DYNAMIC_INDEX not in (size, limit):
                return f"dimension {dim} has the size {size} and can not have the bound {limit}"
        return None

    def print_parameter(self, printer: Printer) -> None:
        shown = ("?" if bound == DYNAMIC_INDEX else str(bound) for bound in self.data)
        printer.print_string(f"<{', '.join(shown)}>")


@irdl_attr_definition
class LongTypeExtensionsAttr(Data[Bounds]):
    """``#stablehlo.type_extensions<bounds = [3, ?]>``: what was read so is printed short."""

    name = "stablehlo.type_extensions"

    def __new__(cls, data: Bounds) -> Any:
        return TypeExtensionsAttr(data)

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Bounds:
        with parser.in_angle_brackets():
            parser.parse_keyword("bounds")
            parser.parse_punctuation("=")
            return tuple(
                parser.parse_comma_separated_list(
                    parser.Delimiter.SQUARE, lambda: _parse_bound(parser)
                )
            )


def bounds(type_: Attribute) -> Bounds:
    """The bound of each dimension of a tensor type; none if the type has no bounds."""
    encoding = type_.encoding if isinstance(type_, TensorType) else None
    return encoding.data if isinstance(encoding, TypeExtensionsAttr) else ()


def bounds_encoding(limits: Sequence[int]) -> Attribute:
    """What a tensor type holds for these bounds; nothing if no dimension has one."""
    if all(limit == DYNAMIC_INDEX for limit in limits):
        return NoneAttr()
    return TypeExtensionsAttr(tuple(limits))


def within_bounds(sizes: Sequence[int], limits: Sequence[int]) -> bool:
    """Whether no size that is known exceeds its bound; no bounds at all allow every size."""
    return all(
        DYNAMIC_INDEX in (size, limit) or size <= limit
        for size, limit in zip(sizes, limits, strict=False)
    )
