"""The parser of whole modules: xDSL's, with positions kept and its gaps closed."""

from __future__ import annotations

import re

from xdsl.context import Context
from xdsl.dialects.builtin import UNKNOWN_LOC, LocationAttr, ModuleOp
from xdsl.ir import Attribute, Operation, SSAValue, TypeAttribute
from xdsl.parser import ParserState, UnresolvedOperand
from xdsl.traits import IsolatedFromAbove
from xdsl.utils.exceptions import ParseError
from xdsl.utils.lexer import Input, Position, Span
from xdsl.utils.mlir_lexer import MLIRLexer, MLIRToken, MLIRTokenKind

from dialects.attribute_parser import AttributeParser
from dialects.long_literal import LiteralStore, LongLiteral, literal_of
from dialects.unknown_ops import UnknownOp

_BLOB = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


_HOLDERS = frozenset(("stablehlo.constant", "arith.constant", "constant", "util.global"))
"""Operations that have a constant and never look at its elements."""

_TENSOR = re.compile(r"tensor<(?:(?:\d+|\?)x)*[a-z]\w*>", re.ASCII)
"""A type whose text is all of it, without blanks and aliases."""

_MOST_DIGITS = 4000
"""Python refuses to convert more than 4300, with an error that has no place."""


class _Lexer(MLIRLexer):
    """xDSL's lexer takes exponential time for a string that nobody closes."""

    _unescaped_characters_regex = re.compile(r'"(?:[^"\\\n\v\f]++|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*+"')

    def _lex_number(self, start_pos: Position) -> MLIRToken:
        token = super()._lex_number(start_pos)
        if len(token.span) > _MOST_DIGITS:
            raise ParseError(token.span, f"a number of more than {_MOST_DIGITS} digits")
        return token


class ModuleParser(AttributeParser):
    """Remembers where every operation stands, and skips debug locations.

    xDSL lets a value that one function uses and does not define be defined by a later function;
    here that is an error at the use.
    """

    offsets: dict[Operation, int]
    """Where the text of each operation begins, its results included."""

    def __init__(
        self,
        ctx: Context,
        input: str,
        name: str,
        start: int = 0,
        literals: LiteralStore | None = None,
    ) -> None:
        """``start`` is where in ``input`` the reading begins."""
        super().__init__(ctx, "", name)
        lexer = _Lexer(Input(input, name))
        lexer.pos = start
        self._parser_state = ParserState(lexer)
        self.literals = literals
        self.offsets = {}
        self._uses: dict[str, Span] = {}
        self._op_name = ""
        self._tensors: dict[str, TypeAttribute | None] = {}

    def parse_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """The module of the text; xDSL refuses one without operations, which upstream takes."""
        if self._current_token.kind is MLIRTokenKind.EOF:
            return ModuleOp([])
        return super().parse_module(allow_implicit_module)

    def parse_operation(self) -> Operation:
        start = self.pos
        op = super().parse_operation()
        self.offsets[op] = start
        if self.forward_ssa_references and op.has_trait(IsolatedFromAbove):
            name = next(iter(self.forward_ssa_references))
            self.raise_error(f"%{name} is used, but not defined", self._uses[name])
        return op

    def resolve_operand(self, operand: UnresolvedOperand, type: Attribute) -> SSAValue:
        name = operand.operand_name
        if name not in self.ssa_values:
            self._uses.setdefault(name, operand.span)
        return super().resolve_operand(operand, type)

    def parse_optional_location(self) -> LocationAttr | None:
        if self.parse_optional_keyword("loc") is None:
            return None
        self.parse_punctuation("(")
        depth = 1
        while depth:
            token = self._consume_token()
            if token.kind is MLIRTokenKind.EOF:
                self.raise_error("this location has no end", token.span)
            depth += (token.kind is MLIRTokenKind.L_PAREN) - (token.kind is MLIRTokenKind.R_PAREN)
        return UNKNOWN_LOC

    def _parse_single_dialect_resources(self) -> None:
        start = self.pos
        super()._parse_single_dialect_resources()
        for (dialect, key), blob in self.resources.items():
            fault = (
                _blob_fault(blob, literal_of(f'"{blob}"', self.literals))
                if dialect == "builtin"
                else "belongs to an unknown dialect"
            )
            if fault is not None:
                at = max(start, self.lexer.input.content.find(key, start, self.pos))
                self.raise_error(f"the resource {key} {fault}", at, at + len(key))

    def _parse_external_resources(self) -> None:
        """Reads over what tools leave for themselves (``mlir_reproducer``); it is not kept."""

        def entry() -> None:
            self.parse_identifier_or_str_literal()
            self.parse_punctuation(":")
            if self.parse_optional_str_literal() is None:
                self.parse_integer()

        def tool() -> None:
            self.parse_identifier_or_str_literal()
            self.parse_punctuation(":")
            self.parse_comma_separated_list(self.Delimiter.BRACES, entry)

        self.parse_comma_separated_list(self.Delimiter.BRACES, tool)

    def _get_op_by_name(self, name: str) -> type[Operation]:
        stack = self._parser_state.dialect_stack
        op = self.ctx.get_optional_op(name, dialect_stack=stack)
        if op is None or issubclass(op, UnknownOp):
            content = self.lexer.input.content
            start = content.rfind(name, 0, self.pos)
            if op is None or content[start - 1] != '"':
                more = "" if op is None else "; of an unknown dialect only the generic form is read"
                self.raise_error(f"unknown operation '{name}'{more}", start, start + len(name))
        self._op_name = name
        return op

    def parse_optional_type(self) -> TypeAttribute | None:
        """A type; one that was read before in the same words is not read again."""
        token = self._current_token
        if token.kind is not MLIRTokenKind.BARE_IDENT or token.text != "tensor":
            return super().parse_optional_type()
        text = _TENSOR.match(self.lexer.input.content, token.span.start)
        if text is None:
            return super().parse_optional_type()
        known = self._tensors.get(text[0])
        if known is None:
            known = self._tensors[text[0]] = super().parse_optional_type()
        else:
            self._resume_from(text.end())
        return known

    def holds_literals(self) -> bool:
        # Other operations' rules read the elements.
        return self._op_name in _HOLDERS


def _blob_fault(blob: str, literal: LongLiteral | None) -> str | None:
    """What is wrong with a resource: 4 bytes, the alignment, then the data, in hexadecimal."""
    well_formed = literal.valid if literal is not None else _BLOB.fullmatch(blob)
    if literal is not None:
        blob = f"0x{literal.head}"
    if not well_formed:
        return "must be a string of hexadecimal digits, two a byte, after 0x"
    alignment = bytes.fromhex(blob[2:10])
    if len(alignment) < 4:
        return "must begin with 4 bytes, its alignment"
    number = int.from_bytes(alignment, "little")
    if number.bit_count() != 1:
        return f"must have a power of two for its alignment, not {number}"
    return None
