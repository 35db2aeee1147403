"""``irkit check``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import click

from irkit.cli.errors import BAD_INPUT, FOUND

if TYPE_CHECKING:
    from dialects.diagnostics import Diagnostic

SCHEMA = "irkit.check/1"
_VIOLATION = re.compile(
    r"(?P<op>[\w-]+(?:\.[\w-]+)+): (?:\((?P<id>\w+)\) )?(?P<text>.*)", re.DOTALL
)


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="Lines, one JSON object, or commands that GitHub shows as annotations.",
)
@click.option(
    "--snippets/--no-snippets",
    default=None,
    help="Show the line with a caret below each error (text only). Default: on a terminal.",
)
@click.option("--allow-unregistered", is_flag=True, help="Accept what belongs to unknown dialects.")
def check(
    files: tuple[str, ...], form: str, *, snippets: bool | None, allow_unregistered: bool
) -> int:
    """Parse and verify the modules in FILES (- for standard input); report every error.

    Of an operation that violates several constraints the first one is reported, for the others rely
    on it. `irkit explain OPERATION ID` has more on a constraint.

    \b
    Exit status:
      0   all are valid
      1   some have errors: of syntax, of encoding (a module is UTF-8), or violated constraints
      2   a file could not be opened or read
    """
    shown = sys.stdout.isatty() if snippets is None else snippets
    report: Report = {"text": _Text(shown), "json": _Json(), "github": _GitHub()}[form]
    status = 0
    report.begin()
    for file in files:
        try:
            for diagnostic in _faults(file, allow_unregistered):
                report.error(diagnostic)
                status = max(status, FOUND)
        except UnreadableError as error:
            report.unreadable(file, str(error))
            status = BAD_INPUT
    report.end(status)
    return status


class UnreadableError(Exception):
    """A file that the system does not let us read; its text is the system's reason."""


def _faults(file: str, allow_unregistered: bool) -> Iterator[Diagnostic]:
    """The faults of a file.

    Only what reading raises becomes an ``UnreadableError``: writing the report can fail, too.
    """
    from irkit.reading import check_file

    shown = "<stdin>" if file == "-" else file
    found = iter(check_file(file, shown, allow_unregistered=allow_unregistered))
    while True:
        try:
            diagnostic = next(found)
        except StopIteration:
            return
        except OSError as error:
            raise UnreadableError(error.strerror or str(error)) from None
        yield diagnostic


# -- the three forms ---------------------------------------------------------------------------


class Report(Protocol):
    """Where errors are shown as they are found."""

    def begin(self) -> None: ...
    def error(self, diagnostic: Diagnostic) -> None: ...
    def unreadable(self, file: str, reason: str) -> None: ...
    def end(self, status: int) -> None: ...


@dataclass
class _Text:
    """``file:line:column: error: message``, as compilers write it."""

    snippets: bool

    def begin(self) -> None:
        pass

    def error(self, diagnostic: Diagnostic) -> None:
        click.echo(diagnostic.with_snippet() if self.snippets else str(diagnostic))

    def unreadable(self, file: str, reason: str) -> None:
        click.echo(f"irkit: error: {file}: {reason}", err=True)

    def end(self, status: int) -> None:
        pass


class _GitHub:
    """Workflow commands, which GitHub shows beside the line."""

    def begin(self) -> None:
        pass

    def error(self, diagnostic: Diagnostic) -> None:
        parts = _parts(diagnostic.message)
        title = " ".join(filter(None, (parts["op"], f"({parts['id']})" if parts["id"] else "")))
        where = (
            f"file={_property(diagnostic.name)},line={diagnostic.line},col={diagnostic.column},"
            f"title={_property(title or 'irkit check')}"
        )
        click.echo(f"::error {where}::{_data(diagnostic.message)}")

    def unreadable(self, file: str, reason: str) -> None:
        click.echo(f"::error file={_property(file)},title=irkit check::{_data(reason)}")

    def end(self, status: int) -> None:
        pass


def _data(text: str) -> str:
    """Escaped as the runner of workflows unescapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


@dataclass
class _Json:
    """One object, whose ``errors`` are written as they are found."""

    _separator: str = "\n"
    _unreadable: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def begin(self) -> None:
        click.echo(f'{{"schema": "{SCHEMA}", "errors": [', nl=False)

    def error(self, diagnostic: Diagnostic) -> None:
        parts = _parts(diagnostic.message)
        entry = {
            "file": diagnostic.name,
            "line": diagnostic.line,
            "column": diagnostic.column,
            "operation": parts["op"],
            "constraint": parts["id"],
            "message": parts["text"],
            "snippet": diagnostic.snippet,
        }
        click.echo(f"{self._separator}  {_dumped(entry)}", nl=False)
        self._separator = ",\n"

    def unreadable(self, file: str, reason: str) -> None:
        self._unreadable.append({"file": file, "reason": reason})

    def end(self, status: int) -> None:
        click.echo(f'\n], "unreadable": {_dumped(self._unreadable)}, "status": {status}}}')


def _dumped(data: Any) -> str:
    import json

    return json.dumps(data)


def _parts(message: str) -> dict[str, str | None]:
    """Operation, constraint and text of a message; the first two are ``None`` for syntax errors."""
    match = _VIOLATION.fullmatch(message)
    return match.groupdict() if match else {"op": None, "id": None, "text": message}
