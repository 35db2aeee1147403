"""The statements of one function's body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.traits import IsolatedFromAbove, IsTerminator

from dialects.diagnostics import Diagnostic, ReadError, SourceText
from dialects.func import FuncOp
from dialects.reader import after_results, place
from dialects.structure import faults_of
from dialects.unknown_ops import may_end_block
from irkit.reading.endings import (
    MOST_FAULTS,
    EndOfReadingError,
    RefusedError,
    UnfollowedError,
)
from irkit.reading.events import Statement
from irkit.reading.pattern import (
    BLANKS,
    STARTS,
    Signature,
    balance,
    is_blank,
    kind_of,
    literal_numbers,
    plain_key,
    region_key,
    split,
)
from irkit.reading.statement import Known, StatementParser
from irkit.reading.symbols import uses_in
from irkit.reading.values import ValueTable

if TYPE_CHECKING:
    from irkit.reading.module_reader import ModuleReader
    from passes.bounded_cache import BoundedCache

_DEFINED = re.compile(r"\s*((?:%[\w$.-]+(?:\s*:\s*\d+)?[\s,]*)+)=(?!=)", re.ASCII)
_DEFINED_NAME = re.compile(r"%([\w$.-]+)(?:\s*:\s*(\d+))?", re.ASCII)
_TYPED = "123456789"
_ONE = (1,)
_MOST_LINES = 1 << 12


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A use of a name that is not defined yet."""

    index: int
    type: Attribute
    fault: Diagnostic
    """What is wrong if it is defined later."""
    missing: Diagnostic
    """What is wrong if it never is."""


class _Last(NamedTuple):
    """The last statement."""

    line: int
    text: str
    """Of its first line."""
    column: int
    name: str
    terminator: bool


