"""Reading a module from its beginning to its end, one statement at a time.

A statement whose pattern was seen before is not parsed again (see :mod:`irkit.reading.pattern`);
any other is parsed alone and verified. Memory is what the functions' values take, a few bytes
each, whatever the length of literals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Operation, SSAValue

from dialects.diagnostics import Diagnostic, ReadError, SourceText
from dialects.func import FuncOp
from dialects.known_dialects import reading_context
from dialects.long_literal import LongLiteral
from dialects.module_parser import LOCATION_ALIAS
from dialects.reader import operation_faults, place, read
from dialects.structure import structural_faults
from irkit.reading.body import BodyReader
from irkit.reading.condense import CondensedText
from irkit.reading.endings import MOST_FAULTS, EndOfReadingError, UnfollowedError
from irkit.reading.events import (
    Event,
    FunctionEnd,
    FunctionStart,
    ModuleEnd,
    ModuleLevel,
    ModuleStart,
    Resources,
)
from irkit.reading.lines import Lines
from irkit.reading.pattern import Signature, kind_of, literal_numbers
from irkit.reading.statement import Outer, StatementParser
from irkit.reading.stores import FileLiterals
from irkit.reading.symbols import Symbols, uses_in
from irkit.reading.type_numbers import TypeNumbers
from passes.bounded_cache import BoundedCache

DEEPEST = 128
"""Modules in modules."""

MOST_LINES = 1 << 12
"""Lines that are looked through for the end of an operation; a parser may ask for more."""

_MORE_LINES = 1 << 17
"""As ``MOST_LINES``, where a parser has asked; the reading may end there."""

LONGEST_STATEMENT = 1 << 25
"""Characters of one operation with its regions, long literals left out."""

Describe = Callable[[Operation, Sequence[SSAValue], Sequence[LongLiteral]], Any]
"""What to remember of a new signature, from the operation, the values that stand for the places
where its text reads one, and its literals."""

_MODULES = ("module", "builtin.module")
_WHOLE = ('"builtin.module"', '"func.func"')


class ModuleReader:
    """Reads one module from a seekable file.

    ``faults`` grows as the text is read. ``describe`` is called once for each new signature.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        *,
        describe: Describe | None = None,
        verify: bool = True,
        digest: bool = False,
        allow_unregistered: bool = False,
    ) -> None:
        self.name = name
        self.faults: list[Diagnostic] = []
        self.verify = verify
        self.describe = describe
        self.condensed = CondensedText(file, name, digest=digest)
        self.literals = FileLiterals(file, self.condensed.literals)
        self.lines = Lines(iter(self.condensed), name)
        self.context = reading_context(allow_unregistered=allow_unregistered)
        self.types = TypeNumbers()
        self.plain: BoundedCache[str, Signature] = BoundedCache()
        self.regions: BoundedCache[str, Signature] = BoundedCache()
        self.prefixes: BoundedCache[str, bool] = BoundedCache()
        """Patterns of lines that begin a statement of more lines."""
        self.symbols = Symbols(self)
        self._entered = Diagnostic(name, 1, 1, "")
        """Where the last operation beside statements stands."""
        self._depth = 0
        """Modules that the reading is inside of."""
        self._aliases: dict[str, Attribute] = {}
        self._alias_tokens: dict[str, int] = {}

    # -- what statements share ---------------------------------------------------------------

    def parser(
        self,
        source: SourceText,
        outer: Outer,
        *,
        header: bool = False,
        inside: str = "builtin",
    ) -> StatementParser:
        """A parser that begins at the current place, in an operation of the dialect ``inside``."""

        def make() -> StatementParser:
            return StatementParser(
                self.context,
                source.text,
                self.name,
                self.lines.column,
                self.literals,
                outer,
                header=header,
            )

        parser = read(source, make)
        parser.attribute_aliases = self._aliases
        parser.alias_tokens = self._alias_tokens
        parser.enter_dialect(inside)
        return parser

    def report(self, fault: Diagnostic) -> None:
        """Adds a fault; raises ``EndOfReadingError`` after too many."""
        self.faults.append(fault)
        if len(self.faults) >= MOST_FAULTS:
            message = f"{MOST_FAULTS} errors; no more are looked for"
            self.faults.append(Diagnostic(self.name, fault.line, fault.column, message))
            raise EndOfReadingError

    def take_literals(self, text: str) -> list[LongLiteral]:
        """The literals of a statement, which the reader then forgets."""
        return [self.condensed.literals.pop(number) for number in literal_numbers(text)]

    def parse(
        self,
        parse: Callable[[StatementParser], Any],
        outer: Outer = lambda name: None,
        *,
        header: bool = False,
        inside: str = "builtin",
    ) -> tuple[Any, StatementParser, SourceText]:
        """What ``parse`` makes of the text at the current place, which is given as much as it asks.

        Raises ``ReadError``.
        """
        count = self.lines.header() if header else self.lines.statement(MOST_LINES) + 3
        while True:
            complete = not self.lines.has(count)
            source = self.lines.source(count)
            parser: StatementParser | None = None
            failure: ReadError | None = None
            result: Any = None
            try:
                parser = self.parser(source, outer, header=header, inside=inside)
                result = read(source, partial(parse, parser), parser)
            except ReadError as error:
                failure = error
            # At the end of what it was given, the parser may have wanted more; no token does.
            if complete or parser is None or not parser.at_end:
                if failure is not None or parser is None:
                    raise failure or AssertionError("a parser or a failure")
                return result, parser, source
            if len(source.text) > LONGEST_STATEMENT:
                message = f"an operation of more than {LONGEST_STATEMENT >> 20} MiB"
                raise ReadError(source.diagnostic(self.lines.column, message))
            count = max(4 * count, self.lines.balanced(_MORE_LINES) + 3)

    def go_to(self, source: SourceText, offset: int) -> None:
        """Moves to an offset of what was parsed at the current place."""
        line = source.text.count("\n", 0, offset)
        start = source.text.rfind("\n", 0, offset) + 1
        self.lines.index += line
        self.lines.column = 0 if source.text[start:offset].isspace() else offset - start

    def check(self, op: Operation, parser: StatementParser, source: SourceText) -> None:
        """Reports the faults that the operation's own rules find."""
        if self.verify:
            for fault in operation_faults(op):
                self.report(source.diagnostic(place(fault[0], parser.offsets, source), fault[1]))

    # -- the module --------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Event]:
        """The events of the text.

        Raises ``ReadError`` where the text cannot be read on, after which ``faults`` has what was
        found before; and :class:`UnfollowedError`.
        """
        lines = self.lines
        while lines.skip_blank():
            text = lines.rest().lstrip()
            kind = kind_of(text)
            if kind == "}":
                if not self._depth:
                    raise self.unfollowed("Could not parse entire input!", fault=True)
                self._depth -= 1
                self.symbols.leave()
                self._go_past("}")
                self._skip_location()
                yield ModuleEnd()
            elif kind in _MODULES or kind == "func.func":
                op, arguments, source, parser = self._header()
                yield from self._enter(op, arguments, source, parser)
                self._depth += isinstance(op, ModuleOp) and arguments is not None
            elif text.startswith("{-#"):
                yield self._metadata()
            elif kind in ("#", "!"):
                self._alias(text)
            elif text.startswith(_WHOLE):
                raise self.unfollowed("a module or function in the generic form")
            else:
                yield self._module_level()
        if self._depth:
            raise self.unfollowed("the text ends inside a module", fault=True)
        self.symbols.leave()

    def unfollowed(self, message: str, *, fault: bool = False) -> UnfollowedError:
        """What to raise at the current place."""
        lines = self.lines
        source = lines.source(1)
        blank = len(source.text) - len(source.text[lines.column :].lstrip())
        return UnfollowedError(source.diagnostic(blank, message), fault=fault)

    def unfollowed_entry(self, message: str) -> UnfollowedError:
        """What to raise of the module, function or operation beside them that was read last."""
        return UnfollowedError(replace(self._entered, message=message))

    def _go_past(self, token: str) -> None:
        """Moves behind a token on the current line."""
        lines = self.lines
        line = lines.lines[lines.index]
        lines.column = line.index(token, lines.column) + len(token)

    def _skip_location(self) -> None:
        if self.lines.skip_blank() and kind_of(self.lines.rest()) == "loc":
            _, parser, source = self.parse(lambda p: p.parse_optional_location())
            self.go_to(source, parser.pos)

    def _header(self) -> tuple[Any, Any, SourceText, StatementParser]:
        op, parser, source = self.parse(lambda p: p.parse_statement(self._depth > 0), header=True)
        header = parser.header
        assert isinstance(op, ModuleOp | FuncOp)
        return op, header, source, parser

    def _enter(
        self, op: ModuleOp | FuncOp, header: Any, source: SourceText, parser: StatementParser
    ) -> Iterator[Event]:
        lines = self.lines
        start = lines.column
        at = place(op, parser.offsets, source)
        self._entered = source.diagnostic(at, "")
        self.symbols.define(op, source, at)
        if header is None:
            text = source.text[start : parser.pos]
            self.check(op, parser, source)
            self.go_to(source, parser.pos)
            yield ModuleLevel(op, self.take_literals(text))
            return
        self.check(op, parser, source)
        self.take_literals(source.text[start : header.end])
        if isinstance(op, ModuleOp):
            if self._depth >= DEEPEST:
                raise ReadError(source.diagnostic(at, "nested too deeply to be read"))
            if self.verify:
                for _, message in structural_faults(op):
                    self.report(source.diagnostic(at, message))
            self.symbols.enter()
            self._to_body(source, header.end)
            yield ModuleStart(op)
            return
        body = BodyReader(self, op, self._entered)
        for argument in header.arguments:
            body.values.define(
                argument.name, [self.types.number(value.type) for value in argument.values]
            )
        self._to_body(source, header.end)
        yield FunctionStart(op)
        yield from body.statements()
        self._go_past("}")
        self._skip_location()
        yield FunctionEnd()

    def _to_body(self, source: SourceText, offset: int) -> None:
        line = source.text.count("\n", 0, offset)
        self.lines.index += line
        self.lines.column = offset - (source.text.rfind("\n", 0, offset) + 1)
        if line:
            return
        if not self.lines.rest().strip():
            self.lines.advance(1)

    def _module_level(self) -> Event:
        start = self.lines.column
        op, parser, source = self.parse(lambda p: p.parse_statement(self._depth > 0))
        if parser.forward_ssa_references or parser.definitions or parser.uses:
            raise self.unfollowed("an operation with values outside a function")
        at = place(op, parser.offsets, source)
        self._entered = source.diagnostic(at, "")
        self.check(op, parser, source)
        if self.verify and op.regions:
            raise self.unfollowed("an operation with regions outside a function")
        self.symbols.define(op, source, at)
        for use, offset in uses_in(op, parser, source):
            self.symbols.use(use, *source.line_and_column(offset))
        text = source.text[start : parser.pos]
        self.go_to(source, parser.pos)
        return ModuleLevel(op, self.take_literals(text))

    def _alias(self, text: str) -> None:
        if LOCATION_ALIAS.fullmatch(text):
            # A debug location; there may be one for every operation, and none is kept.
            self.lines.advance(1)
            return
        added, parser, source = self.parse(lambda p: p.parse_alias_definition())
        self._aliases.update(added)
        self.go_to(source, parser.pos)

    def _metadata(self) -> Resources:
        _, parser, source = self.parse(lambda p: p.parse_metadata())
        self.go_to(source, parser.pos)
        return Resources(parser.resources, dict(self.condensed.literals))
