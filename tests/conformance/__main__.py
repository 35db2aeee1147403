"""``python -m tests.conformance``: the table of counts, and ``--record`` to keep them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.conformance.corpus import folder
from tests.conformance.counting import Counts, count, lost, recorded, write_record


def main() -> int:
    """Prints the table; 1 where a count has fallen below the record, 2 without a corpus."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the counts to counts.json")
    parser.add_argument("--failures", action="store_true", help="list every failing program")
    parser.add_argument("--causes", action="store_true", help="list the causes with their counts")
    arguments = parser.parse_args()
    corpus = folder()
    if corpus is None:
        print("no corpus: set STABLEHLO_TESTS to its folder", file=sys.stderr)
        return 2
    counts = count(corpus)
    if arguments.record:
        write_record(corpus, counts)
    record = recorded(corpus)
    _print_table(counts, record)
    for what, failures in counts.failures.items():
        if arguments.causes:
            print(f"\n{what}:")
            for cause, number in Counter(f.split(": ", 1)[1] for f in failures).most_common():
                print(f"{number:6} {cause}")
        if arguments.failures:
            print(f"\n{what}:", *failures, sep="\n  ")
    fallen = list(lost(counts, record))
    for line in fallen:
        print(f"error: {line}", file=sys.stderr)
    return 1 if fallen else 0


def _print_table(counts: Counts, record: dict[str, int]) -> None:
    width = max(map(len, counts.total))
    print(f"{'':{width}}  of these   right  recorded")
    for what, total in counts.total.items():
        print(f"{what:{width}}  {total:8}{counts.right[what]:8}{record.get(what, 0):10}")


if __name__ == "__main__":
    sys.exit(main())
