"""The type of a value that is still being computed."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dialects.stablehlo.tensors import is_tensor


@irdl_attr_definition
class FutureType(ParametrizedAttribute, TypeAttribute):
    """``!stablehlo.future<tensor<f32>>``: what ``async_start`` gives and ``async_done`` takes."""

    name = "stablehlo.future"

    types: ArrayAttr[Attribute]

    @staticmethod
    def of(types: Sequence[Attribute]) -> FutureType:
        """The future of values of these types."""
        return FutureType(ArrayAttr(types))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        def element() -> Attribute:
            position = parser.pos
            type_ = parser.parse_type()
            if not is_tensor(type_):
                parser.raise_error("expected a ranked tensor", position, parser.pos)
            return type_

        with parser.in_angle_brackets():
            types = parser.parse_comma_separated_list(parser.Delimiter.NONE, element)
        return [ArrayAttr(types)]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_list(self.types, printer.print_attribute)
