"""``#stablehlo.bounds``: how large a tensor's unknown dimensions may be, part of its type.

Source: ``TypeExtensionsAttr`` in StablehloAttrs.td; the specification has no bounded dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import NoneAttr
from xdsl.ir import Attribute, Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.dimension_numbers import Dims
from dialects.stablehlo.tensors import tensor


def _parse_bound(parser: AttrParser) -> int:
    if parser.parse_optional_punctuation("?") is not None:
        return DYNAMIC
    return parser.parse_integer(allow_boolean=False, allow_negative=False)


@irdl_attr_definition
class TypeExtensionsAttr(Data[Dims]):
    """``#stablehlo.bounds<3, ?>``: a bound of each dimension, ``?`` for none."""

    name = "stablehlo.bounds"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Dims:
        return tuple(
            parser.parse_comma_separated_list(parser.Delimiter.ANGLE, lambda: _parse_bound(parser))
        )

    def shape_problem(self, shape: Sequence[int]) -> str | None:
        """Why these are no bounds of a tensor of this shape, if they are not."""
        if len(self.data) != len(shape):
            return f"{len(self.data)} bounds for {len(shape)} dimensions"
        for dim, (size, limit) in enumerate(zip(shape, self.data, strict=True)):
            if DYNAMIC not in (size, limit):
                return f"dimension {dim} has the size {size} and can not have the bound {limit}"
        return None

    def print_parameter(self, printer: Printer) -> None:
        shown = ("?" if bound == DYNAMIC else str(bound) for bound in self.data)
        printer.print_string(f"<{', '.join(shown)}>")


def bounds(type_: Attribute) -> Dims:
    """The bound of each dimension of a tensor type; none if the type has no bounds."""
    encoding = tensor(type_).encoding
    return encoding.data if isinstance(encoding, TypeExtensionsAttr) else ()


def bounds_encoding(limits: Dims) -> Attribute:
    """What a tensor type holds for these bounds; nothing if no dimension has one."""
    if all(limit == DYNAMIC for limit in limits):
        return NoneAttr()
    return TypeExtensionsAttr(limits)
