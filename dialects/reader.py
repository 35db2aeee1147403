"""Reading modules from text, and checking them: every fault with its line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.ir import Operation
from xdsl.utils.exceptions import DiagnosticException, ParseError

from dialects.diagnostics import Diagnostic, ReadError, SourceText
from dialects.func import Func
from dialects.module_parser import ModuleParser
from dialects.stablehlo.registry import StableHLO
from dialects.structure import structural_faults
from dialects.util import Flow, Util

__all__ = ["Diagnostic", "ParsedModule", "ReadError", "check_module", "parse_module"]

_RESULTS = re.compile(r"(?:%[\w$.-]+(?:\s*:\s*\d+)?[\s,]*)+=\s*", re.ASCII)

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
        return self.source.line_and_column(self._offset(op))

    def diagnostic(self, op: Operation, message: str) -> Diagnostic:
        """A fault of the operation."""
        return self.source.diagnostic(self._offset(op), message)

    def _offset(self, op: Operation) -> int:
        known: Operation | None = op
        while known is not None and known not in self.offsets:
            # An operation that a short form implies stands where its parent does.
            known = known.parent_op()
        start = 0 if known is None else self.offsets[known]
        results = _RESULTS.match(self.source.text, start)
        return start if results is None else results.end()


def parse_module(text: str | bytes, name: str = "<input>") -> ParsedModule:
    """Reads one module; a text without ``module`` is the body of one.

    Raises :class:`ReadError`, with line and column, for anything that is not valid syntax, and for
    operations, attributes and types of unknown dialects. What is read is not verified.
    """
    source = SourceText(name, _decoded(text, name))
    parser: ModuleParser | None = None
    try:
        parser = ModuleParser(_context(), source.text, name)
        module = parser.parse_module()
    except ParseError as error:
        raise ReadError(source.diagnostic(error.span.start, error.msg)) from None
    except RecursionError:
        offset = 0 if parser is None else parser.pos
        raise ReadError(source.diagnostic(offset, "nested too deeply to be read")) from None
    except _FAILURES as error:
        offset = 0 if parser is None else parser.pos
        message = f"cannot be read: {_first_line(error)}"
        raise ReadError(source.diagnostic(offset, message)) from error
    return ParsedModule(module, source, parser.offsets, parser.resources)


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
    found = [parsed.diagnostic(*fault) for fault in structural_faults(parsed.module)]
    for op in parsed.module.walk():
        try:
            op.verify_()
        except DiagnosticException as error:
            message = " ".join(str(error).split())
            if not message.startswith(op.name):
                message = f"{op.name}: {message}"
            found.append(parsed.diagnostic(op, message))
    return sorted(set(found))


def _context() -> Context:
    context = Context()
    for dialect in (Builtin, Func, StableHLO, Util, Flow):
        context.load_dialect(dialect)
    return context


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
