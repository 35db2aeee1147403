"""Branches that the tests take, of each package.

    python -m tests.branch_coverage FILE

reads the JSON that coverage.py writes. Branches alone are counted: both ways of an ``if`` without
``else``. Exit status 1 if a package is below 95 %, or if nothing was measured of one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

PACKAGES = ("irkit", "dialects", "passes")
LEAST = 95.0
"""Percent."""


def main() -> int:
    """A line for each package, and the files that miss most."""
    files = json.loads(Path(sys.argv[1]).read_text())["files"]
    below = False
    missing: list[tuple[int, str]] = []
    for package in PACKAGES:
        summaries = {
            name: found["summary"]
            for name, found in files.items()
            if name.startswith(f"{package}/")
        }
        branches = sum(summary["num_branches"] for summary in summaries.values())
        taken = sum(summary["covered_branches"] for summary in summaries.values())
        share = 100 * taken / branches if branches else 0.0
        below |= share < LEAST
        print(f"{package:10} {taken:6,} of {branches:6,} branches  {share:6.2f} %")
        missing += [(s["missing_branches"], name) for name, s in summaries.items()]
    for count, name in sorted(missing, reverse=True)[:10]:
        if count:
            print(f"{count:6} missing in {name}")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
