"""xDSL's parser, with the attributes that it reads otherwise than upstream read as upstream does.

xDSL takes a float's hexadecimal bits for an integer, rounds twice, and keeps the resources of all
modules in one table of the process; here bits are kept and resources belong to the parser.
"""

from __future__ import annotations

import re
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
    FloatData,
    FunctionType,
    IndexType,
    IntegerAttr,
    IntegerType,
    LocationAttr,
    ModuleOp,
    NoneType,
    StringAttr,
    TensorType,
    TupleType,
    UnrankedTensorType,
    i1,
)
from xdsl.ir import Attribute, TypeAttribute
from xdsl.parser import Parser
from xdsl.utils.mlir_lexer import MLIRTokenKind, StringLiteral

from dialects.dense import DenseAttr
from dialects.dense_parser import parse_dense_body, parse_resource_body
from dialects.float_text import FLOAT_FORMATS, nan_of
from dialects.long_literal import LiteralStore, LongLiteral, literal_of
from dialects.number_parser import NumberParser

_ALIASES = (MLIRTokenKind.HASH_IDENT, MLIRTokenKind.EXCLAMATION_IDENT)
_MOST_BITS = (1 << 24) - 1
_WIDEST = 1000
"""Digits of a width; there may be zeros before it."""
_INTEGER = re.compile(r"[su]?i(\d+)", re.ASCII)
_NO_ELEMENTS = (TensorType, UnrankedTensorType, NoneType, TupleType, FunctionType)
"""Builtin types that are no elements of tensors."""
_ARRAY_ELEMENTS = {IntegerType.name, *FLOAT_FORMATS}


