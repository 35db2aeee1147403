"""``#flow.parameter.named``: a value that the runtime finds by scope and key."""

from __future__ import annotations

import re

from xdsl.dialects.builtin import NoneAttr, StringAttr
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from dialects.attribute_text import attribute_text

_UNPRINTABLE = re.compile(r'["\\\x00-\x1f\x7f]')


@irdl_attr_definition
class ParameterAttr(ParametrizedAttribute):
    """``#flow.parameter.named<"scope"::"key"> : type``; the scope may be absent.

    IREE prints scope and key without escapes, so what would need one is refused
    (``VerifyException``).
    """

    name = "flow.parameter.named"

    scope: StringAttr | NoneAttr
    key: StringAttr
    type: Attribute

    def verify(self) -> None:
        for part in (self.scope, self.key):
            if isinstance(part, StringAttr) and _UNPRINTABLE.search(part.data):
                raise VerifyException(
                    f"IREE cannot print the parameter name {part.data!r}: it has a quote, a "
                    "backslash or a control character; rename the tensor"
                )

    def untyped_text(self) -> str:
        """``#flow.parameter.named<"scope"::"key">``."""
        scope = f'"{self.scope.data}"::' if isinstance(self.scope, StringAttr) else ""
        return f'#{self.name}<{scope}"{self.key.data}">'

    def print_parameters(self, printer: Printer) -> None:
        printer.print_string(self.untyped_text().removeprefix(f"#{self.name}"))
        printer.print_string(f" : {attribute_text(self.type)}")

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> list[Attribute]:
        scope, key = cls.parse_names(parser)
        parser.parse_punctuation(":")
        return [scope, key, parser.parse_type()]

    @staticmethod
    def parse_names(parser: AttrParser) -> tuple[StringAttr | NoneAttr, StringAttr]:
        """``<"scope"::"key">`` or ``<"key">``."""
        with parser.in_angle_brackets():
            first = StringAttr(_name(parser))
            if parser.parse_optional_punctuation(":") is None:
                return NoneAttr(), first
            parser.parse_punctuation(":")
            return first, StringAttr(_name(parser))


def _name(parser: AttrParser) -> str:
    """A string literal; xDSL reads one with escaped UTF-8 as bytes."""
    data = parser.parse_optional_bytes_literal()
    return parser.parse_str_literal() if data is None else data.decode()
