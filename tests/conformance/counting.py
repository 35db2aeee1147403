"""What irkit makes of the corpus, as counts and as a list of what fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from dialects.module_text import module_text
from dialects.reader import Diagnostic, ReadError, faults, parse_module
from tests.conformance.corpus import Program, functions, modules, programs
from tests.conformance.inference import expected_types, inference_fault, readable
from tests.conformance.named_constraints import named_ids, naming_fault
from tests.conformance.reification import asks_for_shapes, reification_fault
from tests.conformance.upstream import Upstream

RECORDED = Path(__file__).with_name("counts.json")
_UNKNOWN = re.compile(r"unknown operation|is not registered|unregistered|unknown dialect")

Printed = Callable[[str], str | None]
"""Upstream's text of a program, or ``None`` where it gives none."""


@dataclass
class Counts:
    """How many of a corpus, and of those how many irkit gets right."""

    total: dict[str, int] = field(default_factory=dict[str, int])
    right: dict[str, int] = field(default_factory=dict[str, int])
    failures: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def add(self, what: str, right: bool, program: Program, cause: str) -> None:
        """Counts one program of a kind; ``cause`` says why it is not right."""
        self.total[what] = self.total.get(what, 0) + 1
        self.right[what] = self.right.get(what, 0) + right
        if not right:
            self.failures.setdefault(what, []).append(f"{program}: {cause}")


def count(corpus: Path) -> Counts:
    """Runs the whole corpus."""
    counts = Counts()
    with Upstream() as upstream:
        for program in modules(corpus):
            _count_module(counts, program, upstream.printed)
        for program in programs(corpus, "verify"):
            _count_verified(counts, program)
        for program in programs(corpus, "infer"):
            _count_inferred(counts, program)
        for program in programs(corpus, "print"):
            _count_printed(counts, "files", program, upstream.printed)
        for program in functions(corpus):
            _count_printed(counts, "functions", program, upstream.printed)
    return counts


def read(program: Program) -> tuple[list[Diagnostic], str | None]:
    """The faults of a program, or none and its canonical text."""
    try:
        parsed = parse_module(program.text, program.file)
    except ReadError as error:
        return [error.diagnostic], None
    found = faults(parsed)
    return found, None if found else module_text(parsed.module, parsed.resources)


def is_unknown(found: list[Diagnostic]) -> bool:
    """Whether a program was refused only because it has something that irkit does not know."""
    return any(_UNKNOWN.search(fault.message) for fault in found)


def _count_module(counts: Counts, program: Program, printed: Printed) -> None:
    found, ours = read(program)
    cause = found[0].message if found else ""
    counts.add("testdata: read and verified", not found, program, cause)
    counts.add(
        "testdata: printed as upstream",
        ours is not None and ours == printed(program.text),
        program,
        cause or "the text differs",
    )


def _count_verified(counts: Counts, program: Program) -> None:
    found, _ = read(program)
    unknown = is_unknown(found)
    cause = found[0].message if found else "accepted"
    kind = "wrong" if program.expected else "right"
    counts.add(f"verify: {kind} programs decided", not unknown, program, cause)
    if not program.expected:
        counts.add("verify: right programs accepted", not found, program, cause)
        return
    refused = bool(found) and not unknown
    counts.add("verify: wrong programs refused", refused, program, cause)
    placed = refused and found[0].line in program.expected
    where = f"line {found[0].line}, not {program.expected}: {cause}" if found else cause
    counts.add("verify: ... at the annotated line", placed, program, where)
    if named_ids(program):
        fault = naming_fault(program, found)
        counts.add("verify: ... for the named constraint", fault is None, program, fault or "")


def _count_inferred(counts: Counts, program: Program) -> None:
    if program.expected:
        found, _ = read(replace(program, text=readable(program.text)))
        refused = bool(found) and not is_unknown(found)
        cause = found[0].message if found else "accepted"
        counts.add("infer: wrong programs refused", refused, program, cause)
        placed = refused and found[0].line in program.expected
        counts.add("infer: ... at the annotated line", placed, program, cause)
        return
    if expected_types(program.text):
        fault = inference_fault(program.text)
        counts.add("infer: types as upstream", fault is None, program, fault or "")
    if asks_for_shapes(program.text):
        fault = reification_fault(program.text)
        counts.add("infer: shapes as upstream", fault is None, program, fault or "")


def _count_printed(counts: Counts, kind: str, program: Program, printed: Printed) -> None:
    """Programs that refer to what upstream's jaxlib does not have, or to others, do not count."""
    expected = printed(program.text)
    if expected is None:
        return
    found, ours = read(program)
    cause = found[0].message if found else "the text differs"
    counts.add(f"print: {kind} as upstream", ours == expected, program, cause)


# -- the record --------------------------------------------------------------------------------


def recorded(corpus: Path) -> dict[str, int]:
    """The counts in the repository for the corpus of this name.

    Raises ``LookupError`` where there are none.
    """
    record = _record()
    if corpus.name not in record:
        raise LookupError(
            f"no counts are recorded for '{corpus.name}'; record them with "
            "python -m tests.conformance --record"
        )
    return record[corpus.name]


def write_record(corpus: Path, counts: Counts) -> None:
    """Puts the counts into the repository."""
    record = {**_record(), corpus.name: counts.right}
    RECORDED.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")


def _record() -> dict[str, dict[str, int]]:
    return json.loads(RECORDED.read_text()) if RECORDED.exists() else {}


def lost(counts: Counts, record: dict[str, int]) -> Iterator[str]:
    """The counts that have fallen below the record."""
    for what, least in record.items():
        found = counts.right.get(what, 0)
        if found < least:
            yield f"{what}: {found}, recorded {least}"
