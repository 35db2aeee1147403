"""Cases drawn from seeds."""

from __future__ import annotations

from collections import Counter

import pytest

from irkit.testing.case import (
    DECLARED,
    FORMS,
    HOSTED,
    HOSTED_TOO,
    UNKNOWN_TO_UPSTREAM,
    Case,
)
from irkit.testing.catalogue import KINDS

SEEDS = 400


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    return [Case.random(seed, 12) for seed in range(SEEDS)]


def test_a_seed_gives_the_same_case_which_comes_back_from_json(drawn: list[Case]) -> None:
    for seed, case in enumerate(drawn[:100]):
        assert Case.random(seed, 12) == case
        assert Case.from_json(case.to_json()) == case


def test_a_few_programs_have_kinds_that_upstream_does_not_know_and_many_run_alone(
    drawn: list[Case],
) -> None:
    kinds = [case.program.kinds() for case in drawn]
    unknown = sum(bool(k & UNKNOWN_TO_UPSTREAM) for k in kinds)
    hosted = sum(bool(k & HOSTED) for k in kinds)
    assert 1 <= unknown < SEEDS * 0.1
    assert SEEDS - hosted > SEEDS * 0.4
    assert hosted > SEEDS * HOSTED_TOO / 3
    assert frozenset().union(*kinds) == KINDS.keys()


def test_policies_of_every_sort(drawn: list[Case]) -> None:
    ends = Counter(case.policy.chunk_end for case in drawn)
    assert ends.keys() == {"operations", "bytes", "scope"}
    assert min(ends.values()) > SEEDS / 10
    declared = [case for case in drawn if case.program.declares]
    assert SEEDS * DECLARED / 3 < len(declared) < SEEDS * DECLARED * 3
    assert all(case.prune for case in declared)
    assert {case.prune for case in drawn} == {True, False}


def test_stored_constants_are_of_the_form_of_the_weights(drawn: list[Case]) -> None:
    stored: Counter[tuple[str, str]] = Counter()
    for case in drawn:
        stored[case.form, case.policy.constants_form or "none"] += 1
        reference = case.reference
        assert reference.constants_form == case.policy.constants_form
        assert reference.constants_threshold == case.policy.constants_threshold
    assert stored.keys() == {
        *((form, "none") for form in FORMS),
        ("resource", "resource"),
        ("external", "external"),
    }


def test_the_reference_is_buffered_and_what_is_tried_is_not(drawn: list[Case]) -> None:
    for case in drawn[:5]:
        assert case.graph(case.reference, prune=False).recording.is_buffered
        assert not case.graph(case.policy, prune=False).recording.is_buffered


def test_only_the_wanted_kinds() -> None:
    assert Case.random(3, 40, ["add", "negate"]).program.kinds() == {"add", "negate"}
