"""Reading dense constants exactly as upstream does, every bit kept."""

from __future__ import annotations

import re
from typing import Protocol, cast, runtime_checkable

from xdsl.dialects.builtin import (
    ComplexType,
    DenseResourceAttr,
    IntegerType,
    ShapedType,
    TensorType,
    VectorType,
)
from xdsl.ir import Attribute
from xdsl.parser import AttrParser
from xdsl.utils.mlir_lexer import MLIRTokenKind

from dialects.dense import DenseAttr, DenseType, dense_from_bytes, dense_from_literal
from dialects.element_storage import ElementTypeError, scalar_type, storage_size
from dialects.long_literal import LongLiteral
from dialects.number_lists import plain_elements, plain_list
from dialects.number_parser import Number, NumberParser

_MOST_LISTED = 1 << 27
"""Bytes of elements that are listed; of a wide type a few characters stand for many."""
_HEX = re.compile(r"0x(?:[0-9A-Fa-f]{2})*")


def parse_dense(parser: AttrParser) -> DenseAttr:
    """Parses ``dense<...> : type``.

    Raises xDSL's ``ParseError``, at the offending element, for what upstream refuses too: an
    element that does not fit its type, a shape that is not the type's, a dynamic shape.
    """
    parser.parse_keyword("dense")
    return parse_dense_body(parser)


def parse_elements(parser: AttrParser) -> DenseAttr | DenseResourceAttr:
    """Parses ``dense<...> : type`` or ``dense_resource<name> : type``."""
    if parser.parse_optional_keyword("dense_resource"):
        return parse_resource_body(parser)
    return parse_dense(parser)


def parse_dense_body(parser: AttrParser, type: DenseType | None = None) -> DenseAttr:
    """Parses what follows the word ``dense``; with ``type`` given, no ``: type`` is read."""
    inner = _DenseParser.sharing(parser)
    inner.types = parser
    if isinstance(parser, _ReadsLiterals):
        inner.outer = parser
    return inner.body(type)


def parse_resource_body(parser: AttrParser) -> DenseResourceAttr:
    """Parses what follows the word ``dense_resource``."""
    parser.parse_punctuation("<")
    key = parser.parse_identifier_or_str_literal(" for the resource's name")
    parser.parse_punctuation(">")
    parser.parse_punctuation(":")
    start = parser.pos
    type = parser.parse_type()
    if not isinstance(type, ShapedType):
        parser.raise_error(f"dense_resource needs a shaped type, got {type}", start, parser.pos)
    return DenseResourceAttr.from_params(key, type)


@runtime_checkable
class _ReadsLiterals(Protocol):
    """A parser of a text that has stand-ins for long literals."""

    def take_literal(self) -> LongLiteral | None: ...
    def whole_literal(self, literal: LongLiteral) -> str: ...
    def holds_literals(self) -> bool: ...


