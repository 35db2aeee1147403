"""Each property fails where what it promises does not hold, and says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dialects.diagnostics import Diagnostic
from dialects.stablehlo.registry import StableHLO
from irkit import Policy
from irkit.recording import ComputeGraph
from irkit.testing import Program, Step
from irkit.testing.case import Case
from irkit.testing.properties import (
    identity,
    inference,
    interpretation,
    memory,
    printing,
    pruning,
    refusal,
    upstream,
)
from irkit.testing.properties.known_differences import known_difference
from irkit.testing.properties.outcome import NotApplicableError, PropertyError, WitnessError
from irkit.testing.properties.witnesses import Witnesses
from irkit.testing.workers.worker import Json
from irkit.types import tensor
from irkit.verify.tiers import graph, names
from irkit.verify.verdict import Finding, Tier, Verdict
from tests.properties.planting import plant_here
from tests.properties.test_fuzz import PLANTED

SMALL = Policy(chunk_end="operations", operations=1)
FAULT = Diagnostic("a.mlir", 3, 5, "it is planted")
HASH_SEED_DIES = """
import os, sys

if "irkit.testing.workers.lowering" in sys.orig_argv:
    os.write(2, b"no seed")
    os._exit(9)
"""


def case(*steps: Step | str, outputs: Sequence[int] = (0,)) -> Case:
    made = tuple(Step(step) if isinstance(step, str) else step for step in steps)
    return Case(Program(made, tuple(outputs)), SMALL, "argument", True, 0)


ADD = case("add")


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witnesses]:
    with Witnesses(tmp_path_factory.mktemp("judges")) as judges:
        yield judges


@pytest.fixture
def witnesses(judges: Witnesses) -> Witnesses:
    judges.counts.clear()
    return judges


# -- identity ----------------------------------------------------------------------------------


def test_another_number_of_operations_is_found(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = property(lambda graph: 5 if graph.recording.is_buffered else 4)
    monkeypatch.setattr(ComputeGraph, "num_nodes", counted)
    with pytest.raises(PropertyError, match="the streamed graph has 4 nodes, the buffered 5"):
        identity.check(ADD, witnesses)


@pytest.mark.parametrize(
    ("planted", "message"),
    [
        (
            PLANTED,
            r"^line \d+: the text here has 'return %1, %0 : .*', "
            r"that under PYTHONHASHSEED=1 has 'return %0, %1 : ",
        ),
        (HASH_SEED_DIES, "^under PYTHONHASHSEED=1: lowering: ended with status 9: no seed$"),
    ],
)
def test_what_differs_under_another_hash_seed_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str, message: str
) -> None:
    plant_here(monkeypatch, tmp_path, planted)
    with Witnesses(tmp_path) as witnesses, pytest.raises(PropertyError, match=message):
        identity.check(case("add", "negate", outputs=(0, 1)), witnesses)


# -- upstream, pruning, printing ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(False, "irkit's unpruned text has"), (True, "irkit's pruned text has")],
)
def test_what_upstream_prints_otherwise_is_found(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch, wrong: bool, message: str
) -> None:
    right = Case.streamed

    def streamed(case: Case, *, prune: bool) -> str:
        text = right(case, prune=prune)
        return text.replace("stablehlo.add ", "stablehlo.add  ") if prune is wrong else text

    monkeypatch.setattr(Case, "streamed", streamed)
    with pytest.raises(PropertyError, match=f"line 5: {message} .*, upstream's has"):
        upstream.check(ADD, witnesses)


def test_dead_code_that_is_kept_is_found(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Case.streamed
    monkeypatch.setattr(Case, "streamed", lambda case, prune: right(case, prune=False))
    dead = case("add", outputs=())
    with pytest.raises(PropertyError, match="upstream's without dead code"):
        upstream.check(dead, witnesses)
    with pytest.raises(
        PropertyError, match=r"the pruned text has .*, irkit prune of the whole has"
    ):
        pruning.check(dead, witnesses)


def test_a_pruned_program_of_another_meaning_is_found(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Finding(Tier.GRAPH, Verdict.UNDECIDED, "it is planted")
    monkeypatch.setattr(graph, "judge", lambda pair, options: found)
    with pytest.raises(PropertyError, match="pruned text: undecided: it is planted"):
        pruning.check(ADD, witnesses)


DIGESTS = count()
PRINTED_WRONG: Sequence[tuple[object, str, Any, str]] = (
    (printing, "module_digests", lambda *module: next(DIGESTS), "have different digests"),
    (printing, "check_file", lambda path: iter([FAULT]), "^irkit check: a.mlir:3:5: error: it is"),
    (printing, "faults", lambda parsed: [FAULT], "^a.mlir:3:5: error: it is planted"),
    (
        names,
        "judge",
        lambda *pair: Finding(Tier.NAMES, Verdict.DIFFERENT, "it is planted"),
        "tier 1 says of the text and itself: it is planted",
    ),
    (
        printing,
        "format_file",
        lambda source, output: output.write_text("module {\n}\n"),
        "line 1: the text has .*, irkit fmt of pretty has",
    ),
)


@pytest.mark.parametrize(("home", "name", "wrong", "message"), PRINTED_WRONG)
def test_what_does_not_read_back_is_found(
    witnesses: Witnesses,
    monkeypatch: pytest.MonkeyPatch,
    home: object,
    name: str,
    wrong: Any,
    message: str,
) -> None:
    printing.check(ADD, witnesses)
    monkeypatch.setattr(home, name, wrong)
    with pytest.raises(PropertyError, match=message):
        printing.check(ADD, witnesses)


# -- interpretation, inference, memory ---------------------------------------------------------


def main(body: str, result: str = "tensor<f32>", argument: str = "") -> str:
    return f"func.func @main({argument}) -> {result} {{\n{body}\nreturn %0 : {result}\n}}\n"


def constant(number: str) -> str:
    return main(f"%0 = stablehlo.constant dense<{number}> : tensor<f32>")


@pytest.mark.parametrize(
    ("whole", "pruned", "error", "message"),
    [
        (
            constant("0.0"),
            constant("-0.0"),
            PropertyError,
            r"output 0 is array\(0\..* of the whole program, array\(-0\..* of the pruned one",
        ),
        (
            constant("0x7FC00000"),
            constant("0x7FC00001"),
            PropertyError,
            "output 0 is array",
        ),
        (
            constant("1.0").replace("@main", "@f") + constant("1.0").replace("@main", "@g"),
            "module {}",
            PropertyError,
            "the text has no function @main",
        ),
        (
            main("", "!stablehlo.token", "%0: !stablehlo.token"),
            "module {}",
            NotApplicableError,
            "takes tokens, or sizes that are not known",
        ),
        (
            main("%0 = stablehlo.custom_call @f() : () -> tensor<f32>"),
            "module {}",
            NotApplicableError,
            "needs a host or peers",
        ),
        (
            main(
                "%0 = stablehlo.remainder %a, %a : tensor<complex<f32>>",
                "tensor<complex<f32>>",
                "%a: tensor<complex<f32>>",
            ),
            constant("1.0"),
            NotApplicableError,
            "does not define the remainder of complex numbers",
        ),
    ],
)
def test_what_two_programs_compute_is_compared_bit_by_bit(
    witnesses: Witnesses,
    monkeypatch: pytest.MonkeyPatch,
    whole: str,
    pruned: str,
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.setattr(Case, "streamed", lambda case, prune: pruned if prune else whole)
    with pytest.raises(error, match=message):
        interpretation.check(ADD, witnesses)
    assert not witnesses.counts


def test_types_that_are_inferred_otherwise_are_found(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a product the elements of the result are chosen, but not its shape."""
    product = case(Step("dot_general", (0, 1, 3)))
    for tried, name, said in (
        (ADD, "add", r"recorded as \(tensor<f32>\), inferred again as \(tensor<7xf32>\)"),
        (product, "dot_general", r"recorded as \(tensor<bf16>\), inferred again as \(tensor<7"),
    ):
        text = tried.text()
        inference.check(tried, witnesses)
        with monkeypatch.context() as patch:
            op = next(op for op in StableHLO.operations if op.name == f"stablehlo.{name}")
            patch.setattr(op, "infer", classmethod(lambda *given: [tensor((7,), "f32")]))
            patch.setattr(Case, "text", lambda case, text=text: text)
            with pytest.raises(PropertyError, match=rf"stablehlo\.{name}: {said}"):
                inference.check(tried, witnesses)
    # Each has two constants.
    assert witnesses.counts["operations inferred again"] == 6


