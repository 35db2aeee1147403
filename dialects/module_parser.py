"""The parser of whole modules: xDSL's, with positions kept and its gaps closed."""

from __future__ import annotations

import re
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import UNKNOWN_LOC, LocationAttr, ModuleOp
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue, TypeAttribute
from xdsl.irdl import IRDLOperation, OptPropertyDef, VerificationContext
from xdsl.parser import ParserState, UnresolvedOperand
from xdsl.traits import IsolatedFromAbove
from xdsl.utils.exceptions import ParseError, VerifyException
from xdsl.utils.lexer import Input, Position, Span
from xdsl.utils.mlir_lexer import MLIRLexer, MLIRToken, MLIRTokenKind

from dialects.attribute_parser import AttributeParser
from dialects.long_literal import LiteralStore, LongLiteral, literal_of
from dialects.unknown_ops import UnknownOp

_BLOB = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


_DEFINITIONS = frozenset(("func.func", "func.call", "util.global", "util.global.load"))
"""Operations that define symbols, or name one."""

_HOLDERS = frozenset(("stablehlo.constant", "arith.constant", "constant", "util.global"))
"""Operations that have a constant and never look at its elements."""

_IN_LOCATION = r'[^()"/\n]|"(?:[^"\\\n]|\\.)*+"'
LOCATION_ALIAS = re.compile(
    rf"#loc\d*+[ \t]*=[ \t]*loc\((?:{_IN_LOCATION}|\((?:{_IN_LOCATION})*+\))*+\)[ \t\r]*+(?:\n|\Z)",
    re.ASCII,
)
"""A line that defines a debug location, of which there may be one for every operation."""

_TENSOR = re.compile(r"tensor<(?:(?:\d+|\?)x)*[a-z]\w*>", re.ASCII)
"""A type whose text is all of it, without blanks and aliases."""

_MOST_DIGITS = 4000
"""Python refuses to convert more than 4300, with an error that has no place."""


MOST_TOKENS = 1 << 19
"""Of an operation without those in its regions, or of a definition beside operations."""

MOST_IN_ALIAS = 1 << 14
"""Of the definition of an alias, those that it uses expanded."""

_OF_A_NUMBER = 8
"""Tokens that an integer or float attribute counts for: it takes as long to make."""

_LONGEST_SHAPE = 4096
_SHAPE = re.compile(r"x\d", re.ASCII)


