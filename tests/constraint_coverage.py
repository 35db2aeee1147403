"""``python -m tests.constraint_coverage``: op by op, which numbered constraints are checked.

``--check`` fails if one that a module can decide has no row or no test, ``--write`` makes
``docs/constraints.md``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dialects.constraints import ConstraintError
from dialects.reader import check_module, parse_module
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.registry import OPERATIONS
from irkit.operation_page import constraint_line, operation_page
from irkit.specification import specification

_FOLDER = Path(__file__).parent / "dialects"
PAGE = Path(__file__).parents[1] / "docs" / "constraints.md"
if str(_FOLDER) not in sys.path:
    # The tests of dialects are no package; pytest puts their folder there, too.
    sys.path.insert(0, str(_FOLDER))

from constraint_programs import WrongProgram, all_right_programs, all_wrong_programs  # noqa: E402

Key = tuple[str, str]
"""An operation without ``stablehlo.``, and the id of a row."""


@dataclass(frozen=True)
class Coverage:
    """One operation of the specification; ids are the specification's."""

    op: str
    numbered: tuple[str, ...]
    enforced: tuple[str, ...]
    tested: tuple[str, ...]
    undecidable: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What a module could decide, and no row does."""
        return _without(self.numbered, self.enforced, self.undecidable)

    @property
    def untested(self) -> tuple[str, ...]:
        """Rows without a right and a wrong program."""
        return _without(self.enforced, self.tested)


def _without(ids: tuple[str, ...], *others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(id for id in ids if not any(id in other for other in others))


def coverage() -> list[Coverage]:
    """The specification's operations, in its order."""
    classes = {_short(op): op for op in OPERATIONS}
    tested = tested_keys()
    return [_covered(op, classes.get(op), tested) for op in specification().ops]


def _covered(name: str, op: type[StableHLOOp] | None, tested: frozenset[Key]) -> Coverage:
    spec = specification()
    rows = {row.id for row in (*op.CONSTRAINTS, *op.MADE_CONSTRAINTS)} if op else set[str]()
    numbered = tuple(spec.ops[name])
    enforced = tuple(id for id in numbered if spec.row_id(name, id) in rows)
    return Coverage(
        name,
        numbered,
        enforced,
        tuple(id for id in enforced if (name, spec.row_id(name, id)) in tested),
        tuple(spec.undecidable.get(name, {})),
    )


def unnumbered_rows() -> Iterator[Key]:
    """The rows that bear no number of the specification."""
    spec = specification()
    for op in OPERATIONS:
        name = _short(op)
        numbered = {spec.row_id(name, id) for id in spec.ops.get(name, {})}
        yield from ((name, row.id) for row in op.CONSTRAINTS if row.id not in numbered)


@cache
def tested_keys() -> frozenset[Key]:
    """What a right program fulfils and a wrong one violates, as it claims."""
    refused = {(program.op, program.id) for program, id in judged() if id == program.id}
    return frozenset(refused.intersection(accepted_keys()))


@cache
def judged() -> tuple[tuple[WrongProgram, str | None], ...]:
    """Every wrong program, and the id of what it violates first."""
    return tuple((program, first_violation(program)) for program in all_wrong_programs())


def accepted_keys() -> Iterator[Key]:
    """What some operation of a right program fulfils, decidedly."""
    for text in all_right_programs():
        for op in parse_module(text).module.walk():
            if isinstance(op, StableHLOOp):
                decided = {row.id for row in op.CONSTRAINTS if row.holds(op)}
                decided |= {row.id for row in op.MADE_CONSTRAINTS if row.holds(op)}
                yield from ((_short(type(op)), id) for id in decided)


def first_violation(program: WrongProgram) -> str | None:
    """The id of what the program violates first in an operation of its name."""
    start = f"stablehlo.{program.op}: ("
    for fault in check_module(program.text):
        if fault.message.startswith(start):
            return fault.message.removeprefix(start).partition(")")[0]
    return _violation_when_made(program)


def _violation_when_made(program: WrongProgram) -> str | None:
    for op in parse_module(program.text).module.walk():
        if isinstance(op, StableHLOOp) and _short(type(op)) == program.op and op.MADE_CONSTRAINTS:
            try:
                op.infer(op.operand_types, op.properties, op.regions)
            except ConstraintError as error:
                return error.violation.id
    return None


def _short(op: type[StableHLOOp]) -> str:
    return op.name.removeprefix("stablehlo.")