@pytest.mark.parametrize(
    ("policy", "largest"),
    [
        (Policy(chunk_end="bytes", chunk_bytes=5000), 5000 + 1200),
        (Policy(chunk_end="operations", operations=2, max_operations=50), 2200),
        (Policy(chunk_end="scope", scope_pattern="*", max_operations=3), 3200),
    ],
)
def test_the_largest_chunk_follows_from_the_policy(policy: Policy, largest: int) -> None:
    held = [1000, 1000, 1200, 1000, 900]
    assert memory._largest_chunk(policy, held) == largest


# -- refusal -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        ([], r"stablehlo\.\w+ .*: upstream refuses what irkit takes: .*error"),
        ([FAULT], r"stablehlo\.\w+ .*: irkit refuses what upstream takes: it is planted"),
    ],
)
def test_a_mutant_that_only_one_refuses_is_found(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch, ours: list[Diagnostic], message: str
) -> None:
    monkeypatch.setattr(refusal, "check_module", lambda text: ours)
    with pytest.raises(PropertyError, match=message):
        refusal.check(ADD, witnesses)


def test_a_difference_that_is_known_is_counted(witnesses: Witnesses) -> None:
    refusal.check(case("dynamic_conv"), witnesses)
    (known,) = (what for what in witnesses.counts if what.startswith("known difference: "))
    assert known == (
        "known difference: dynamic_conv: upstream does not look at the result's shape, even of "
        "constant padding"
    )
    assert witnesses.counts[known] >= 1


