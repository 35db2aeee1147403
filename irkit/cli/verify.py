"""``irkit-verify``: are two lowered programs the same?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from irkit.cli import run

if TYPE_CHECKING:
    from irkit.verify.bytes import ByteDifference

EQUAL, DIFFERENT, BAD_INPUT, UNDECIDED = 0, 1, 2, 3

EPILOG = """\b
Exit status:
  0   equal
  1   different
  2   could not be decided because of bad input
  3   undecided: the comparison can not follow the programs
"""


@click.command(epilog=EPILOG)
@click.argument("files", nargs=-1, metavar="[A B]", type=click.Path())
@click.option(
    "--tier",
    type=click.Choice(["bytes", "names"]),
    help="What must be equal: the bytes, or the text up to the names of SSA values. "
    "Files: names; policies: always bytes.",
)
@click.option("--model", help="Lower this model under each policy instead of reading A and B.")
@click.option(
    "--policies",
    is_flag=True,
    help="The arguments are policies: names or files. All shipped ones if none is given.",
)
@click.option("--weights", type=click.Path(), help="As for `irkit lower`.")
@click.option("--constants", multiple=True, help="As for `irkit lower`; may be repeated.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As `irkit lower`.")
def verify(
    files: tuple[str, ...],
    tier: str | None,
    model: str | None,
    weights: str | None,
    constants: tuple[str, ...],
    overrides: tuple[str, ...],
    *,
    policies: bool,
) -> int:
    """Compare two files, or (--model) what a model is lowered to under several policies.

    \b
    irkit-verify A.mlir B.mlir
    irkit-verify --model llama-small --policies per-scope my/policy.yaml
    """
    if model is not None:
        from irkit.verify.policies import compare_policies

        if tier == "names":
            raise click.UsageError("--tier names is for files: policies must give the same bytes")
        options = [*(["--weights", weights] if weights else [])]
        for override in overrides:
            options += ["--set", override]
        return compare_policies(model, files, options, constants or (None,), click.echo)
    if policies or weights or constants or overrides:
        raise click.UsageError("--policies, --weights, --constants and --set need --model")
    if len(files) != 2:
        raise click.UsageError(f"two files are compared, {len(files)} given")
    return _compare_files(Path(files[0]), Path(files[1]), tier or "names")


def _compare_files(left: Path, right: Path, tier: str) -> int:
    from irkit.verify.bytes import compare_bytes

    found = compare_bytes(left, right)
    if found.difference is None:
        click.echo(f"identical: {found.size} bytes, sha256 {found.sha256}")
        return EQUAL
    _show(found.difference)
    if tier == "bytes":
        return DIFFERENT
    from irkit.verify.names import UndecidedError, compare_up_to_names

    try:
        difference = compare_up_to_names(left, right)
    except UndecidedError as error:
        click.echo(f"undecided up to SSA names: {error}")
        return UNDECIDED
    if difference is None:
        click.echo("equal up to SSA names")
        return EQUAL
    click.echo(
        f"different up to SSA names, too: {left}:{difference.left_line} and "
        f"{right}:{difference.right_line}: {difference.reason}"
    )
    return DIFFERENT


def _show(difference: ByteDifference) -> None:
    place = f"line {difference.line}, column {difference.column}"
    click.echo(f"bytes differ: first at offset {difference.offset}, {place}")
    for side in (difference.left, difference.right):
        click.echo(f"  {side.path}:{difference.line}: {side.line_start.strip()}")
        click.echo(f"    | {side.excerpt}")
        end = "^ the file ends here" if side.ended else "^"
        click.echo(f"    | {' ' * side.caret}{end}")


def main() -> None:
    """The entry point."""
    run(verify, "irkit-verify", sys.argv[1:])
