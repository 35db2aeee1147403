"""Writes the README's reliability tables, after taking over the figures of new runs.

    irkit fuzz --minutes 60 --save out/fuzz
    python -m tests.faults --count 200 --json out/faults.json
    python -m tests.fuzzing reader --minutes 30 > out/fuzzing/reader.log 2>&1
    python -m tests.reliability --fuzz out/fuzz/summary.jsonl --faults out/faults.json \\
        --fuzzing out/fuzzing/*.log

Without arguments it writes the tables from the figures that are recorded.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.reliability import measured
from tests.reliability.table import MEASURED, README, readme_with, section


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.reliability",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fuzz", type=Path, nargs="+", help="summary.jsonl of `irkit fuzz`")
    parser.add_argument("--final", type=int, default=1, help="last runs, of which losses count")
    parser.add_argument("--faults", type=Path, nargs="+", help="JSON of `python -m tests.faults`")
    parser.add_argument("--fuzzing", type=Path, nargs="+", help="logs of `python -m tests.fuzzing`")
    given = parser.parse_args()
    kinds = json.loads(MEASURED.read_text())
    if given.fuzz:
        kinds["fuzz"] = measured.plain(measured.fuzz(given.fuzz, given.final))
    if given.faults:
        kinds["faults"] = measured.plain(measured.faults(given.faults))
    if given.fuzzing:
        kinds["fuzzing"] = measured.plain(measured.coverage_guided(given.fuzzing))
    MEASURED.write_text(json.dumps(kinds, indent=1, ensure_ascii=False) + "\n")
    README.write_text(readme_with(section()))


if __name__ == "__main__":
    main()
