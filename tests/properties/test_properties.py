"""Every property of random programs under random policies; ``irkit fuzz`` tries them at length."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from xdsl.ir import Block

from irkit import Policy
from irkit.streaming import tape
from irkit.testing import PrivateFunction, Program, Step
from irkit.testing.case import Case
from irkit.testing.properties import (
    PROPERTIES,
    identity,
    inference,
    interpretation,
    memory,
    printing,
    pruning,
    refusal,
    upstream,
)
from irkit.testing.properties.outcome import NotApplicableError, PropertyError
from irkit.testing.properties.witnesses import Witnesses
from tests.properties.cases import ALONE, FOR_UPSTREAM, cases

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
EMPTY = Case(Program(), Policy(chunk_end="operations", operations=1), "argument", True, 0)


def fast(examples: int) -> settings:
    """The same examples in each run: it is ``irkit fuzz`` that draws new ones."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=SLOW,
    )


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witnesses]:
    with Witnesses(tmp_path_factory.mktemp("witnesses")) as judges:
        yield judges


@fast(60)
@given(cases())
@example(EMPTY)
def test_identity(witnesses: Witnesses, case: Case) -> None:
    identity.check(case, witnesses)


@fast(40)
@given(cases(FOR_UPSTREAM))
@example(EMPTY)
def test_upstream(witnesses: Witnesses, case: Case) -> None:
    upstream.check(case, witnesses)


@fast(40)
@given(cases())
@example(EMPTY)
def test_pruning(witnesses: Witnesses, case: Case) -> None:
    pruning.check(case, witnesses)


def test_interpretation(witnesses: Witnesses) -> None:
    @fast(40)
    @given(cases(ALONE))
    def holds(case: Case) -> None:
        with suppress(NotApplicableError):  # some kinds bring a custom call with them
            interpretation.check(case, witnesses)

    holds()
    assert witnesses.counts["programs interpreted"] >= 10


@fast(40)
@given(cases())
def test_inference(witnesses: Witnesses, case: Case) -> None:
    inference.check(case, witnesses)


@fast(30)
@given(cases())
@example(EMPTY)
def test_printing(witnesses: Witnesses, case: Case) -> None:
    printing.check(case, witnesses)


@fast(25)
@given(cases())
@example(EMPTY)
def test_memory(witnesses: Witnesses, case: Case) -> None:
    memory.check(case, witnesses)


def test_refusal(witnesses: Witnesses) -> None:
    @fast(15)
    @given(cases(FOR_UPSTREAM, longest=10))
    def holds(case: Case) -> None:
        with suppress(NotApplicableError):  # a program without a field to change
            refusal.check(case, witnesses)

    holds()
    assert witnesses.counts["mutants refused by both"] >= 20
    assert witnesses.counts["mutants valid for both"] >= 20


def test_every_property_is_tried() -> None:
    assert {f"test_{p.name}" for p in PROPERTIES} <= globals().keys()


# -- what would be wrong -----------------------------------------------------------------------


def test_a_case_is_plain_data() -> None:
    step = Step("if", (1, 2), ((Step("add", (0, 1)),), ()))
    program = Program((step,), (0,), (((2, 3), "f32"),), (PrivateFunction(),), 2, 3)
    policy = Policy(
        chunk_end="operations", operations=3, log="disk", log_directory=Path("/tmp/irkit")
    )
    case = Case(program, policy, "inline", False, 7)
    assert Case.from_json(case.to_json()) == case


def test_a_large_program_stays_within_the_bound(witnesses: Witnesses) -> None:
    kinds = ("add", "multiply", "parameter", "reduce", "if")
    program = Program.random(3, 3000, kinds)
    policy = Policy(chunk_end="operations", operations=10, log="disk")
    memory.check(Case(program, policy, "external", True, 3), witnesses)


def test_a_run_beyond_the_bound_is_found(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("FIXED", "CHUNK_FACTOR", "SYMBOL_BYTES"):
        monkeypatch.setattr(memory, part, 0)
    program = replace(Program.random(1, 300, ("add",)), window=1)
    policy = Policy(chunk_end="operations", operations=1, log="disk")
    with pytest.raises(PropertyError, match="the policy's bound"):
        memory.check(Case(program, policy, "argument", True, 0), witnesses)


def test_a_chunk_that_stays_is_found(witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Block] = []
    monkeypatch.setattr(tape, "release_block", kept.append)
    policy = Policy(chunk_end="operations", operations=1)
    with pytest.raises(PropertyError, match=r"xDSL objects are left after the run: .*AddOp"):
        memory.check(Case(Program((Step("add"),), (0,)), policy, "argument", True, 0), witnesses)


def test_what_upstream_refuses_is_found(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Case, "streamed", lambda self, prune: "module { func.func @f() }\n")
    with pytest.raises(PropertyError, match="upstream refuses"):
        upstream.check(EMPTY, witnesses)
