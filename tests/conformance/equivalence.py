"""The checker on upstream's programs: mutants may never be called equal, variants must be.

``python -m tests.conformance.equivalence [--every N] [--tier rules]`` prints how many were tried;
``--pairs`` instead runs all tiers on variants and mutants, and counts which tier decided what.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException

from dialects.module_text import module_text
from dialects.reader import ParsedModule, ReadError, faults, parse_module
from irkit.errors import IRKitError
from irkit.testing.mutations import mutants, pruned, variants
from irkit.verify.checker import check
from irkit.verify.graph.module import module_digests
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.tiers import names, rules, smt, trials
from irkit.verify.verdict import Verdict
from tests.conformance.corpus import Program, folder, modules, programs

TIERS = {"names": names.judge, "rules": rules.judge, "trials": trials.judge, "smt": smt.judge}


@dataclass
class Tally:
    """What was tried, and what went wrong."""

    programs: int = 0
    mutants: int = 0
    variants: int = 0
    escaped: list[str] = field(default_factory=list[str])
    """Mutants that were called equal, and are not."""
    neutral: list[str] = field(default_factory=list[str])
    """Mutants that a tier proved equal, and for which trials find no difference either."""
    unread: int = 0
    """Programs whose pretty text, upstream's too, can not be read back."""
    missed: list[str] = field(default_factory=list[str])
    """Variants that were not called equal."""


def readable(corpus: Path) -> Iterator[tuple[Program, ParsedModule]]:
    """The valid programs of the corpus."""
    kinds = ("verify", "interpret", "print")
    found = [*modules(corpus), *(p for kind in kinds for p in programs(corpus, kind))]
    for program in found:
        try:
            parsed = parse_module(program.text, program.file)
        except ReadError:
            continue
        if not faults(parsed):
            yield program, parsed


def by_graph(tally: Tally, program: Program, parsed: ParsedModule) -> None:
    """Tier 2 on a program: itself, its mutants and its variants."""
    module = pruned(parsed.module)
    base = module_digests(module, parsed.resources)
    tally.programs += 1
    for what, mutant in mutants(module):
        tally.mutants += 1
        if module_digests(mutant, parsed.resources) == base:
            tally.escaped.append(f"{program}: {what}")
    changed = [*variants(module, 0)]
    try:
        text = module_text(module, parsed.resources)
        changed.append(("printed and read", parse_module(text).module))
    except ReadError:
        # Upstream's pretty form of a loop leaves out types that the body may declare otherwise.
        tally.unread += 1
    for what, variant in changed:
        tally.variants += 1
        if module_digests(variant, parsed.resources) != base:
            tally.missed.append(f"{program}: {what}")


def by_meaning(tally: Tally, program: Program, parsed: ParsedModule, tier: str, most: int) -> None:
    """Another tier on valid mutants of a program; trials say whether an equal one differs."""
    module = pruned(parsed.module)
    options = Options(trials=6, seconds=5)
    tally.programs += 1
    with tempfile.TemporaryDirectory() as place:
        pair = Path(place, "a.mlir"), Path(place, "b.mlir")
        pair[0].write_text(module_text(module, parsed.resources))
        for what, mutant in islice(valid(mutants(module)), most):
            pair[1].write_text(module_text(mutant, parsed.resources))
            try:
                found = TIERS[tier](Pair(*pair), options)
            except IRKitError:
                continue
            tally.mutants += 1
            if found.verdict is not Verdict.EQUAL:
                continue
            tried = trials.judge(Pair(*pair), options).verdict
            kind = tally.escaped if tried is Verdict.DIFFERENT else tally.neutral
            kind.append(f"{program}: {what}: {found.summary}")


def by_all_tiers(decided: Counter[str], program: Program, parsed: ParsedModule, most: int) -> None:
    """Which tier decides a program's variants and mutants, and what it says."""
    module = pruned(parsed.module)
    options = Options(trials=6, seconds=20)
    with tempfile.TemporaryDirectory() as place:
        pair = Path(place, "a.mlir"), Path(place, "b.mlir")
        pair[0].write_text(module_text(module, parsed.resources))
        # Printed names follow the order of the operations, so a variant is another text.
        changed = [("variant", m) for _, m in variants(module, 0)]
        changed += [("mutant", m) for _, m in islice(valid(mutants(module)), most)]
        for kind, other in changed:
            pair[1].write_text(module_text(other, parsed.resources))
            try:
                report = check(Pair(*pair), options)
            except IRKitError:
                decided[f"{kind}: bad input"] += 1
                continue
            found = report.decisive
            by = "no tier" if found is None else f"tier {found.tier.shown}"
            decided[f"{kind}: {report.verdict.value}, by {by}"] += 1


def valid(found: Iterator[tuple[str, ModuleOp]]) -> Iterator[tuple[str, ModuleOp]]:
    """The mutants that are valid programs."""
    for what, mutant in found:
        try:
            mutant.verify()
        except DiagnosticException:
            continue
        yield what, mutant


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every Nth program")
    parser.add_argument("--tier", choices=("graph", *TIERS), default="graph")
    parser.add_argument("--most", type=int, default=20, help="mutants of a program, but for graph")
    parser.add_argument("--pairs", action="store_true", help="count what each tier decides")
    chosen = parser.parse_args()
    corpus = folder()
    if corpus is None:
        raise SystemExit("set STABLEHLO_TESTS to the folder of upstream's test files")
    tally, started = Tally(), time.monotonic()
    if chosen.pairs:
        decided: Counter[str] = Counter()
        for program, parsed in islice(readable(corpus), 0, None, chosen.every):
            by_all_tiers(decided, program, parsed, chosen.most)
        for line, count in sorted(decided.items()):
            print(f"{count:7} {line}")
        return
    for program, parsed in islice(readable(corpus), 0, None, chosen.every):
        if chosen.tier == "graph":
            by_graph(tally, program, parsed)
        else:
            by_meaning(tally, program, parsed, chosen.tier, chosen.most)
    print(f"tier {chosen.tier}, {tally.programs} programs, {time.monotonic() - started:.0f} s")
    print(f"mutants tried {tally.mutants}, escaped {len(tally.escaped)}")
    print(f"mutants proved equal, and no trial objects: {len(tally.neutral)}")
    print(f"variants tried {tally.variants}, missed {len(tally.missed)}")
    print(f"programs whose pretty text can not be read back: {tally.unread}")
    for line in (*tally.escaped, *tally.missed, *tally.neutral):
        print(f"  {line}")


if __name__ == "__main__":
    main()
