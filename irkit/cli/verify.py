"""``irkit-verify``: do two lowered programs mean the same, and how is that known?"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from irkit.cli import run

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from irkit.verify.checker import Report
    from irkit.verify.options import Options
    from irkit.verify.verdict import Finding

TIERS = ("bytes", "names", "graph", "rules", "trials", "smt")

EPILOG = """\b
Tiers, each tried where the ones before it could not decide:
  0 bytes    the files are the same
  1 names    the same up to the names of SSA values
  2 graph    the same graph of values: proved for every semantics of the ops
  3 rules    the same under named rewrite rules
  4 trials   run on inputs: a counterexample, or none found
  5 smt      proved or refuted by an SMT solver, on small shapes

\b
Exit status:
  0   equal, with evidence of the required tier or a stronger one
  1   different
  2   bad input
  3   undecided, or out of time
"""


class TierType(click.ParamType[int]):
    """A tier by number or name."""

    name = "TIER"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The tier's number."""
        text = str(value).lower()
        if text in TIERS:
            return TIERS.index(text)
        if not text.isdecimal() or int(text) >= len(TIERS):
            self.fail(f"{value!r} is no tier; there are {', '.join(TIERS)}, or 0 to 5", param, ctx)
        return int(text)


@click.command(epilog=EPILOG)
@click.argument("files", nargs=-1, metavar="[A B]", type=click.Path())
@click.option("--tier", type=TierType(), default=4, help="The last tier to try.", show_default=True)
@click.option(
    "--require-tier",
    type=TierType(),
    default=2,
    show_default=True,
    help="The weakest evidence of equality that gives exit status 0.",
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds in all.")
@click.option("--seed", type=int, default=0, help="Of the trials' inputs.", show_default=True)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Runs of each function.",
)
@click.option(
    "--max-ulps",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="How far apart the outputs of a trial may be, in units in the last place.",
)
@click.option(
    "--assume",
    type=click.Choice(["real"]),
    help="real: tier 3 may treat floating-point numbers as real ones.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=1, help="Processes for trials.")
@click.option("--scheduler", metavar="ADDRESS", help="Send that work to a Dask cluster instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--html", type=click.Path(dir_okay=False), help="Write a page with both texts.")
@click.option(
    "--counterexample",
    metavar="FILE.npz",
    type=click.Path(dir_okay=False),
    help="Write the inputs that show a difference, for `irkit run`.",
)
@click.option(
    "--pruned",
    is_flag=True,
    help="A is a full module, B what is left of it: is that sound, and what was dropped?",
)
@click.option(
    "--max-report",
    type=click.IntRange(min=0),
    default=40,
    show_default=True,
    help="Lines of each text to show.",
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
    tier: int,
    require_tier: int,
    timeout: float | None,
    seed: int,
    trials: int,
    max_ulps: int,
    assume: str | None,
    jobs: int,
    scheduler: str | None,
    html: str | None,
    counterexample: str | None,
    max_report: int,
    model: str | None,
    weights: str | None,
    constants: tuple[str, ...],
    overrides: tuple[str, ...],
    *,
    as_json: bool,
    pruned: bool,
    policies: bool,
) -> int:
    """Compare two files, or (--model) what a model is lowered to under several policies.

    \b
    irkit-verify A.mlir B.mlir
    irkit-verify A.mlir B.mlir --tier graph --json
    irkit-verify --pruned FULL.mlir PRUNED.mlir
    irkit-verify --model llama-small --policies per-scope my/policy.yaml
    """
    if model is not None:
        if as_json or pruned or html is not None or counterexample is not None:
            raise click.UsageError(
                "--json, --html, --pruned and --counterexample are for two files, not for --model"
            )
        from irkit.verify.policies import compare_policies

        options = [*(["--weights", weights] if weights else [])]
        for override in overrides:
            options += ["--set", override]
        return compare_policies(model, files, options, constants or (None,), click.echo)
    if policies or weights or constants or overrides:
        raise click.UsageError("--policies, --weights, --constants and --set need --model")
    if len(files) != 2:
        raise click.UsageError(f"two files are compared, {len(files)} given")
    if counterexample is not None and not counterexample.endswith(".npz"):
        raise click.UsageError(f"--counterexample {counterexample}: its name must end in .npz")
    from irkit.verify.options import Options

    with ExitStack() as stack:
        settings = Options(
            seed=seed,
            trials=trials,
            assume_real=assume == "real",
            max_ulps=max_ulps,
            seconds=timeout,
            jobs=jobs,
        )
        if (jobs > 1 or scheduler is not None) and not pruned:
            settings = settings.using(stack.enter_context(_executor(jobs, scheduler)))
        last = None if pruned else tier
        report = _check(Path(files[0]), Path(files[1]), settings, last, require_tier, as_json)
    report = _replayed(report, settings, counterexample)
    if as_json:
        from irkit.verify.report.json import json_text

        click.echo(json_text(report))
    else:
        _say(report, max_report)
    if html is not None:
        _write_html(report, html, max_report)
    return report.status


def _executor(jobs: int, scheduler: str | None) -> AbstractContextManager[Executor]:
    if scheduler is None:
        from irkit.verify.pool import process_pool

        return process_pool(jobs)
    from irkit.verify.cluster import cluster_executor

    return cluster_executor(scheduler)


def _check(
    left: Path, right: Path, options: Options, last: int | None, required: int, quiet: bool
) -> Report:
    """The report of the tiers up to ``last``, or, if that is None, on what was pruned."""
    from irkit.verify.checker import check, check_pruned
    from irkit.verify.pair import Pair
    from irkit.verify.report.text import finding_text
    from irkit.verify.verdict import Tier

    def tell(finding: Finding) -> None:
        if not quiet:
            click.echo(finding_text(finding))

    if last is None:
        return check_pruned(Pair(left, right), options.seconds, tell)
    return check(
        Pair(left, right), options, tiers=range(last + 1), required=Tier(required), told=tell
    )


def _replayed(report: Report, options: Options, path: str | None) -> Report:
    """The report with the commands that show its counterexample, which is written to ``path``."""
    finding = report.decisive
    found = None if finding is None else finding.counterexample
    if finding is None or found is None:
        return report
    from irkit.verify.trials.replay import NotKeptError, keep, replay_commands, reproducing_command

    if path is not None:
        try:
            weights = keep(found, Path(path))
        except NotKeptError as error:
            click.echo(f"irkit-verify: warning: {path} is not written: {error}", err=True)
        else:
            commands = replay_commands(report.pair, found, Path(path), weights)
            return replace(report, replay=tuple(commands))
    return replace(report, replay=(reproducing_command(report.pair, finding, options),))


def _say(report: Report, max_report: int) -> None:
    from irkit.verify.report.text import diff_text, replay_text, verdict_text

    if report.status:
        for line in diff_text(report, max_report):
            click.echo(line)
    click.echo(verdict_text(report))
    for line in replay_text(report):
        click.echo(line)


def _write_html(report: Report, path: str, max_report: int) -> None:
    from irkit.output_file import AtomicFile
    from irkit.verify.report.html import html_text

    with AtomicFile(path, digest=False) as out:
        out.write(html_text(report, max_report).encode())


def main() -> None:
    """The entry point."""
    run(verify, "irkit-verify", sys.argv[1:])
