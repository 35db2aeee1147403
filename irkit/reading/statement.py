"""One operation of a function's body, read alone by xDSL's parser.

What it reads from outside stands in for itself: each place that names an outer value gets a value
of its own, so that places and operands can be told apart when the text serves as a pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from xdsl.context import Context
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.utils.lexer import Span
from xdsl.utils.mlir_lexer import MLIRTokenKind

from dialects.long_literal import LiteralStore, LongLiteral
from dialects.module_parser import ModuleParser


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a value from outside."""

    type: Attribute | None
    """None if it is not known."""
    origin: Operation | None = None
    """The constant that it is, if that is known."""


Outer = Callable[[str], Sequence[Known] | None]
"""The values that a name from outside stands for."""


@dataclass(eq=False)
class OuterValue(SSAValue[Any]):
    """Stands for a value from outside at one of the places where it is read."""

    origin: Operation | Block
    asked: bool = False
    """Whether somebody wanted to know where the value comes from."""

    @property
    def owner(self) -> Operation | Block:
        self.asked = True
        return self.origin


@dataclass(slots=True)
class Use:
    """A place where a statement reads a value from outside itself."""

    position: int
    """Of the ``%`` in the text."""
    name: str
    index: int
    value: OuterValue
    known: bool
    """Whether the value is defined before the statement."""


@dataclass(slots=True)
class Definition:
    """A name that a statement defines."""

    position: int
    name: str
    values: Sequence[SSAValue]


@dataclass(slots=True)
class Header:
    """The beginning of an operation whose region is read in pieces."""

    end: int
    """Behind the region's brace."""
    arguments: list[Definition] = field(default_factory=lambda: list[Definition]())


class StatementParser(ModuleParser):
    """Reads operations that stand in a body which is not read as a whole."""

    def __init__(
        self,
        ctx: Context,
        text: str,
        name: str,
        start: int,
        literals: LiteralStore | None,
        outer: Outer,
        *,
        header: bool = False,
    ) -> None:
        super().__init__(ctx, text, name, start, literals)
        self._outer = outer
        self._nowhere = Block()
        self._wants_header = header
        self.header: Header | None = None
        """Where the region begins, if the operation was read up to there."""
        self.uses: list[Use] = []
        self.definitions: list[Definition] = []
        self.elements: set[int] = set()
        """The literals, by number, that are the elements of constants and were not looked into."""

    def take_literal(self) -> LongLiteral | None:
        literal = super().take_literal()
        if literal is not None:
            self.elements.add(literal.number)
        return literal

    def whole_literal(self, literal: LongLiteral) -> str:
        self.elements.discard(literal.number)
        return super().whole_literal(literal)

    @property
    def at_end(self) -> bool:
        """Whether the text is used up."""
        return self._current_token.kind is MLIRTokenKind.EOF

    def resolve_operand(self, operand: UnresolvedOperand, type: Any) -> SSAValue[Any]:
        name = operand.operand_name
        if name in self.ssa_values or name in self.forward_ssa_references:
            return super().resolve_operand(operand, type)
        found = self._outer(name)
        if found is None:
            return super().resolve_operand(operand, type)
        if operand.index >= len(found):
            self.raise_error(
                "SSA value tuple index out of bounds. "
                f"Tuple is of size {len(found)} but tried to access element {operand.index}.",
                operand.span,
            )
        outer = found[operand.index]
        expected = outer.type
        if expected is not None and expected != type:
            self.raise_error(
                f"operand is used with type {type}, but has been "
                f"previously used or defined with type {expected}",
                operand.span,
            )
        value = OuterValue(type, self._nowhere if outer.origin is None else outer.origin)
        known = expected is not None
        self.uses.append(Use(operand.span.start, name, operand.index, value, known))
        return value

    def forward_uses(self) -> dict[SSAValue, tuple[str, int]]:
        """The values that nothing defines yet, by name and index.

        Those that xDSL puts there cannot be asked where they come from; others take their place.
        """
        found: dict[SSAValue, tuple[str, int]] = {}
        for name, references in self.forward_ssa_references.items():
            for index, value in references.items():
                outer = OuterValue(value.type, self._nowhere)
                value.replace_all_uses_with(outer)
                found[outer] = (name, index)
        return found

    def first_use(self, name: str) -> int:
        """Where a name that nothing defines is read first."""
        return self._uses[name].start

    def _register_ssa_definition(self, name: str, values: Sequence[SSAValue], span: Span) -> None:
        found = self._outer(name)
        if found is not None and (not found or found[0].type is not None):
            self.raise_error(f"SSA value %{name} is already defined", span)
        super()._register_ssa_definition(name, values, span)
        self.definitions.append(Definition(span.start, name, values))

    def parse_optional_region(self, arguments: Iterable[Parser.Argument] | None = None) -> Any:
        if not self._wants_header or self._current_token.kind is not MLIRTokenKind.L_BRACE:
            return super().parse_optional_region(arguments)
        self._wants_header = False
        self.header = Header(self._current_token.span.end)
        given = list(arguments or ())
        block = Block(arg_types=[argument.type for argument in given])
        for value, argument in zip(block.args, given, strict=True):
            name = argument.name.text[1:]
            self._register_ssa_definition(name, (value,), argument.name)
            self.header.arguments.append(self.definitions.pop())
        return Region(block)

    def parse_statement(self, inside: bool = False) -> Operation:
        """The operation that begins where the parser was started, ``inside`` a region or not."""
        op = self.parse_optional_operation()
        if op is None:
            if inside:
                self._parse_token(MLIRTokenKind.CARET_IDENT, " in block definition")
            self.raise_error("Could not parse entire input!")
        return op

    def enter_dialect(self, name: str) -> None:
        """Lets operations of this dialect be written without its name."""
        self._parser_state.dialect_stack.append(name)

    def parse_alias_definition(self) -> dict[str, Attribute]:
        """Reads ``#name = ...`` or ``!name = ...``: what is to be added to the aliases."""
        known = self.attribute_aliases
        name = self._current_token.text
        self._parse_alias_def()
        return {name: known.pop(name)} if name in known else {}

    def parse_metadata(self) -> None:
        """Reads ``{-# ... #-}``."""
        self._parse_file_metadata_dictionary()
