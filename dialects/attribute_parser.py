"""xDSL's parser, with the attributes that it reads otherwise than upstream read as upstream does.

xDSL takes a float's hexadecimal bits for an integer, rounds twice, and keeps the resources of all
modules in one table of the process; here bits are kept and resources belong to the parser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xdsl.context import Context
from xdsl.dialect_interfaces.op_asm import OpAsmDialectInterface
from xdsl.dialects.builtin import (
    BytesAttr,
    DenseArrayBase,
    DenseResourceAttr,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    StringAttr,
)
from xdsl.parser import Parser
from xdsl.utils.mlir_lexer import MLIRTokenKind, StringLiteral

from dialects.dense import DenseAttr
from dialects.dense_parser import parse_dense_body, parse_resource_body
from dialects.float_text import FLOAT_FORMATS
from dialects.number_parser import NumberParser

_ARRAY_ELEMENTS = {IntegerType.name, *FLOAT_FORMATS}


class AttributeParser(Parser):
    """A parser of modules whose numbers keep every bit.

    After the module has been parsed, ``resources`` has the blobs of its ``dialect_resources``
    section: text ``0x...`` by dialect and name.
    """

    resources: dict[tuple[str, str], str]

    def __init__(self, ctx: Context, input: str | bytes, name: str = "<unknown>") -> None:
        super().__init__(ctx, input, name)
        self.resources = {}

    def parse_optional_str_literal(self) -> str | None:
        """A string; xDSL takes one with escapes beyond ASCII for bytes, also where it is UTF-8."""
        token = self._current_token
        if token.kind is MLIRTokenKind.BYTES_LIT:
            try:
                text = StringLiteral.from_span(token.span).string_contents
            except UnicodeDecodeError:
                return None
            self._consume_token()
            return text
        return super().parse_optional_str_literal()

    def parse_optional_symbol_name(self) -> StringAttr | None:
        token = self._current_token
        try:
            return super().parse_optional_symbol_name()
        except UnicodeDecodeError:
            self.raise_error("the name of a symbol is not UTF-8", token.span)

    def _parse_tensor_attrs(self) -> Any:
        """A tensor type; its encoding may have a ``shape_problem`` with the shape."""
        start = self.pos
        type: Any = super()._parse_tensor_attrs()
        encoding = getattr(type, "encoding", None)
        check: Callable[[Sequence[int]], str | None] | None
        check = getattr(encoding, "shape_problem", None)
        problem = None if check is None else check(type.get_shape())
        if problem is not None:
            self.raise_error(problem, start, self.pos)
        return type

    def parse_dense_int_or_fp_elements_attr(self, type: Any) -> DenseAttr:
        return parse_dense_body(self, type)

    def _parse_builtin_dense_attr(self) -> DenseAttr:
        return parse_dense_body(self)

    def _parse_builtin_dense_resource_attr(self) -> DenseResourceAttr:
        return parse_resource_body(self)

    def _parse_builtin_densearray_attr(self) -> DenseArrayBase[Any]:
        self.parse_punctuation("<", " in dense array")
        start = self.pos
        type: Any = self.parse_type()
        if type.name not in _ARRAY_ELEMENTS:
            self.raise_error(f"a dense array cannot hold {type}", start, self.pos)
        numbers = NumberParser.sharing(self)
        listed = self.parse_optional_punctuation(":") is not None
        found = numbers.numbers() if listed else []
        if type.name in FLOAT_FORMATS:
            array = DenseArrayBase(type, BytesAttr(numbers.elements(found, type)))
        else:
            array = DenseArrayBase.from_list(type, [numbers.integer(n, type) for n in found])
        self.parse_punctuation(">", " in dense array")
        return array

    def parse_optional_builtin_int_or_float_attr(
        self,
    ) -> IntegerAttr[Any] | FloatAttr[Any] | None:
        numbers = NumberParser.sharing(self)
        start = self.pos
        number = numbers.optional_number()
        if number is None:
            return None
        if number.kind is MLIRTokenKind.BARE_IDENT:
            return IntegerAttr.from_bool(number.text == "true")
        floating = number.kind is MLIRTokenKind.FLOAT_LIT
        type: Any = Float64Type() if floating else IntegerType(64)
        if self.parse_optional_punctuation(":") is not None:
            type = self.parse_type()
        if type.name in FLOAT_FORMATS:
            bits = numbers.bits(number, type)
            return FloatAttr(type.unpack(bits.to_bytes(type.size, "little"), 1)[0], type)
        if type.name not in (IntegerType.name, IndexType.name):
            self.raise_error(f"a number cannot have the type {type}", start, self.pos)
        return IntegerAttr(numbers.integer(number, type), type)

    # -- resources -------------------------------------------------------------------------

    def _parse_dialect_resource_handle(
        self, dialect_name: str, interface: OpAsmDialectInterface
    ) -> str:
        return self.parse_identifier_or_str_literal(" for the resource's name")

    def _parse_single_dialect_resources(self) -> None:
        dialect = self.parse_identifier_or_str_literal(" for the dialect of resources")
        self.parse_punctuation(":")

        def resource() -> None:
            key = self.parse_identifier_or_str_literal(" for the resource's name")
            self.parse_punctuation(":")
            self.resources[dialect, key] = self.parse_str_literal(" for the resource's bytes")

        self.parse_comma_separated_list(self.Delimiter.BRACES, resource)
