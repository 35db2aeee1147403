"""The reader by statements against the one of whole modules, on upstream's test files.

    python -m tests.conformance.readers [--every N]

Both must find the same faults, and print and prune to the same bytes. Every program in which they
differ is printed; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from tests.conformance.corpus import Program, folder, modules, programs
from tests.irkit.reading.two_readers import check_agrees, rewriting_agrees

COMPARISONS: dict[str, Callable[[str, Path], str | None]] = {
    "the same faults": check_agrees,
    "the same bytes, formatted and pruned": rewriting_agrees,
}


def sources(corpus: Path) -> Iterator[Program]:
    """Every program and module of the corpus."""
    for part in ("verify", "infer", "print"):
        yield from programs(corpus, part)
    yield from modules(corpus)


def differences(corpus: Path, scratch: Path, every: int = 1) -> tuple[dict[str, str], int]:
    """What the readers differ in, by program; and how many of the programs were compared.

    ``every`` takes one in so many.
    """
    found: dict[str, str] = {}
    count = 0
    for program in islice(sources(corpus), 0, None, every):
        count += 1
        for name, compare in COMPARISONS.items():
            difference = compare(program.text, scratch)
            if difference is not None:
                found[f"{program}: {name}"] = difference
    return found, count


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="One program in N.")
    options = parser.parse_args()
    corpus = folder()
    if corpus is None:
        parser.error("upstream's test files are not here: set STABLEHLO_TESTS to their folder")
    with tempfile.TemporaryDirectory() as scratch:
        found, count = differences(corpus, Path(scratch), options.every)
    for place, difference in found.items():
        print(f"{place}: {difference}")
    print(f"{count} programs, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
