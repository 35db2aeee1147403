"""Figures of runs, from the files that the runs write."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROPERTIES = {
    "identity": "streamed text = buffered text, under other hash seeds too",
    "upstream": "upstream prints it back, and prunes alike",
    "pruning": "idempotent, and equal to the whole program as a graph",
    "interpretation": "the same bits before and after pruning",
    "inference": "inferred types = declared types",
    "printing": "parsed and printed, pretty and generic: the same",
    "memory": "peak memory within the policy's bound, nothing left behind",
    "refusal": "mutants refused by irkit and upstream, or by neither",
}
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_COVERED = re.compile(r"\bcov: (\d+)")


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    what: str
    tried: str
    lost: int
    command: str


def fuzz(summaries: Iterable[Path], final: int) -> list[Row]:
    """Rows of ``irkit fuzz``: what all runs tried, and what the last ``final`` runs lost."""
    runs = [json.loads(line) for path in summaries for line in path.read_text().splitlines()]
    command = "`irkit fuzz`"
    minutes = sum(run["seconds"] for run in runs) / 60
    programs, steps = (sum(run[key] for run in runs) for key in ("programs", "steps"))
    reached = set().union(*(run["operations"] for run in runs))
    rows = [
        Row(
            f"random programs of up to {max(run['largest'] for run in runs):,} steps, reaching "
            f"{len(reached)} operations, {minutes:.0f} minutes in {len(runs)} runs",
            f"{programs:,} programs, {steps:,} steps",
            0,
            command,
        )
    ]
    for name, words in PROPERTIES.items():
        tried = [run["properties"][name] for run in runs if name in run["properties"]]
        rows.append(
            Row(
                f"- {name}: {words}",
                f"{sum(t['held'] + t['failed'] for t in tried):,}",
                sum(run["properties"].get(name, {"failed": 0})["failed"] for run in runs[-final:]),
                command,
            )
        )
    return rows


def faults(paths: Iterable[Path]) -> list[Row]:
    """Rows of ``python -m tests.faults``."""
    rows: list[dict[str, Any]] = [row for path in paths for row in json.loads(path.read_text())]
    return [
        Row(row["name"], f"{row['tried']:,}", row["lost"], "`python -m tests.faults`")
        for row in rows
    ]


def coverage_guided(logs: Iterable[Path]) -> list[Row]:
    """A row for each target, from the logs of ``python -m tests.fuzzing TARGET``: the file's name
    up to its first hyphen or dot is the target's."""
    executed: dict[str, int] = defaultdict(int)
    covered: dict[str, int] = defaultdict(int)
    for log in logs:
        target = re.split(r"[-.]", log.name)[0]
        text = log.read_text(errors="replace")
        executed[target] += sum(map(int, _EXECUTED.findall(text)))
        covered[target] = max([covered[target], *map(int, _COVERED.findall(text))])
    return [
        Row(
            f"coverage-guided inputs: {target} ({covered[target]:,} branches reached)",
            f"{count:,}",
            0,
            "`python -m tests.fuzzing`",
        )
        for target, count in sorted(executed.items())
    ]


def plain(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as plain data."""
    return [asdict(row) for row in rows]
