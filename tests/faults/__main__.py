"""All faults in one command: what was tried, how often, and what was lost.

    python -m tests.faults [--only NAME ...] [--count N] [--json FILE]

Exit status 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.faults import disk, memory, op_log, signals, text, weights, yaml_files
from tests.faults.case import Outcome

RUNS: dict[str, Callable[[int], Outcome]] = {
    "signals": signals.try_signals,
    "signals-cold": partial(signals.try_signals, cold=True),
    "disk": disk.try_disks,
    "op-log": op_log.flipped_bits,
    "memory": memory.try_memory,
    "weights-headers": weights.run_headers,
    "weights-numpy": weights.run_numpy,
    "weights-indexes": weights.run_indexes,
    "weights-truncated": weights.run_truncated,
    "weights-changed": weights.run_changed,
    "yaml": yaml_files.run_yaml,
    "text": text.run_text,
    "text-streams": text.run_streams,
}
"""Each run by its name; it is given how many random trials to make, and ignores that where it goes
through a fixed list."""

RANDOM_TRIALS = 20


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=RUNS, default=list(RUNS), metavar="NAME")
    parser.add_argument("--count", type=int, default=RANDOM_TRIALS, help="random trials of each")
    parser.add_argument("--json", type=Path, help="write the table to this file")
    given = parser.parse_args()
    width = max(map(len, RUNS), default=0)
    outcomes: list[Outcome] = []
    for name in given.only:
        outcome = RUNS[name](given.count)
        outcomes.append(outcome)
        print(f"{name:{width}}  {outcome.name:60}", end="  ")
        print(
            f"tried {outcome.tried:6,}  lost {outcome.lost}  {outcome.seconds:6.1f} s", flush=True
        )
        for loss in outcome.losses:
            print(f"    {loss}")
    if given.json is not None:
        given.json.write_text(json.dumps([o.row() for o in outcomes], indent=1) + "\n")
    print(f"tried {sum(o.tried for o in outcomes):,}, lost {sum(o.lost for o in outcomes)}")
    return 1 if any(o.lost for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
