"""``irkit fuzz``: random programs against every property of the lowering."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from irkit.cli.errors import FOUND

if TYPE_CHECKING:
    from irkit.testing.fuzzing.campaign import Campaign
    from irkit.testing.fuzzing.tally import Tally

REPORTED = 60.0
"""Seconds between lines of progress where there is no terminal."""


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0), default=1.0, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("fuzz"),
    show_default=True,
    help="Folder for failures, and for a line about each run in summary.jsonl.",
)
@click.option(
    "--size",
    type=click.IntRange(min=1, max=100_000),
    default=100_000,
    show_default=True,
    help="Steps of the largest programs; most are small.",
)
@click.option("--jobs", type=click.IntRange(min=1, max=64), default=1, show_default=True)
@click.option("--properties", help="Comma-separated properties to try; all by default.")
@click.option(
    "--replay",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Run a saved failure again instead.",
)
def fuzz(
    minutes: float,
    seed: int,
    save: Path,
    size: int,
    jobs: int,
    properties: str | None,
    replay: Path | None,
) -> int:
    """Try random programs with random policies, and save what fails as files to replay.

    \b
    Properties:
      identity        streamed text = buffered text, also under other hash seeds
      upstream        jaxlib and iree-opt print it back, and prune alike
      pruning         idempotent, and equal to the whole program by tier 2
      interpretation  the same bits before and after pruning
      inference       inferring types again gives the recorded ones
      printing        what is printed reads back, in both syntaxes
      memory          peak within the policy's bound
      refusal         mutants are refused by irkit and upstream, or by neither

    The same seed gives the same programs. Without jaxlib or iree-opt, what needs them is not tried,
    and the summary says so.

    \b
    Exit status:
      0   nothing failed; or the replayed failure is gone
      1   something failed; or the replayed failure still does
    """
    if replay is not None:
        return _replay(replay)
    from irkit.testing.fuzzing.campaign import Campaign, Settings
    from irkit.testing.properties import properties as named

    chosen = named([name.strip() for name in properties.split(",")] if properties else ())
    save.mkdir(parents=True, exist_ok=True)
    campaign = Campaign(Settings(minutes, seed, save, chosen, size, jobs), _say)
    try:
        _run(campaign)
    finally:
        _summarize(campaign.tally, campaign.elapsed)
    return FOUND if campaign.tally.failures else 0


def _say(text: str) -> None:
    click.echo(text)
    sys.stdout.flush()


def _run(campaign: Campaign) -> None:
    from irkit.cli.progress import LineProgress

    def line() -> str:
        tally = campaign.tally
        return (
            f"{tally.programs:,} programs, {tally.steps:,} steps, {len(tally.kinds)} kinds, "
            f"{tally.failures} failures, {campaign.elapsed / 60:.1f} of "
            f"{campaign.settings.minutes:g} min"
        )

    with LineProgress(line, REPORTED):
        campaign.run()


def _summarize(tally: Tally, seconds: float) -> None:
    _say(
        f"{tally.programs:,} programs of {tally.steps:,} steps (the largest of {tally.largest:,}) "
        f"in {seconds / 60:.1f} minutes; {len(tally.kinds)} kinds of steps, "
        f"{len(tally.operations)} operations"
    )
    for name, tried in tally.tried.items():
        parts = [f"{tried.held:,} held", f"{tried.failed} failed"]
        if tried.witness:
            parts.append(f"{tried.witness} judge crashed")
        if tried.too_large:
            parts.append(f"{tried.too_large:,} too large")
        parts += [f"{n:,} {reason}" for reason, n in tried.not_applicable.most_common()]
        _say(f"  {name:15} {', '.join(parts)}; {tried.seconds:.0f} s")
    for what, count in sorted(tally.counts.items()):
        _say(f"  {count:,} {what}")
    for missing in tally.unwitnessed():
        _say(missing)
    for found in tally.found.values():
        files = ", ".join(found.files)
        _say(f"{found.times} times: {' '.join(found.message.split())[:300]} ({files})")


def _replay(path: Path) -> int:
    from irkit.testing.fuzzing.replay import replay

    outcome = replay(path)
    _say(f"{path}: {outcome.name}: {outcome.status}")
    if outcome.message:
        _say(outcome.message)
    return FOUND if outcome.status == "failed" else 0