class _DenseParser(NumberParser):
    """The tensor literal grammar."""

    types: AttrParser
    """Who reads types: the parser that this one serves, which may refuse more."""
    outer: _ReadsLiterals | None = None

    def body(self, type: DenseType | None) -> DenseAttr:
        self.parse_punctuation("<", " in dense attribute")
        start = self.pos
        plain = self._plain_list(type)
        if plain is not None:
            return plain
        numbers: list[Number] = []
        shape: list[int] | None = None
        hexadecimal: str | None = None
        pairs = False
        literal = None if self.outer is None else self.outer.take_literal()
        if self.outer is not None and literal is not None and not self.outer.holds_literals():
            hexadecimal, literal = self.outer.whole_literal(literal), None
        elif literal is not None:
            hexadecimal = None
        elif self._current_token.kind is MLIRTokenKind.STRING_LIT:
            hexadecimal = self.parse_str_literal()
        elif self._current_token.kind is not MLIRTokenKind.GREATER:
            shape, pairs = self._nested(numbers)
        end = self.pos
        self.parse_punctuation(">", " in dense attribute")
        if type is None:
            self.parse_punctuation(":", " after a dense literal")
            type = self._shaped_type()
        if literal is not None:
            try:
                return dense_from_literal(literal, type)
            except ValueError as error:
                self.raise_error(str(error), start, end)
        if hexadecimal is None:
            fault = _shape_fault(shape, len(numbers), type)
            data = b"" if fault else self._elements(numbers, pairs, type.element_type, start, end)
        else:
            fault = None if _HEX.fullmatch(hexadecimal) else "expected hex digits after `0x`"
            data = b"" if fault else bytes.fromhex(hexadecimal[2:])
        if fault:
            self.raise_error(fault, start, end)
        try:
            return dense_from_bytes(data, type)
        except ValueError as error:
            self.raise_error(str(error), start, end)

    def _plain_list(self, type: DenseType | None) -> DenseAttr | None:
        """A long list read at once, if that can be done; else the parser stands where it did."""
        start = self.pos
        if self._current_token.kind is not MLIRTokenKind.L_SQUARE:
            return None
        text = plain_list(self.lexer.input.content, start)
        if text is None:
            return None
        self._resume_from(start + len(text))
        self.parse_punctuation(">", " in dense attribute")
        if type is None:
            self.parse_punctuation(":", " after a dense literal")
            type = self._shaped_type()
        data = plain_elements(text, type.get_shape(), type.element_type)
        if data is None:
            self._resume_from(start)
            return None
        return dense_from_bytes(data, type)

    def _shaped_type(self) -> DenseType:
        start = self.pos
        type: Attribute = self.types.parse_type()
        if not isinstance(type, TensorType | VectorType):
            self.raise_error(f"a dense literal is a tensor or vector, not {type}", start, self.pos)
        found = cast("DenseType", type)
        if any(dim < 0 for dim in found.get_shape()):
            self.raise_error(f"a dense literal needs a static shape, got {type}", start, self.pos)
        element: Attribute = found.element_type
        try:
            match element:
                case IntegerType() if element.width.data > 64:
                    raise ElementTypeError(f"{element} has more than 64 bits")
                case _:
                    storage_size(element)
        except ElementTypeError as error:
            self.raise_error(f"a dense literal cannot hold this: {error}", start, self.pos)
        return found

    def _nested(self, into: list[Number]) -> tuple[list[int], bool]:
        """Reads an element or a bracketed list; gives its shape and whether elements are pairs."""
        if self.parse_optional_punctuation("[") is None:
            return [], self._element(into)
        if self.parse_optional_punctuation("]") is not None:
            return [0], False
        first = self._nested(into)
        count = 1
        while self.parse_optional_punctuation(",") is not None:
            start = self.pos
            if self._nested(into) != first:
                self.raise_error(
                    "this entry's shape is not that of the entries before", start, self.pos
                )
            count += 1
        self.parse_punctuation("]", " in dense literal")
        shape, pairs = first
        return [count, *shape], pairs

    def _element(self, into: list[Number]) -> bool:
        if self.parse_optional_punctuation("(") is None:
            into.append(self.number())
            return False
        into.append(self.number())
        self.parse_punctuation(",", " in complex number")
        into.append(self.number())
        self.parse_punctuation(")", " in complex number")
        return True

    def _elements(
        self, numbers: list[Number], pairs: bool, type: Attribute, start: int, end: int
    ) -> bytes:
        if numbers and isinstance(type, ComplexType) != pairs:
            written = "pairs" if pairs else "single numbers"
            self.raise_error(f"the literal has {written}, but elements are {type}", start, end)
        scalar = scalar_type(type)
        if len(numbers) * storage_size(scalar) > _MOST_LISTED:
            self.raise_error(
                f"a list of more than {_MOST_LISTED >> 20} MiB of elements", start, end
            )
        return self.elements(numbers, scalar)


def _shape_fault(shape: list[int] | None, numbers: int, type: DenseType) -> str | None:
    """What is wrong with a literal's shape (none: ``dense<>``, empty: one element for all)."""
    expected = list(type.get_shape())
    if shape is None or (not numbers and shape == expected):
        return None if 0 in expected else f"no elements for {type}"
    if shape and shape != expected:
        return f"the literal's shape {shape} is not its type's {expected}"
    return None
