"""Every numbered constraint that a module can decide is enforced and tested, and told of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialects.stablehlo.registry import OPERATIONS
from dialects.stablehlo.slicing import SliceOp
from irkit.specification import specification
from tests import constraint_coverage
from tests.constraint_coverage import (
    PAGE,
    all_wrong_programs,
    faults,
    first_violation,
    page,
    unnumbered_rows,
)
from tests.constraint_coverage import (
    tested_keys as keys_tested,
)

SPEC = specification()


def test_nothing_decidable_is_missing_or_untested() -> None:
    assert [*faults()] == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.constraint_coverage --write"


def test_numbers_are_without_gaps() -> None:
    for op, words in SPEC.ops.items():
        assert list(words) == [f"C{n + 1}" for n in range(len(words))], op
        assert all(words.values())


def test_the_specification_has_108_operations_and_453_constraints() -> None:
    assert (len(SPEC.ops), sum(map(len, SPEC.ops.values()))) == (108, 453)


def test_exceptions_are_of_numbers_that_exist_and_have_rows_or_none() -> None:
    rows = {
        op.name.removeprefix("stablehlo."): {
            row.id for row in (*op.CONSTRAINTS, *op.MADE_CONSTRAINTS)
        }
        for op in OPERATIONS
    }
    for op, ids in SPEC.undecidable.items():
        assert ids.keys() <= SPEC.ops[op].keys()
        assert not ids.keys() & rows[op]
    for op, ids in (*SPEC.partly.items(), *SPEC.looser.items()):
        assert ids.keys() <= SPEC.ops[op].keys() & rows[op]
    for op, ids in SPEC.made.items():
        made = next(o for o in OPERATIONS if o.name == f"stablehlo.{op}").MADE_CONSTRAINTS
        assert ids == [row.id for row in made]
    assert [op for op in OPERATIONS if op.MADE_CONSTRAINTS and op.name[10:] not in SPEC.made] == []
    for op, ids in SPEC.numbered_as.items():
        assert set(ids.values()) <= rows[op]


def test_every_row_is_told_in_words() -> None:
    titles = {(op.name[10:], r.id) for op in OPERATIONS for r in op.CONSTRAINTS if r.title}
    untold = [key for key in unnumbered_rows() if not SPEC.words(*key) and key not in titles]
    assert untold == []
    ids = {(op.name[10:], row.id) for op in OPERATIONS for row in op.CONSTRAINTS}
    told = {(op, id) for op, words in SPEC.unnumbered.items() for id in words}
    assert told - ids == set()


def test_a_row_that_is_dropped_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Programs are judged by all rows, once: later rows rely on this one.
    assert "slice (C4): no row checks it" not in [*faults()]
    kept = [row for row in SliceOp.CONSTRAINTS if row.id != "C4"]
    monkeypatch.setattr(SliceOp, "CONSTRAINTS", kept)
    assert "slice (C4): no row checks it" in [*faults()]


def test_a_program_that_is_dropped_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keys_tested() - {("slice", "C4")}
    monkeypatch.setattr(constraint_coverage, "tested_keys", lambda: kept)
    assert "slice (C4): a right or a wrong program is missing" in [*faults()]


def test_a_program_that_claims_the_wrong_constraint_does_not_count() -> None:
    right = next(p for p in all_wrong_programs() if (p.op, p.id) == ("slice", "C4"))
    assert first_violation(right) == "C4"
    assert first_violation(replace(right, op="pad")) is None
