"""``python -m tests.conformance.generic``: the generic form over upstream's test files.

For each module of ``testdata/`` and each program of ``print/`` that irkit reads: the generic text
is ``iree-opt -mlir-print-op-generic``'s byte for byte, and reading it gives the same pretty text.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from dialects.module_text import module_text
from dialects.reader import ParsedModule, ReadError, faults, parse_module
from tests.conformance.corpus import Program, folder, functions, modules, programs
from tests.witness import iree

BATCH = 64


def readable(found: Iterator[Program]) -> Iterator[tuple[Program, ParsedModule]]:
    """The programs that irkit reads and finds valid."""
    for program in found:
        try:
            parsed = parse_module(program.text, program.file)
        except ReadError:
            continue
        if not faults(parsed):
            yield program, parsed


def generic_text(parsed: ParsedModule) -> str:
    """irkit's generic text of a module."""
    return module_text(parsed.module, parsed.resources, generic=True)


def upstream_texts(texts: Sequence[str]) -> list[str | None]:
    """Upstream's generic text of each module, ``None`` where it refuses one."""
    try:
        return [*iree.printed(list(texts), "-mlir-print-op-generic")]
    except RuntimeError:
        if len(texts) == 1:
            return [None]
        half = len(texts) // 2
        return upstream_texts(texts[:half]) + upstream_texts(texts[half:])


def differences(batch: Sequence[tuple[Program, ParsedModule]]) -> Iterator[tuple[Program, str]]:
    """What is wrong with the generic form of each program, or an empty text."""
    pretty = [module_text(parsed.module, parsed.resources) for _, parsed in batch]
    upstream = upstream_texts([program.text for program, _ in batch])
    for (program, parsed), shown, expected in zip(batch, pretty, upstream, strict=True):
        generic = generic_text(parsed)
        if expected is None:
            continue
        if generic != expected:
            yield program, _first_difference(generic, expected)
        elif (again := pretty_again(generic)) != shown:
            yield program, f"read back as {_first_difference(again, shown)}"
        else:
            yield program, ""


def pretty_again(generic: str) -> str:
    """The pretty text of what a generic text says."""
    parsed = parse_module(generic)
    return module_text(parsed.module, parsed.resources)


def _first_difference(ours: str, theirs: str) -> str:
    for number, (mine, other) in enumerate(
        zip(ours.splitlines(), theirs.splitlines(), strict=False), 1
    ):
        if mine != other:
            return f"line {number}: {mine.strip()[:200]!r}, upstream {other.strip()[:200]!r}"
    return "one text ends before the other"


def main() -> int:
    """Prints what differs and the counts; 1 if anything does, 2 without a corpus."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.generic")
    parser.add_argument("--every", type=int, default=1, help="take one of so many modules")
    arguments = parser.parse_args()
    corpus = folder()
    if corpus is None:
        print("no corpus: set STABLEHLO_TESTS to its folder", file=sys.stderr)
        return 2
    wrong = False
    for name, found in (
        ("testdata", islice(modules(corpus), 0, None, arguments.every)),
        ("print", programs(corpus, "print")),
        ("functions", functions(corpus)),
    ):
        pairs = readable(found)
        compared = equal = 0
        while batch := list(islice(pairs, BATCH)):
            for program, fault in differences(batch):
                compared += 1
                equal += not fault
                if fault:
                    print(f"{program}: {fault}")
        print(f"{name}: {compared} compared, {equal} equal", flush=True)
        wrong = wrong or compared != equal
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
