"""``irkit fmt``, ``check`` and ``prune``: what is done to a module's text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from irkit.cli.errors import BAD_INPUT, FOUND

if TYPE_CHECKING:
    from dialects.reader import ParsedModule

output_option = click.option(
    "-o", "--output", default="-", help="File to write; - (default): standard output."
)


@click.command()
@click.argument("file")
@output_option
def fmt(file: str, output: str) -> None:
    """Print the module in FILE (- for standard input) in canonical form."""
    from dialects.reader import parse_module

    _write(parse_module(_read(file), _shown(file)), output)


@click.command()
@click.argument("files", nargs=-1, required=True)
def check(files: tuple[str, ...]) -> int:
    """Parse and verify the modules in FILES, and report every error with line and column.

    Exit status 0 if all are valid, 1 if not, 2 if a file can not be read.
    """
    from dialects.reader import check_module

    status = 0
    for file in files:
        try:
            text = _read(file)
        except OSError as error:
            click.echo(f"irkit: error: {file}: {error.strerror}", err=True)
            status = BAD_INPUT
            continue
        for diagnostic in check_module(text, _shown(file)):
            click.echo(str(diagnostic))
            status = max(status, FOUND)
    return status


@click.command()
@click.argument("file")
@click.option(
    "--outputs",
    help="Comma-separated outputs of @main to keep, by name or position; all by default.",
)
@output_option
def prune(file: str, outputs: str | None, output: str) -> None:
    """Remove the operations that no output of the module in FILE needs."""
    from dialects.reader import faults, parse_module
    from irkit.module_pruning import prune_module

    parsed = parse_module(_read(file), _shown(file))
    found = faults(parsed)
    if found:
        more = f" (and {len(found) - 1} more; see `irkit check`)" if len(found) > 1 else ""
        raise click.ClickException(f"{found[0]}{more}")
    prune_module(parsed.module, outputs.split(",") if outputs is not None else None)
    _write(parsed, output)


def _read(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def _shown(file: str) -> str:
    return "<stdin>" if file == "-" else file


def _write(parsed: ParsedModule, output: str) -> None:
    from dialects.module_text import write_module
    from irkit.output_file import AtomicFile

    with AtomicFile(output, digest=False) as out:
        write_module(parsed.module, lambda text: out.write(text.encode()), parsed.resources)
