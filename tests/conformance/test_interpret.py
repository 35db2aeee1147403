"""Upstream's modules and the interpreter: no count may fall below the one recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.corpus import folder
from tests.conformance.interpret import (
    NOT_RUN,
    RIGHT,
    WRONG,
    Case,
    Counts,
    cases,
    count,
    lost,
    outcome,
    recorded,
)

CORPUS = folder()
needs_corpus = pytest.mark.skipif(
    CORPUS is None, reason="upstream's test files are not here: set STABLEHLO_TESTS to their folder"
)
GOOD = """func.func @main() {
  %0 = stablehlo.constant dense<2> : tensor<i32>
  %1 = stablehlo.add %0, %0 : tensor<i32>
  check.expect_eq_const %1, dense<4> : tensor<i32>
  return
}"""
CASE = Case("testdata", "good.mlir", 1, GOOD, False)


@needs_corpus
def test_no_count_falls_below_the_record() -> None:
    assert CORPUS is not None
    record = recorded(CORPUS)
    assert record != {}
    assert lost(count(cases(CORPUS), jobs=2), record) == []


def with_text(old: str, new: str) -> Case:
    assert old in GOOD
    return replace(CASE, text=GOOD.replace(old, new))


def test_verdicts() -> None:
    assert outcome(CASE).verdict == RIGHT
    wrong = outcome(with_text("dense<4>", "dense<5>"))
    assert wrong.verdict == WRONG
    assert "4 instead of 5" in wrong.cause
    call = "stablehlo.custom_call @unknown() : () -> ()\n  check.expect_eq_const"
    assert outcome(with_text("check.expect_eq_const", call)).verdict == NOT_RUN
    assert outcome(with_text("stablehlo.add", "stablehlo.unknown")).verdict == NOT_RUN


def test_what_is_printed_is_compared() -> None:
    text = """func.func @main() -> tensor<2xi32> {
      // CHECK:      tensor<2xi32> {
      // CHECK-NEXT:   [1, 2]
      // CHECK-NEXT: }
      %0 = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
      return %0 : tensor<2xi32>
    }"""
    assert outcome(replace(CASE, text=text)).verdict == RIGHT
    wrong = outcome(replace(CASE, text=text.replace("[1, 2]\n", "[1, 3]\n")))
    assert (wrong.verdict, wrong.cause) == (WRONG, "'[1, 3]' was not printed")


def test_counts_are_by_kind_and_may_not_fall() -> None:
    counts = Counts()
    for case in (CASE, replace(CASE, disabled=True), with_text("dense<4>", "dense<5>")):
        counts.add(outcome(case))
    assert counts.right() == {"testdata": 1, "testdata, disabled upstream": 1}
    assert lost(counts, {"testdata": 1}) == []
    assert lost(counts, {"testdata": 2, "other": 1}) == [
        "testdata: 1 right, recorded 2",
        "other: 0 right, recorded 1",
    ]


def test_programs_are_split_and_disabled_ones_found(tmp_path: Path) -> None:
    place = tmp_path / "interpret"
    place.mkdir()
    (place / "a.mlir").write_text(f"// RUN: x\n{GOOD}\n// -----\n{GOOD}\n// -----\n// none\n")
    (place / "b.mlir").write_text(f"// RUN-DISABLED: x\n{GOOD}\n")
    found = list(cases(tmp_path))
    assert [(case.file, case.line, case.disabled) for case in found] == [
        ("a.mlir", 1, False),
        ("a.mlir", 8, False),
        ("b.mlir", 1, True),
    ]