class AttributeParser(Parser):
    """A parser of modules whose numbers keep every bit.

    After the module has been parsed, ``resources`` has the blobs of its ``dialect_resources``
    section: text ``0x...`` by dialect and name.
    """

    resources: dict[tuple[str, str], str]
    literals: LiteralStore | None = None
    """Where the literals are that the text has stand-ins for; see :mod:`dialects.long_literal`."""

    def __init__(self, ctx: Context, input: str | bytes, name: str = "<unknown>") -> None:
        super().__init__(ctx, input, name)
        self.resources = {}

    # -- where something is missing ----------------------------------------------------------

    def _parse_token(self, expected_kind: MLIRTokenKind, error_msg: str) -> Any:
        """A token; that it is missing is said where the text before it ends, as upstream does."""
        if self._current_token.kind is not expected_kind:
            # xDSL gives no more than the end of this message.
            whole = "expected an operation, or '^'" if error_msg.startswith(" ") else ""
            self.raise_error(whole + error_msg, self._end_of_text_before())
        return self._consume_token()

    def _end_of_text_before(self) -> int:
        """Where what precedes the current token ends, blanks and comments left out."""
        content, end = self.lexer.input.content, self.pos
        while True:
            while end and content[end - 1] in " \t":
                end -= 1
            if not end:
                return self.pos
            if content[end - 1] not in "\r\n":
                return end
            end -= 1
            line = max(content.rfind("\n", 0, end), content.rfind("\r", 0, end)) + 1
            comment = content.find("//", line, end)
            end = end if comment < 0 else comment

    def parse_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """A module; a text of nothing but comments and aliases is an empty one."""
        while self._current_token.kind in _ALIASES:
            self._parse_alias_def()
        if self._current_token.kind is MLIRTokenKind.EOF:
            return ModuleOp([])
        return super().parse_module(allow_implicit_module)

    def _parse_dialect_type_or_attribute_body(
        self, attr_name: str, is_type: bool, *rest: Any, **named: Any
    ) -> Any:
        found = self.ctx.get_optional_type if is_type else self.ctx.get_optional_attr
        if found(attr_name) is None:
            dialect, _, name = attr_name.partition(".")
            start = self.lexer.input.content.rfind(name, 0, self.pos)
            what = "type" if is_type else "attribute"
            known = self.ctx.get_optional_dialect(dialect) is not None
            self.raise_error(
                f"the dialect '{dialect}' has no {what} '{name}'"
                if known
                else f"{what} '{attr_name}' of the unknown dialect '{dialect}'",
                start,
                start + len(name),
            )
        return super()._parse_dialect_type_or_attribute_body(attr_name, is_type, *rest, **named)

    def _parse_extended_type_or_attribute(self, attr_or_dialect_name: str, is_type: bool) -> Any:
        """An alias, or what a dialect defines; of an unknown one ``#name<...>`` may be anything."""
        found = self.ctx.get_optional_type if is_type else self.ctx.get_optional_attr
        opaque = "." not in attr_or_dialect_name and self._current_token.kind is MLIRTokenKind.LESS
        name = f"{attr_or_dialect_name}."
        definition: Any = found(name) if opaque else None
        if definition is None:
            extended: Any = super()._parse_extended_type_or_attribute
            return extended(attr_or_dialect_name, is_type)
        return definition(name, is_type, True, self._parse_dialect_symbol_body())

    def parse_optional_str_literal(self) -> str | None:
        """A string; xDSL takes one with escapes beyond ASCII for bytes, also where it is UTF-8."""
        token = self._current_token
        literal = self.take_literal()
        if literal is not None:
            return self.whole_literal(literal)
        if token.kind is MLIRTokenKind.BYTES_LIT:
            try:
                text = StringLiteral.from_span(token.span).string_contents
            except UnicodeDecodeError:
                return None
            self._consume_token()
            return text
        return super().parse_optional_str_literal()

    def take_literal(self) -> LongLiteral | None:
        """The literal whose stand-in comes next, if one does."""
        token = self._current_token
        if self.literals is None or token.kind is not MLIRTokenKind.STRING_LIT:
            return None
        literal = literal_of(token.text, self.literals)
        if literal is not None:
            self._consume_token()
        return literal

    def whole_literal(self, literal: LongLiteral) -> str:
        """A literal where nothing but all its characters will do."""
        assert self.literals is not None
        try:
            return self.literals.text(literal)
        except ValueError as error:
            self.raise_error(str(error))

    def holds_literals(self) -> bool:
        """Whether a constant may be a literal that is not held, where the parser stands."""
        return False

    def parse_optional_symbol_name(self) -> StringAttr | None:
        token = self._current_token
        try:
            return super().parse_optional_symbol_name()
        except UnicodeDecodeError:
            self.raise_error("the name of a symbol is not UTF-8", token.span)

    def _parse_attribute_entry(self) -> tuple[str, Attribute]:
        start = self.pos
        name, attribute = super()._parse_attribute_entry()
        if isinstance(attribute, LocationAttr):
            self.raise_error("a location is not kept as an attribute", start, self.pos)
        return name, attribute

    def _parse_optional_integer_or_float_type(self) -> TypeAttribute | None:
        token = self._current_token
        width = _INTEGER.fullmatch(token.text) if token.kind is MLIRTokenKind.BARE_IDENT else None
        if width is not None and (len(width[1]) > _WIDEST or int(width[1]) > _MOST_BITS):
            self.raise_error(f"an integer has at most {_MOST_BITS} bits", token.span)
        return super()._parse_optional_integer_or_float_type()

    def _parse_tensor_attrs(self) -> Any:
        """A tensor type; its encoding may have a ``type_problem`` with shape and elements."""
        start = self.pos
        type: Any = super()._parse_tensor_attrs()
        element: Attribute = type.element_type
        if isinstance(element, _NO_ELEMENTS):
            self.raise_error(f"a tensor cannot hold {element}", start, self.pos)
        shape: Sequence[int] = () if type.name == UnrankedTensorType.name else type.get_shape()
        if max(shape, default=0) >= 1 << 63:
            self.raise_error("a dimension is of 64 bits", start, self.pos)
        encoding = getattr(type, "encoding", None)
        check: Callable[[Sequence[int], Attribute], str | None] | None
        check = getattr(encoding, "type_problem", None)
        problem = None if check is None else check(type.get_shape(), type.element_type)
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
        if type.name == IntegerType.name and type.width.data != 1 and type.width.data % 8:
            self.raise_error(f"a dense array holds whole bytes or i1, not {type}", start, self.pos)
        numbers = NumberParser.sharing(self)
        listed = self.parse_optional_punctuation(":") is not None
        found = numbers.numbers() if listed else []
        if type == i1:
            for number in found:
                if number.kind is not MLIRTokenKind.BARE_IDENT:
                    numbers.refuse(number, "an element of type i1 is 'true' or 'false'")
        if type.name in FLOAT_FORMATS or type.width.data > 64:
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
            nan = nan_of(bits, FLOAT_FORMATS[type.name])
            if nan is not None:
                # The constructor would make it quiet.
                return FloatAttr[Any].new((FloatData(nan), type))
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
            literal = self.take_literal()
            self.resources[dialect, key] = (
                self.parse_str_literal(" for the resource's bytes")
                if literal is None
                else literal.stand_in
            )

        self.parse_comma_separated_list(self.Delimiter.BRACES, resource)