class BodyReader:
    """Reads the statements up to the brace that ends the function."""

    def __init__(self, reader: ModuleReader, function: FuncOp, start: Diagnostic) -> None:
        self.values = ValueTable()
        self._reader = reader
        self._lines = reader.lines
        self._function = function
        self._start = start
        self._waiting: dict[str, list[_Waiting]] = {}
        self._last: _Last | None = None
        self._refused = False
        """Whether the last statement could not be read."""

    def statements(self) -> Iterator[Statement]:
        """The statements; afterwards the reader stands at the brace."""
        lines = self._lines
        plain, prefixes = self._reader.plain, self._reader.prefixes
        known = self._reader.condensed.literals
        while True:
            if lines.index + 1 >= len(lines.lines) and not lines.has(1) and not lines.has(0):
                raise self._reader.unfollowed("the text ends inside a function", fault=True)
            index = lines.index
            line = lines.lines[index]
            if not lines.column:
                parts = split(line)
                key = plain_key(parts)
                signature = plain.get(key)
                if signature is not None:
                    names = parts[1::2]
                    operands = self._match(signature, names, 1)
                    if operands is not None:
                        index = lines.index
                        number = lines.first + index
                        self._last = _Last(number, line, 0, signature.name, signature.ends)
                        literals = (
                            [known.pop(number) for number in literal_numbers(line)]
                            if signature.literals
                            else []
                        )
                        first = self._define(names, signature)
                        if signature.symbol_uses:
                            self._symbols(signature)
                        lines.index = index + 1
                        yield Statement(signature, operands, first, literals)
                        continue
                elif key in prefixes:
                    found = self._region()
                    if found is not None:
                        yield found
                        continue
            rest = lines.rest()
            if is_blank(rest):
                lines.advance(1)
                continue
            if rest.lstrip(BLANKS)[0] in "}^":
                break
            made = self._parse()
            if made is not None:
                yield made
        self._end()

    # -- statements whose pattern is known ---------------------------------------------------

    def _match(self, signature: Signature, names: list[str], count: int) -> list[int] | None:
        """The values at the uses, if the statement of ``count`` lines is one of the signature."""
        lines, values = self._lines, self.values
        at = lines.index + count
        after = lines.lines[at].lstrip() if at < len(lines.lines) else ""
        follows = "%" if after[:1] == "%" else lines.following(count)
        if follows not in signature.follows:
            return None
        for name in signature.defined(names):
            if values.find(name):
                return None
        numbers, types, bases = values.numbers, values.types, self._reader.types.bases
        size = len(numbers)
        operands: list[int] = []
        wanted = iter(signature.use_types)
        for name in signature.read(names):
            if name[0] in _TYPED and name.isdigit() and len(name) < 10:
                number = int(name)
                value = numbers[number] if number < size else 0
            else:
                value = values.find(name)
            operands.append(value)
        if signature.indices is not None:
            for k, index in enumerate(signature.indices):
                if index >= values.count(operands[k]):
                    return None
                operands[k] += index
        for value in operands:
            # 0 is no value, and its type is none.
            type, want = types[value], next(wanted)
            if type != want and (signature.exact or bases[type] != want):
                return None
        return operands

    def _define(self, names: Sequence[str], signature: Signature) -> int:
        """Gives names to the results; gives the first of them."""
        values = self.values
        first = len(values.types)
        counts = signature.results
        if counts == _ONE:
            values.define(names[0], signature.result_types)
        else:
            start = 0
            for name, count in zip(names, counts, strict=False):
                values.define(name, signature.result_types[start : start + count])
                start += count
        if self._waiting:
            for name in names[: len(counts)]:
                self._settle(name, self._lines.source(1), self._lines.column)
        return first

    def _region(self) -> Statement | None:
        """The statement of several lines at the current place, if its pattern is known."""
        lines, reader = self._lines, self._reader
        count = 0
        while True:
            more = lines.balanced_after(count)
            if not more:
                return None
            count += more
            text = "\n".join(lines.lines[lines.index : lines.index + count])
            key, names = region_key(split(text))
            signature = reader.regions.get(key)
            if signature is not None:
                break
            if key not in reader.prefixes:
                return None
        operands = self._match(signature, names, count)
        if operands is None:
            return None
        if any(self.values.find(names[k]) for k in signature.locals):
            return None
        first_line = lines.lines[lines.index]
        self._last = _Last(lines.number, first_line, 0, signature.name, signature.ends)
        literals = reader.take_literals(text)
        first = self._define(names, signature)
        self._symbols(signature)
        lines.advance(count)
        return Statement(signature, operands, first, literals)

    def _symbols(self, signature: Signature) -> None:
        lines = self._lines
        for use in signature.symbol_uses:
            line = lines.lines[lines.index + use.line]
            column = after_results(line, len(line) - len(line.lstrip()))
            self._reader.symbols.use(use, lines.number + use.line, column + 1)

    # -- statements that are parsed ----------------------------------------------------------

    def _outer(self, name: str) -> Sequence[Known] | None:
        values = self.values
        value = values.find(name)
        if not value:
            return None
        known = self._reader.types
        numbers = values.types[value : value + values.count(value)]
        return [Known(known.types[number], known.origins[number]) for number in numbers]

    def _parse(self) -> Statement | None:
        """Parses the statement at the current place; reports it if it is not one."""
        reader, lines = self._reader, self._lines
        place_of_it = lines.number, lines.lines[lines.index], lines.column
        extent = lines.balanced(_MOST_LINES)
        try:
            op, parser, source = reader.parse(
                lambda p: p.parse_statement(inside=True), self._outer, inside="func"
            )
        except ReadError as error:
            reader.report(error.diagnostic)
            if extent == _MOST_LINES:
                # Where it ends was not looked for any further.
                raise EndOfReadingError from None
            self._skip(extent)
            return None
        self._refused = False
        self._last = _Last(*place_of_it, op.name, may_end_block(op))
        nested = (inner for inner in op.walk() if inner is not op)
        if op.has_trait(IsolatedFromAbove) or any(n.has_trait(IsolatedFromAbove) for n in nested):
            raise reader.unfollowed("a module or function inside a function")
        if op.successors:
            raise reader.unfollowed("a function of several blocks")
        found = len(reader.faults)
        self._check(op, parser, source)
        made = self._finish(op, parser, source, clean=len(reader.faults) == found)
        # What reads a value before its definition is at fault, or read with the whole text.
        return None if parser.forward_ssa_references else made

    def _check(self, op: Operation, parser: StatementParser, source: SourceText) -> None:
        reader = self._reader
        used: set[SSAValue] = {use.value for use in parser.uses}
        forward = parser.forward_uses()
        if reader.verify:
            for fault in faults_of(op, used | set(forward)):
                reader.report(source.diagnostic(place(fault[0], parser.offsets, source), fault[1]))
        for inner in op.walk() if forward else ():
            for number, operand in enumerate(inner.operands):
                if operand not in forward:
                    continue
                name, index = forward[operand]
                message = f"{inner.name}: operand {number} is used before it is defined"
                at = place(inner, parser.offsets, source)
                missing = f"%{name} is used, but not defined"
                self._waiting.setdefault(name, []).append(
                    _Waiting(
                        index,
                        operand.type,
                        source.diagnostic(at, message),
                        source.diagnostic(parser.first_use(name), missing),
                    )
                )
        if sum(map(len, self._waiting.values())) > MOST_FAULTS:
            self._report_missing()
            raise EndOfReadingError
        block = self._function.body.blocks[0]
        block.add_op(op)
        reader.check(op, parser, source)
        op.detach()

    def _finish(
        self, op: Operation, parser: StatementParser, source: SourceText, *, clean: bool
    ) -> Statement:
        """Remembers what the statement says, and goes to the next one."""
        reader, lines = self._reader, self._lines
        start, end = lines.column, parser.pos
        text = source.text[start:end].rstrip()
        signature, operands = self._signature(op, parser, source)
        own = parser.definitions[len(parser.definitions) - len(signature.results) :]
        for use, offset in uses_in(op, parser, source):
            signature.symbol_uses.append(use)
            reader.symbols.use(use, *source.line_and_column(offset))
        literals = reader.take_literals(text)
        signature.literals = len(literals)
        if reader.describe is not None and not parser.forward_ssa_references:
            uses = [use.value for use in parser.uses]
            try:
                signature.facts = reader.describe(op, uses, literals)
            except RefusedError as error:
                at = place(op, parser.offsets, source)
                reader.report(source.diagnostic(at, str(error)))
        first = len(self.values.types)
        numbers = iter(signature.result_types)
        for definition in own:
            self.values.define(definition.name, [next(numbers) for _ in definition.values])
            if self._waiting:
                self._settle(definition.name, source, definition.position)
        whole = (
            clean
            and not start
            and not op.has_trait(IsTerminator)
            and not parser.forward_ssa_references
            and all(use.known for use in parser.uses)
            and len(own) == len(signature.results)
            # A literal anywhere else is part of what the statement says.
            and parser.elements.issuperset(literal.number for literal in literals)
        )
        reader.go_to(source, end)
        follows = kind_of(lines.rest()) if lines.has(0) else ""
        if op.has_trait(IsTerminator) and follows not in ("}", "^", ""):
            self._report_last("must be the last operation of its block")
        if whole and (not lines.column or not lines.has(0)):
            self._remember(op, text, parser, follows, signature)
        return Statement(signature, operands, first, literals)

    def _signature(
        self, op: Operation, parser: StatementParser, source: SourceText
    ) -> tuple[Signature, list[int]]:
        reader = self._reader
        parser.uses.sort(key=lambda use: use.position)
        operands = [self.values.find(use.name) + use.index for use in parser.uses]
        indices = [use.index for use in parser.uses]
        # Where a value comes from matters if somebody asked.
        exact = any(use.value.asked for use in parser.uses)
        types = [self.values.types[operand] for operand in operands]
        if not exact:
            types = [reader.types.bases[number] for number in types]
        groups: list[int] = []
        total = 0
        for definition in reversed(parser.definitions):
            if total == len(op.results):
                break
            groups.insert(0, len(definition.values))
            total += len(definition.values)
        signature = Signature(
            op.name,
            tuple(groups),
            reader.types.results(op) if groups else [],
            [],
            types,
            indices if any(indices) else None,
            [],
            [],
            0,
            exact,
            ends=may_end_block(op),
        )
        return signature, operands

    def _remember(
        self,
        op: Operation,
        text: str,
        parser: StatementParser,
        follows: str,
        signature: Signature,
    ) -> None:
        """Keeps the signature of a statement that stands on lines of its own."""
        reader = self._reader
        body = text
        while body and is_blank(body.rpartition("\n")[2]):
            body = body.rpartition("\n")[0]
        signature.follows.add(follows)
        parts = split(body)
        size = len(body) + 200
        if not op.regions and "\n" not in body:
            names = parts[1::2]
            if len(names) != len(signature.results) + len(parser.uses):
                return
            self._keep(reader.plain, plain_key(parts), signature, size)
            return
        key, names = region_key(parts)
        numbers = {name: number for number, name in enumerate(names)}
        own = len(signature.results)
        inner = parser.definitions[: len(parser.definitions) - own]
        if any(use.name not in numbers for use in parser.uses):
            return
        signature.uses = [numbers[use.name] for use in parser.uses]
        signature.locals = sorted({numbers[definition.name] for definition in inner})
        signature.numbered = True
        self._keep(reader.regions, key, signature, size)
        rows = body.split("\n")
        depth = 0
        for number, row in enumerate(rows[:-1]):
            depth += balance(row)
            if depth <= 0:
                part = split("\n".join(rows[: number + 1]))
                reader.prefixes.keep(region_key(part)[0], True, size)
        reader.prefixes.keep(plain_key(split(rows[0])), True, len(rows[0]) + 100)

    @staticmethod
    def _keep(
        cache: BoundedCache[str, Signature], key: str, signature: Signature, size: int
    ) -> None:
        known = cache.get(key)
        if known is not None and known.use_types == signature.use_types:
            # The same statement, with something else after it.
            known.follows |= signature.follows
            return
        cache.keep(key, signature, size)

    # -- what goes wrong ---------------------------------------------------------------------

    def _settle(self, name: str, source: SourceText, position: int) -> None:
        """Reports the uses that came before the definition of ``name``."""
        waiting = self._waiting.pop(name, None)
        if waiting is None:
            return
        types = [known.type for known in self._outer(name) or ()]
        for use in waiting:
            if use.index >= len(types):
                message = f"SSA value %{name} is referenced with an index larger than its size"
                self._reader.report(source.diagnostic(position, message))
            elif types[use.index] is not None and types[use.index] != use.type:
                message = (
                    f"Result %{name} is defined with type {types[use.index]}, "
                    f"but used with type {use.type}"
                )
                self._reader.report(source.diagnostic(position, message))
            elif self._reader.verify:
                self._reader.report(use.fault)
            else:
                raise UnfollowedError(use.fault)

    def _skip(self, extent: int) -> None:
        """Goes behind a statement that was refused, so that its results are known to be missing.

        Raises ``EndOfReadingError`` where the next statement cannot be told.
        """
        lines = self._lines
        text = "\n".join(lines.lines[lines.index : lines.index + extent])[lines.column :]
        defined = _DEFINED.match(text)
        if defined is not None:
            for match in _DEFINED_NAME.finditer(defined[1]):
                if not self.values.find(match[1]):
                    count = min(max(int((match[2] or "1")[:6]), 1), 1 << 16)
                    self.values.define(match[1], [0] * count)
                    self._waiting.pop(match[1], None)
        lines.advance(extent)
        self._refused = True
        # Elsewhere the reading cannot go on.
        if not STARTS.match(lines.following(0)):
            raise EndOfReadingError

    def _report_last(self, message: str) -> None:
        last = self._last
        if last is None or self._refused or not self._reader.verify:
            return
        column = last.column or len(last.text) - len(last.text.lstrip())
        source = SourceText(self._reader.name, last.text, last.line)
        offset = after_results(last.text, column)
        self._reader.report(source.diagnostic(offset, f"{last.name}: {message}"))

    def _report_missing(self) -> None:
        for waiting in self._waiting.values():
            self._reader.report(waiting[0].missing)

    def _end(self) -> None:
        """What can be said at the end of the body."""
        reader = self._reader
        if self._lines.rest().lstrip()[0] == "^":
            raise reader.unfollowed("a function of several blocks")
        self._report_missing()
        if self._last is not None and not self._last.terminator:
            self._report_last("ends a block, but is not a terminator")
        elif self._last is None and not self._refused and reader.verify:
            message = "func.func: a block is empty, but must end in a terminator"
            reader.report(replace(self._start, message=message))