class _Lexer(MLIRLexer):
    """xDSL's lexer takes exponential time for a string that nobody closes."""

    tokens = 0
    """So many of the operation that is being read."""

    def lex(self) -> MLIRToken:
        self.tokens += 1
        if self.tokens > MOST_TOKENS:
            message = f"an operation or definition too long: {MOST_TOKENS} tokens, or numbers for 8"
            raise ParseError(Span(self.pos, self.pos + 1, self.input), message)
        return super().lex()

    _unescaped_characters_regex = re.compile(r'"(?:[^"\\\n\v\f]++|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*+"')

    def _check_first(self, token: MLIRToken) -> None:
        """Letters and digits of other scripts are none; xDSL takes them for such."""
        first = self.input.content[token.span.start]
        if not first.isascii():
            end = token.span.start + 1
            raise ParseError(
                Span(token.span.start, end, self.input), f"Unexpected character: {first}"
            )

    def _lex_bare_identifier(self, start_pos: Position) -> MLIRToken:
        token = super()._lex_bare_identifier(start_pos)
        self._check_first(token)
        # A shape is such a token, of which xDSL takes one dimension and lexes the rest again.
        if len(token.span) > _LONGEST_SHAPE and _SHAPE.match(self.input.content, start_pos):
            raise ParseError(token.span, f"a shape of more than {_LONGEST_SHAPE} characters")
        return token

    def _lex_prefixed_ident(self, start_pos: Position) -> MLIRToken:
        token = super()._lex_prefixed_ident(start_pos)
        if len(token.span) > _MOST_DIGITS and token.text[1:].isdecimal():
            raise ParseError(token.span, f"a number of more than {_MOST_DIGITS} digits")
        return token

    def _lex_number(self, start_pos: Position) -> MLIRToken:
        token = super()._lex_number(start_pos)
        self._check_first(token)
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
        self._lexer = _Lexer(Input(input, name))
        self._lexer.pos = start
        self._parser_state = ParserState(self._lexer)
        self.literals = literals
        self.offsets = {}
        self._uses: dict[str, Span] = {}
        self._op_name = ""
        self._tensors: dict[str, TypeAttribute | None] = {}
        self.alias_tokens: dict[str, int] = {}
        """What each alias stands for."""

    def parse_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """The module of the text; xDSL refuses one without operations, which upstream takes."""
        if self._current_token.kind is MLIRTokenKind.EOF:
            return ModuleOp([])
        return super().parse_module(allow_implicit_module)

    def parse_operation(self) -> Operation:
        start = self.pos
        outer, self._lexer.tokens = self._lexer.tokens, 0
        op = super().parse_operation()
        self._lexer.tokens = outer
        self.offsets[op] = start
        if op.name in _DEFINITIONS and isinstance(op, IRDLOperation):
            self._check_properties(op, start)
        if self.forward_ssa_references and op.has_trait(IsolatedFromAbove):
            name = next(iter(self.forward_ssa_references))
            self.raise_error(f"%{name} is used, but not defined", self._uses[name])
        return op

    def _check_properties(self, op: IRDLOperation, start: int) -> None:
        """Refuses a definition without its properties, or with others than it can have.

        The generic form can say so; whatever looks for a symbol relies on them.
        """
        definition = op.get_irdl_definition()
        for name, declared in definition.properties.items():
            value = op.properties.get(name)
            try:
                if value is not None:
                    declared.constr.verify(value, VerificationContext())
                elif not isinstance(declared, OptPropertyDef):
                    raise VerifyException(f"the property {name} is missing")
            except VerifyException as error:
                message = f"{op.name}: {name}: {error}" if value else f"{op.name}: {error}"
                self.raise_error(message, start, self.pos)

    def parse_optional_builtin_int_or_float_attr(self) -> Any:
        found = super().parse_optional_builtin_int_or_float_attr()
        if found is not None:
            self._lexer.tokens += _OF_A_NUMBER
        return found

    def _parse_alias_def(self) -> None:
        start, token = self.pos, self._current_token
        self._lexer.tokens = 0
        content, end = self.lexer.input.content, start
        # A module may have one for every operation: each would be read as tokens twice.
        while (location := LOCATION_ALIAS.match(content, end)) is not None:
            end = location.end()
        if end > start:
            self._resume_from(end)
            return
        super()._parse_alias_def()
        self.alias_tokens[token.text] = self._lexer.tokens
        if self._lexer.tokens > MOST_IN_ALIAS:
            message = f"an alias for more than {MOST_IN_ALIAS} tokens, or numbers for 8"
            self.raise_error(message, start, token.span.end)

    def _parse_extended_type_or_attribute(self, attr_or_dialect_name: str, is_type: bool) -> Any:
        # Aliases of aliases can stand for more than any memory holds.
        name = f"{'!' if is_type else '#'}{attr_or_dialect_name}"
        self._lexer.tokens += self.alias_tokens.get(name, 0)
        extended: Any = super()._parse_extended_type_or_attribute
        return extended(attr_or_dialect_name, is_type)

    def _parse_file_metadata_dictionary(self) -> None:
        self._lexer.tokens = 0
        super()._parse_file_metadata_dictionary()

    def _parse_optional_block_arg_list(self, block: Block) -> Block | None:
        """The arguments of a block; xDSL makes all of them anew for each one."""
        if self._current_token.kind is not MLIRTokenKind.L_PAREN:
            return None
        arguments: list[BlockArgument] = []

        def argument() -> None:
            name = self._parse_token(MLIRTokenKind.PERCENT_IDENT, "block argument expected").span
            self.parse_punctuation(":")
            type = self.parse_attribute()
            location = self.parse_optional_location() or UNKNOWN_LOC
            arguments.append(BlockArgument(type, block, len(arguments), location))
            self._register_ssa_definition(name.text[1:], (arguments[-1],), name)

        self.parse_comma_separated_list(self.Delimiter.PAREN, argument)
        block._args = tuple(arguments)  # pyright: ignore[reportPrivateUsage]
        return block

    def _parse_op_result(self) -> tuple[Span, int]:
        span, size = super()._parse_op_result()
        if not size:
            self.raise_error(f"{span.text} names no result; it takes at least 1", span)
        return span, size

    def resolve_operand(self, operand: UnresolvedOperand, type: Attribute) -> SSAValue:
        name = operand.operand_name
        if name not in self.ssa_values:
            self._uses.setdefault(name, operand.span)
        return super().resolve_operand(operand, type)

    def parse_optional_location(self) -> LocationAttr | None:
        start = self._current_token.span
        if self.parse_optional_keyword("loc") is None:
            return None
        self.parse_punctuation("(")
        depth = 1
        while depth:
            token = self._consume_token()
            if token.kind is MLIRTokenKind.EOF:
                self.raise_error("this location has no end", start)
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
    # Upstream writes 0 for a blob without data.
    is_empty = literal is None and len(blob) == len("0x00000000")
    if number.bit_count() != 1 and (number or not is_empty):
        return f"must have a power of two for its alignment, not {number}"
    return None
