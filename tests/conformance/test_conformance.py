"""Upstream's own test files: no count may fall below the one recorded in the repository."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialects.diagnostics import Diagnostic
from dialects.reader import check_module
from tests.conformance.corpus import Program, files, folder, programs
from tests.conformance.counting import Counts, count, lost, recorded
from tests.conformance.inference import expected_types, inference_fault
from tests.conformance.named_constraints import CAUSES, named_ids, naming_fault
from tests.conformance.upstream import Upstream

CORPUS = folder()
needs_corpus = pytest.mark.skipif(
    CORPUS is None, reason="upstream's test files are not here: set STABLEHLO_TESTS to their folder"
)


@needs_corpus
def test_no_count_falls_below_the_record() -> None:
    assert CORPUS is not None
    record = recorded(CORPUS)
    assert record != {}
    assert [*lost(count(CORPUS), record)] == []


@needs_corpus
def test_annotations_are_found() -> None:
    """As many lines as a search for the word gives, and none outside of its program."""
    assert CORPUS is not None
    for path in files(CORPUS, "verify"):
        mine = [p for p in programs(CORPUS, "verify") if p.file == path.name]
        words = sum(line.count("expected-error") for line in path.read_text().splitlines())
        assert sum(len(p.expected) for p in mine) == words
        for program in mine:
            assert all(0 < line <= program.text.count("\n") + 1 for line in program.expected)


def test_upstreams_own_folder_will_do(tmp_path: Path) -> None:
    for name in (
        "ops_stablehlo.mlir",
        "verify_while.mlir",
        "print_while.mlir",
        "canonicalize.mlir",
        "interpret/quantized/add.mlir",
    ):
        (tmp_path / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / name).write_text("module {}\n// -----\nmodule {}\n")
    assert [path.name for path in files(tmp_path, "verify")] == [
        "ops_stablehlo.mlir",
        "verify_while.mlir",
    ]
    assert [p.line for p in programs(tmp_path, "print")] == [0, 1]
    assert [p.line for p in programs(tmp_path, "interpret")] == [0, 1]


@needs_corpus
def test_expected_types_are_found() -> None:
    """As many as a search for the word gives."""
    assert CORPUS is not None
    for program in programs(CORPUS, "infer"):
        found = sum(map(len, expected_types(program.text)))
        assert found == len(re.findall(r"types\d = ", program.text))


ASKED = """
func.func @f(%x: tensor<2x?xf32>) {
  %0 = stablehlo.abs %x : (tensor<2x?xf32>) -> tensor<?x?xf32>
  // CHECK: types0 = tensor<2x?xf32>
  %1 = "hlo_test_infer.get_return_types"(%0) : (tensor<?x?xf32>) -> tensor<?x?xindex>
  return
}
"""


def test_inferred_types_are_compared() -> None:
    assert inference_fault(ASKED) is None
    assert inference_fault(ASKED.replace("types0 = tensor<2", "types0 = tensor<{{[23]}}")) is None
    fault = inference_fault(ASKED.replace("types0 = tensor<2", "types0 = tensor<3"))
    assert fault == "inferred tensor<2x?xf32>, expected tensor<3x?xf32>"
    assert inference_fault(ASKED.replace("// CHECK", "// types0 = tensor<2x?xf32> CHECK"))
    assert inference_fault(ASKED.replace("types0", "none")) == "1 questions, 0 answers"
    unread = inference_fault(ASKED.replace("abs", "unheard_of"))
    assert unread == "unknown operation 'stablehlo.unheard_of'"


def test_the_constraints_in_a_name_are_compared() -> None:
    wrong = Program("a", 0, 0, "func.func @pad_c2_c3_negative(%x: tensor<f32>) {}", (1,))
    assert named_ids(wrong) == {"C2", "C3"}
    assert named_ids(replace(wrong, text="func.func @floor_i32() {}")) == frozenset()
    assert naming_fault(wrong, [Diagnostic("a", 1, 1, "stablehlo.pad: (C3) no")]) is None
    other = naming_fault(wrong, [Diagnostic("a", 1, 1, "stablehlo.pad: (C4) no")])
    assert other == "(C4) instead of (C2) (C3): stablehlo.pad: (C4) no"
    assert naming_fault(wrong, []) == "accepted, named after (C2) (C3)"


@needs_corpus
def test_every_difference_from_a_name_has_its_cause() -> None:
    assert CORPUS is not None
    unexplained = []
    for program in programs(CORPUS, "verify"):
        if program.expected and named_ids(program):
            fault = naming_fault(program, check_module(program.text, program.file))
            if fault is not None and not fault.endswith(tuple(CAUSES.values())):
                unexplained.append(f"{program}: {fault}")
    assert unexplained == []


def test_a_fallen_count_is_told() -> None:
    counts = Counts()
    counts.add("print", True, Program("a", 0, 0, ""), "")
    counts.add("print", False, Program("b", 0, 4, ""), "no")
    assert counts.failures == {"print": ["b:5: no"]}
    assert [*lost(counts, {"print": 1})] == []
    assert [*lost(counts, {"print": 2, "verify": 1})] == [
        "print: 1, recorded 2",
        "verify: 0, recorded 1",
    ]


def test_a_corpus_without_a_record_is_told() -> None:
    with pytest.raises(LookupError, match="--record"):
        recorded(Path("/nowhere"))


def test_a_wrong_folder_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STABLEHLO_TESTS", str(tmp_path))
    assert folder() == tmp_path.resolve()
    monkeypatch.setenv("STABLEHLO_TESTS", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="none"):
        folder()


def test_upstream_survives_what_kills_it() -> None:
    right = "func.func @f() {\n  return\n}"
    with Upstream() as upstream:
        expected = upstream.printed(right)
        assert expected is not None
        assert upstream.printed("nonsense") is None
        upstream.end_abruptly()
        assert upstream.printed(right) is None
        assert upstream.printed(right) == expected