@pytest.mark.parametrize(
    ("ours", "theirs", "known"),
    [
        ("stablehlo.dynamic_conv: (C25) of shape", None, True),
        ("stablehlo.dynamic_conv: (C27) of elements", None, False),
        ("stablehlo.convolution: (C25) of shape", None, False),
        (None, "stablehlo.dynamic_conv: (C25) of shape", False),
        (None, None, False),
    ],
)
def test_what_is_known_depends_on_who_refuses_and_why(
    ours: str | None, theirs: str | None, known: bool
) -> None:
    found = known_difference("stablehlo.dynamic_conv type of result 0", ours, theirs)
    assert (found is not None) is known


class Crashing(Witnesses):
    """Upstream that crashes on what has integers, whatever stands beside it."""

    crashed = 0

    def upstream(
        self, texts: Sequence[str], *, prune: bool = False, quiet: bool = False
    ) -> list[Json]:
        if any("tensor<i32>" in text for text in texts):
            self.crashed += len(texts) == 1
            raise WitnessError("upstream: ended with signal 6")
        return super().upstream(texts, prune=prune, quiet=quiet)


def test_mutants_on_which_upstream_crashes_are_told_from_the_others(tmp_path: Path) -> None:
    with Crashing(tmp_path) as witnesses:
        refusal.check(ADD, witnesses)
        counts = witnesses.counts
    assert counts["mutants that crash upstream"] == witnesses.crashed >= 2
    judged = counts["mutants refused by both"] + counts["mutants valid for both"]
    assert counts["mutants tried"] == judged + witnesses.crashed
    assert judged >= 2
