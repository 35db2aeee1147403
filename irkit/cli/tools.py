"""``irkit fmt`` and ``prune``: what is done to a module's text."""

from __future__ import annotations

import click

output_option = click.option(
    "-o", "--output", default="-", help="File to write; - (default): standard output."
)


unregistered_option = click.option(
    "--allow-unregistered",
    is_flag=True,
    help="Keep what belongs to unknown dialects; operations in the generic form.",
)


@click.command()
@click.argument("file")
@click.option(
    "--generic", is_flag=True, help="Write every operation in its generic form; holds the module."
)
@unregistered_option
@output_option
def fmt(file: str, output: str, generic: bool, allow_unregistered: bool) -> None:
    """Print the module in FILE (- for standard input) in canonical form.

    What can be read is printed, whether it is valid or not: see `irkit check` for that.

    Constants in hexadecimal may be of any size: they go from file to file and are never held,
    except with --generic.
    """
    if generic:
        from irkit.reading.generic import format_file_generically

        format_file_generically(file, output, allow_unregistered=allow_unregistered)
        return
    from irkit.reading.rewrite import format_file

    format_file(file, output, allow_unregistered=allow_unregistered)


@click.command()
@click.argument("file")
@click.option(
    "--outputs",
    help="Comma-separated outputs of @main to keep, by name or position; all by default.",
)
@unregistered_option
@output_option
def prune(file: str, outputs: str | None, output: str, allow_unregistered: bool) -> None:
    """Remove the operations that no output of the module in FILE needs.

    FILE may be - for standard input. A module that is not valid is refused. Operations of unknown
    dialects are needed, whatever reads their results.
    """
    from irkit.reading.rewrite import prune_file

    kept = outputs.split(",") if outputs is not None else None
    prune_file(file, output, kept, allow_unregistered=allow_unregistered)
