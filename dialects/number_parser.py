"""Reading numbers as upstream does: what is written is kept until its type is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, TypeVar

from xdsl.dialects.builtin import IndexType, IntegerType, Signedness
from xdsl.ir import Attribute
from xdsl.parser import AttrParser
from xdsl.utils.mlir_lexer import MLIRTokenKind

from dialects.element_storage import storage_size
from dialects.float_text import FLOAT_FORMATS, float_bits

ParserT = TypeVar("ParserT", bound="NumberParser")


@dataclass(frozen=True, slots=True)
class Number:
    """One number as it is written, and where."""

    text: str
    kind: MLIRTokenKind
    negative: bool
    start: int
    end: int

    @property
    def hexadecimal(self) -> bool:
        """Whether it gives bits rather than a decimal value."""
        return self.text[:2] in ("0x", "0X")


class NumberParser(AttrParser):
    """The grammar of numbers, on the token stream of another parser."""

    @classmethod
    def sharing(cls: type[ParserT], parser: AttrParser) -> ParserT:
        """A parser that reads on where ``parser`` stands and leaves it after what it read."""
        return cls(
            parser._parser_state, parser.ctx, parser.attribute_aliases, parser.dialect_resources
        )

    def optional_number(self) -> Number | None:
        """A number, ``true`` or ``false``, if the next token starts one."""
        start = self.pos
        negative = self.parse_optional_punctuation("-") is not None
        token = self._current_token
        boolean = token.kind is MLIRTokenKind.BARE_IDENT and token.text in ("true", "false")
        number = token.kind in (MLIRTokenKind.INTEGER_LIT, MLIRTokenKind.FLOAT_LIT)
        if negative and not number:
            self.raise_error("expected integer or floating point literal after '-'")
        if not number and not boolean:
            return None
        self._consume_token()
        return Number(token.text, token.kind, negative, start, token.span.end)

    def number(self) -> Number:
        """A number, ``true`` or ``false``."""
        found = self.optional_number()
        if found is None:
            self.raise_error("expected integer or floating point literal")
        return found

    def numbers(self) -> list[Number]:
        """A comma-separated list of at least one number."""
        found = [self.number()]
        while self.parse_optional_punctuation(",") is not None:
            found.append(self.number())
        return found

    def elements(self, numbers: list[Number], type: Attribute) -> bytes:
        """The numbers as raw little-endian elements of the type."""
        size = storage_size(type)
        return b"".join([self.bits(n, type).to_bytes(size, "little") for n in numbers])

    def bits(self, number: Number, type: Attribute) -> int:
        """The bits of the number in the given integer, index or float type.

        Raises ``ParseError`` at the number where upstream does not admit it for the type.
        """
        match type:
            case IntegerType():
                return self.integer(number, type) & (1 << type.width.data) - 1
            case IndexType():
                return self.integer(number, type) & (1 << 64) - 1
            case _:
                return self._float(number, type)

    def refuse(self, number: Number, message: str) -> NoReturn:
        """Raises ``ParseError`` at the number."""
        self.raise_error(message, number.start, number.end)

    def integer(self, number: Number, type: Attribute) -> int:
        """The value of a number of an integer or index type; errors as for :meth:`bits`."""
        width, signedness = 64, Signedness.SIGNED
        match type:
            case IntegerType():
                width, signedness = type.width.data, type.signedness.data
            case _:
                pass
        if number.kind is MLIRTokenKind.FLOAT_LIT:
            self.refuse(number, f"expected an integer of type {type}, got a floating point one")
        if number.kind is MLIRTokenKind.BARE_IDENT:
            if width != 1:
                self.refuse(number, f"'true' and 'false' are of type i1, not {type}")
            return int(number.text == "true")
        if number.negative and signedness is Signedness.UNSIGNED:
            self.refuse(number, f"expected an unsigned integer of type {type}, got a negative one")
        value = int(number.text, 16 if number.hexadecimal else 10)
        if number.negative and not value:
            self.refuse(number, f"-0 is out of range for type {type}")
        value = -value if number.negative else value
        most = (1 << width - (signedness is Signedness.SIGNED and width > 0)) - 1
        if not -(1 << width >> 1) <= value <= most:
            self.refuse(number, f"integer {value} is out of range for type {type}")
        return value

    def _float(self, number: Number, type: Attribute) -> int:
        format = FLOAT_FORMATS[type.name]
        if number.kind is MLIRTokenKind.BARE_IDENT:
            self.refuse(number, f"expected a floating point literal of type {type}")
        if number.kind is MLIRTokenKind.FLOAT_LIT:
            value = float(number.text)
            return float_bits(-value if number.negative else value, format)
        if not number.hexadecimal:
            self.refuse(number, f"decimal integer for type {type}: add a trailing dot")
        if number.negative:
            self.refuse(number, "a hexadecimal float literal has no leading minus")
        bits = int(number.text, 16)
        if bits >> format.width:
            self.refuse(number, f"hexadecimal float constant is out of range for type {type}")
        return bits
