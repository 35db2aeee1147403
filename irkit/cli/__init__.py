"""The command line, ``irkit``. Each command's module is imported when the command is used."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, cast

import click

from irkit import __version__
from irkit.cli.address_space import check_address_space
from irkit.cli.errors import STATUSES, ErrorBoundary, holding_signals

COMMANDS = {
    "lower": ("irkit.cli.lower", "Lower a model to StableHLO text."),
    "weights": ("irkit.cli.weights", "Write random weights of a model's shapes."),
    "fmt": ("irkit.cli.tools", "Print a module in canonical form."),
    "check": ("irkit.cli.check", "Parse and verify modules; report every error."),
    "explain": ("irkit.cli.explain", "Show an operation: operands, constraints, effects."),
    "prune": ("irkit.cli.tools", "Remove the operations that no output needs."),
    "run": ("irkit.cli.interpret", "Run a module on arrays, with the reference interpreter."),
    "fuzz": ("irkit.cli.fuzz", "Try random programs against every property."),
    "plot": ("irkit.cli.plot", "Draw memory over time from reports."),
    "demo": ("irkit.cli.demo", "Lower a small Llama streamed and buffered, and compare."),
}
"""Each command's module and its line in the help."""

WITHOUT_ARRAYS = frozenset({"plot"})
"""Commands that start without numpy."""


class LazyGroup(click.Group):
    """A group that lists its commands without importing them, and reports errors in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if cmd_name not in WITHOUT_ARRAYS:
            import_arrays()
        return cast(click.Command, getattr(importlib.import_module(entry[0]), cmd_name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        return run(self, "irkit", args)


def import_arrays() -> None:
    """Imports numpy, which takes an interruption meanwhile for a broken installation."""
    with holding_signals():
        for name in ("numpy", "ml_dtypes"):
            importlib.import_module(name)


def run(command: click.Command, program: str, args: Sequence[str] | None) -> Any:
    """Runs a command and ends the process with its status; errors become one line."""
    with ErrorBoundary(program) as boundary:
        boundary.listen()
        check_address_space()
        completion = f"_{program.upper().replace('-', '_')}_COMPLETE"
        if completion in os.environ:
            from click.shell_completion import shell_complete

            sys.exit(shell_complete(command, {}, program, completion, os.environ[completion]))
        # click's own main would take an EOFError of a model for an interruption, and hide the place
        # of a true one.
        given = list(sys.argv[1:] if args is None else args)
        with command.make_context(program, given) as context:
            if not isinstance(command, click.Group):
                import_arrays()
            status = command.invoke(context)
    sys.exit(status if isinstance(status, int) else 0)


@click.command(cls=LazyGroup, epilog=STATUSES)
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Lower large model forwards to StableHLO in bounded memory."""
