"""``irkit fmt`` and ``prune``: what is done to a module's text."""

from __future__ import annotations

import click

output_option = click.option(
    "-o", "--output", default="-", help="File to write; - (default): standard output."
)


@click.command()
@click.argument("file")
@click.option(
    "--generic", is_flag=True, help="Write every operation in its generic form; holds the module."
)
@output_option
def fmt(file: str, output: str, generic: bool) -> None:
    """Print the module in FILE (- for standard input) in canonical form.

    Constants in hexadecimal may be of any size: they go from file to file and are never held,
    except with --generic.
    """
    if generic:
        from irkit.reading.generic import format_file_generically

        format_file_generically(file, output)
        return
    from irkit.reading.rewrite import format_file

    format_file(file, output)


@click.command()
@click.argument("file")
@click.option(
    "--outputs",
    help="Comma-separated outputs of @main to keep, by name or position; all by default.",
)
@output_option
def prune(file: str, outputs: str | None, output: str) -> None:
    """Remove the operations that no output of the module in FILE needs.

    FILE may be - for standard input. A module that is not valid is refused.
    """
    from irkit.reading.rewrite import prune_file

    prune_file(file, output, outputs.split(",") if outputs is not None else None)
