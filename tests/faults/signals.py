"""Signals at random moments: an output is whole or absent, and what is left is cleared.

python -m tests.faults.signals [--moments 200] [--seed 0]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.case import Outcome, count
from tests.faults.process import LEFTOVER, ROOT, Ended, Run, run
from tests.faults.program import write_weights

STATUSES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -9}
WORDS = re.compile(r"irkit: (interrupted|terminated)( while [^\n]+)?\n")
UNTIL_CLEARED = 5
"""Runs that are ended, one after another to one output, before one is left to its end."""


@dataclass(frozen=True)
class Command:
    """A command line without its output, the bytes that it writes, and how long it takes."""

    name: str
    arguments: tuple[str, ...]
    good: bytes
    seconds: float
    cold: bool


def _measured(folder: Path, name: str, arguments: tuple[str, ...], *, cold: bool) -> Command:
    times: list[float] = []
    for _ in range(2):  # the first warm one may wait for the imports
        ended, _ = run(folder, [*arguments, "-o", "good"], cold=cold)
        assert ended.status == 0, ended.err
        times.append(ended.seconds)
    good = (folder / "good").read_bytes()
    return Command(name, arguments, good, min(times), cold)


def commands(folder: Path, *, cold: bool) -> list[Command]:
    """The commands that write a file."""
    write_weights(folder / "w.npz")
    lower = ("lower", "tests.faults.program:forward", "--weights", "w.npz", "--constants", "inline")
    whole = _measured(folder, "lower", lower, cold=cold)
    (folder / "whole.mlir").write_bytes(whole.good)
    return [
        whole,
        _measured(folder, "fmt", ("fmt", "whole.mlir"), cold=cold),
        _measured(folder, "prune", ("prune", "whole.mlir"), cold=cold),
    ]


def _trial(
    command: Command, folder: Path, number: int, moment: float, seen: Counter[str]
) -> str | None:
    """Ends one run after ``moment`` seconds; what is lost by that."""
    out = folder / "out.mlir"
    before = _partial(folder)
    started = Run(folder, [*command.arguments, "-o", out.name], cold=command.cold)
    try:
        time.sleep(moment)
        started.send(number)
        ended = started.wait()
        left = started.left()
    finally:
        started.close()
    name = signal.Signals(number).name
    seen[f"{command.name}: {name} -> {ended.status}"] += 1
    lost = _wrong_end(ended, number, seen)
    if lost is None and left:
        lost = f"left temporary files: {', '.join(left)}"
    if lost is None and out.exists() and out.read_bytes() != command.good:
        lost = f"under the output's name are {out.stat().st_size:,} bytes that are not its own"
    if lost is None and ended.status == 0 and not out.exists():
        lost = "the run ended well, without an output"
    partial = _partial(folder) - before
    seen["left over"] += len(partial)
    if lost is None and not all(map(LEFTOVER.fullmatch, partial)):
        lost = f"not recognisable as left over: {', '.join(partial)}"
    if lost is None and number != signal.SIGKILL and partial:
        lost = f"left over by a signal that can be caught: {', '.join(partial)}"
    if lost is None:
        return None
    return f"{command.name}: {name} after {moment:.3f} s: {lost}"


def _partial(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if ".irkit-" in path.name}


def _wrong_end(ended: Ended, number: int, seen: Counter[str]) -> str | None:
    if ended.status is None:
        return f"hung for {ended.seconds:.0f} s"
    if ended.status == 0:
        return None if not ended.err else f"ended well, but said {ended.err!r}"
    if ended.status == -number:
        return None  # SIGKILL, or before irkit was there to be told
    if ended.status == 1 and "irkit" not in ended.err:
        return None  # likewise: Python's own start, or the process that forked it
    if ended.status != STATUSES[signal.Signals(number)]:
        return f"status {ended.status}: {ended.err[:300]!r}"
    said = WORDS.fullmatch(ended.err)
    if said is None:
        return f"said {ended.err[:300]!r}"
    what = (said[2] or "").split()
    seen[f"said: while {what[1]}" if said[2] else "said no place"] += 1
    return None


def _moments(
    command: Command, folder: Path, moments: int, rng: random.Random, seen: Counter[str]
) -> Iterator[str | None]:
    for trial in range(moments):
        if trial % UNTIL_CLEARED == 0:
            # The way from nothing to an output, and, every other time, from one to the next.
            (folder / "out.mlir").unlink(missing_ok=True)
        number = signal.SIGKILL if trial % 2 == 0 else rng.choice(list(STATUSES)[:3])
        yield _trial(command, folder, number, rng.uniform(0, command.seconds * 1.05), seen)
        if trial % UNTIL_CLEARED == UNTIL_CLEARED - 1 or trial == moments - 1:
            yield _next_run(command, folder)


def _next_run(command: Command, folder: Path) -> str | None:
    ended, left = run(folder, [*command.arguments, "-o", "out.mlir"], cold=command.cold)
    partial = _partial(folder)
    if ended.status != 0 or ended.err or left or partial:
        return f"{command.name}: the next run: {ended.status} {ended.err!r} {left} {partial}"
    if (folder / "out.mlir").read_bytes() != command.good:
        return f"{command.name}: the next run wrote another text"
    return None


def try_signals(
    moments: int, *, seed: int = 0, cold: bool = False, seen: Counter[str] | None = None
) -> Outcome:
    """``moments`` signals to ``lower``, a quarter as many each to ``fmt`` and ``prune``."""
    rng = random.Random(seed)
    counted = Counter[str]() if seen is None else seen

    def trials() -> Iterator[str | None]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for command in commands(folder, cold=cold):
                few = moments if command.name == "lower" else -(-moments // 4)
                yield from _moments(command, folder, few, rng, counted)

    return count(f"signals at random moments ({'cold' if cold else 'warm'})", trials())


def main() -> int:
    """Half of the moments in new interpreters, half in forked ones; prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    seen = Counter[str]()
    outcomes = [
        try_signals(given.moments // 2, seed=given.seed, cold=cold, seen=seen)
        for cold in (True, False)
    ]
    found = {"outcomes": [o.row() for o in outcomes], "seen": dict(sorted(seen.items()))}
    print(json.dumps(found, indent=1))
    return 1 if any(o.lost for o in outcomes) else 0


if __name__ == "__main__":
    assert ROOT.exists()
    sys.exit(main())
