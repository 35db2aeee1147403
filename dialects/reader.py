"""Reading modules from text, and checking them: every fault with its line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.utils.exceptions import DiagnosticException, ParseError

from dialects.diagnostics import Diagnostic, ReadError, SourceText
from dialects.known_dialects import reading_context
from dialects.long_literal import LiteralStore
from dialects.module_parser import ModuleParser
from dialects.structure import Fault, structural_faults

__all__ = ["Diagnostic", "ParsedModule", "ReadError", "check_module", "parse_module"]

T = TypeVar("T")

_RESULTS = re.compile(r"(?:%[\w$.-]+(?:\s*:\s*\d+)?[\s,]*)+=\s*", re.ASCII)

_REDEFINITION = "Redefinition of symbol"
"""What xDSL says of a module; :mod:`dialects.structure` says it of the second definition."""

_NOT_LAST = "must be the last operation in its parent block"
"""What xDSL says of a terminator, and :mod:`dialects.structure` of any."""

# xDSL's parser has no one type of error for text that it cannot read.
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    DiagnosticException,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class ParsedModule:
    """A module as it was read."""

    module: ModuleOp
    source: SourceText
    offsets: Mapping[Operation, int]
    resources: Mapping[tuple[str, str], str]
    """The blobs of the ``dialect_resources`` section, ``0x...`` by dialect and name."""

    def position(self, op: Operation) -> tuple[int, int]:
        """Line and column of the operation's name, counted from 1."""
        return self.source.line_and_column(place(op, self.offsets, self.source))

    def diagnostic(self, op: Operation, message: str) -> Diagnostic:
        """A fault of the operation."""
        return self.source.diagnostic(place(op, self.offsets, self.source), message)


def place(op: Operation, offsets: Mapping[Operation, int], source: SourceText) -> int:
    """Where the name of the operation stands in the text it was read from."""
    known: Operation | None = op
    while known is not None and known not in offsets:
        # An operation that a short form implies stands where its parent does.
        known = known.parent_op()
    return after_results(source.text, 0 if known is None else offsets[known])


def after_results(text: str, start: int) -> int:
    """Where the name of the operation is whose text begins at ``start``."""
    results = _RESULTS.match(text, start)
    return start if results is None else results.end()


def parse_module(
    text: str | bytes, name: str = "<input>", *, allow_unregistered: bool = False
) -> ParsedModule:
    """Reads one module; a text without ``module`` is the body of one.

    Raises :class:`ReadError`, with line and column, for anything that is not valid syntax, and for
    operations, attributes and types of unknown dialects, unless ``allow_unregistered`` keeps them
    (the operations in the generic form). What is read is not verified.
    """
    source = SourceText(name, _decoded(text, name))
    return parse_source(source, allow_unregistered=allow_unregistered)


def parse_source(
    source: SourceText, literals: LiteralStore | None = None, *, allow_unregistered: bool = False
) -> ParsedModule:
    """As :func:`parse_module`, where long literals may have stand-ins."""
    context = reading_context(allow_unregistered=allow_unregistered)
    parser = read(source, lambda: ModuleParser(context, source.text, source.name, 0, literals))
    module = read(source, parser.parse_module, parser)
    return ParsedModule(module, source, parser.offsets, parser.resources)


def read(source: SourceText, parse: Callable[[], T], parser: ModuleParser | None = None) -> T:
    """The value of ``parse()``; everything that a parser raises becomes a :class:`ReadError`.

    An error without a place of its own is put where ``parser`` stands.
    """
    try:
        return parse()
    except ParseError as error:
        raise ReadError(source.diagnostic(error.span.start, error.msg)) from None
    except RecursionError:
        offset = 0 if parser is None else parser.pos
        raise ReadError(source.diagnostic(offset, "nested too deeply to be read")) from None
    except _FAILURES as error:
        if isinstance(error, ReadError):
            raise
        offset = 0 if parser is None else parser.pos
        message = f"cannot be read: {_first_line(error)}"
        raise ReadError(source.diagnostic(offset, message)) from error


def check_module(text: str | bytes, name: str = "<input>") -> list[Diagnostic]:
    """Every fault of a module, in the order of the text; none if it is valid.

    A text that cannot be read has one fault; of each violated operation the first constraint that
    does not hold is reported.
    """
    try:
        parsed = parse_module(text, name)
    except ReadError as error:
        return [error.diagnostic]
    return faults(parsed)


def faults(parsed: ParsedModule) -> list[Diagnostic]:
    """Every fault of a module that was read, in the order of the text."""
    found = [*structural_faults(parsed.module), *operation_faults(parsed.module)]
    return sorted({parsed.diagnostic(*fault) for fault in found})


def operation_faults(op: Operation) -> Iterator[Fault]:
    """What the operation's own verifier, and those of all operations in it, find."""
    for inner in op.walk():
        try:
            inner.verify_()
        except DiagnosticException as error:
            message = " ".join(str(error).split())
            if message.startswith(_REDEFINITION) or message.endswith(_NOT_LAST):
                continue
            if not message.startswith(inner.name):
                message = f"{inner.name}: {message}"
            yield inner, message


def _decoded(text: str | bytes, name: str) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        before = SourceText(name, text[: error.start].decode())
        message = f"byte 0x{text[error.start]:02x} is not UTF-8"
        raise ReadError(before.diagnostic(len(before.text), message)) from None


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