# -- the table ---------------------------------------------------------------------------------

_HEAD = ("operation", "constraints", "enforced", "tested", "undecidable", "missing")


def table() -> list[tuple[str, ...]]:
    """A line an operation, and the totals."""
    covered = coverage()
    rows = [
        (
            found.op,
            *(str(len(ids)) for ids in (found.numbered, found.enforced, found.tested)),
            ", ".join(found.undecidable),
            ", ".join(found.missing),
        )
        for found in covered
    ]
    totals = [
        sum(len(ids) for ids in lists)
        for lists in zip(
            *((c.numbered, c.enforced, c.tested, c.undecidable, c.missing) for c in covered),
            strict=True,
        )
    ]
    return [*rows, (f"{len(rows)} operations", *map(str, totals))]


def faults() -> Iterator[str]:
    """What ``--check`` fails for."""
    for found in coverage():
        for id in found.missing:
            yield f"{found.op} ({id}): no row checks it"
        for id in found.untested:
            yield f"{found.op} ({id}): a right or a wrong program is missing"
    for op, id in sorted({*unnumbered_rows()} - tested_keys()):
        yield f"{op} ({id}): a right or a wrong program is missing"


def page() -> str:
    """``docs/constraints.md``."""
    spec = specification()
    lines = [
        "# The numbered constraints of StableHLO",
        "",
        "Made by `python -m tests.constraint_coverage --write`; a test fails where it is old.",
        "",
        f"The [specification]({spec.source}) numbers constraints `(Cn)` operation by operation. A",
        "constraint is *enforced* by a row of the operation's table, which `irkit check` walks and",
        "`irkit explain OPERATION` words. It is *tested* if a program is accepted in which",
        "it holds, and one refused whose first violation it is. *Undecidable* are those for which",
        "a module does not say enough.",
        "",
        *_markdown([_HEAD, *table()]),
        "",
        "## Not decidable from a module",
        "",
        *_markdown([("operation", "constraint", "why"), *_reasons(spec.undecidable)]),
        "",
        "## Partly decidable",
        "",
        "A row checks what a module says; what it leaves open:",
        "",
        *_markdown([("operation", "constraint", "not known"), *_reasons(spec.partly)]),
        "",
        "## Looser than the specification",
        "",
        "A row lets pass what upstream takes:",
        "",
        *_markdown([("operation", "constraint", "taken"), *_reasons(spec.looser)]),
        "",
        "## Asked of new operations only",
        "",
        "Upstream's own valid programs break these, so they are asked where an operation is made",
        "(`irkit.hlo`, inference), and not where one is read:",
        "",
        *(f"- `{op}` ({id}): {spec.words(op, id)}" for op, ids in spec.made.items() for id in ids),
        "",
        "## Other numbers than the specification's",
        "",
        "The rows of these bear the numbers that upstream's sources and tests use:",
        "",
        *(
            f"- `{op}`: " + ", ".join(f"{id} as {row}" for id, row in ids.items())
            for op, ids in spec.numbered_as.items()
        ),
        "",
        "## Stricter than upstream",
        "",
        "Upstream takes programs that violate these:",
        "",
        *(
            f"- `{op}` ({id}): {constraint_line(operation_page(op), id).text}"
            for op, id in stricter_keys()
        ),
        "",
    ]
    return "\n".join(lines)


def stricter_keys() -> list[Key]:
    """What upstream does not check."""
    made = {(op, id) for op, ids in specification().made.items() for id in ids}
    return sorted({(p.op, p.id) for p in all_wrong_programs() if p.stricter} - made)


def _reasons(words: object) -> list[tuple[str, ...]]:
    found = dict(words) if isinstance(words, dict) else {}
    return [(op, id, why) for op, ids in found.items() for id, why in ids.items()]


def _markdown(rows: list[tuple[str, ...]]) -> Iterator[str]:
    head, *body = rows
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in body:
        yield f"| {' | '.join(row)} |"


def main() -> int:
    """Prints the table; 1 where ``--check`` finds something."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.constraint_coverage", description=__doc__
    )
    parser.add_argument("--check", action="store_true", help="fail if something is missing")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    arguments = parser.parse_args()
    if arguments.write:
        PAGE.write_text(page())
    rows = [_HEAD, *table()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        print(
            "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    found = [*faults()] if arguments.check else []
    for line in found:
        print(f"error: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
