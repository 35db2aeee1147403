"""The strategies find bugs: planted ones, within 500 examples, and few steps are left of them."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from dialects.reader import ReadError, parse_module
from irkit import IRKitError, Policy, record
from irkit.testing import Program, policies, programs, shrink
from tests.irkit.testing.planted import BUGS

MOST = 500
FEW = 10
CASES = 400
SMALL = Policy(chunk_end="operations", operations=1)
CRASHES = (IRKitError, LookupError, TypeError, ValueError)
"""How a bug may show that does not get as far as to a wrong text."""

Case = tuple[Program, Policy]


def text(program: Program, policy: Policy | None) -> str:
    graph = record(program, policy=policy).to_compute_graph().pruned_to_outputs()
    return str(graph.to_stablehlo())


def is_identical(case: Case) -> bool:
    """The property: the streamed text is the buffered one."""
    program, policy = case
    try:
        return text(program, policy) == text(program, None)
    except CRASHES:
        return False


def is_readable(case: Case) -> bool:
    """The property: the streamed text is a module."""
    try:
        parse_module(text(*case))
    except (ReadError, *CRASHES):
        return False
    return True


@cache
def cases() -> list[Case]:
    """The first examples that the strategies give."""
    found: list[Case] = []

    @settings(
        max_examples=CASES, database=None, derandomize=True, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(programs(max_size=15), policies())
    def collect(program: Program, policy: Policy) -> None:
        found.append((program, policy))

    collect()
    return found


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found_and_shrinks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[name].plant(monkeypatch)
    program, policy = next(case for case in cases() if not is_identical(case))
    small = shrink(program, lambda smaller: not is_identical((smaller, policy)), 20)
    assert not is_identical((small, policy))
    assert small.size < FEW
    monkeypatch.undo()
    assert is_identical((small, policy)), "what was found is another bug"


@pytest.mark.parametrize("name", ["names of a nested region that begin anew"])
def test_a_name_that_is_used_twice_is_read_as_an_error(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found without a reference."""
    BUGS[name].plant(monkeypatch)
    program, policy = next(case for case in cases() if not is_readable(case))
    small = shrink(program, lambda smaller: not is_readable((smaller, policy)), 20)
    assert small.size < FEW
    monkeypatch.undo()
    assert is_readable((small, policy)), "what was found is another bug"


@pytest.mark.parametrize(
    "name",
    [
        "a sweep that forgets the last operand",
        "captures that are not operands",
        "a lost effect",
        "names of a region that begin anew",
    ],
)
def test_hypothesis_shrinks_it_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[name].plant(monkeypatch)
    kinds = ("add", "negate", "constant", "trace", "if", "forget")
    chosen = settings(
        max_examples=MOST, database=None, derandomize=True, deadline=None,
        phases=[Phase.generate, Phase.shrink],  # explaining costs many times as much
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    small = find(
        programs(max_size=6, kinds=kinds),
        lambda program: not is_identical((program, SMALL)),
        settings=chosen,
    )
    assert small.size < FEW


def test_nothing_is_found_where_nothing_is_planted() -> None:
    assert all(map(is_identical, cases()[:20]))
