"""Shrinking without Hypothesis."""

from __future__ import annotations

import time

import pytest

from irkit.testing import Program, shrink


def has(*kinds: str):
    return lambda program: program.kinds() >= set(kinds)


@pytest.mark.parametrize("size", [10, 100, 3000])
def test_only_what_matters_is_left(size: int) -> None:
    program = Program.random(7, size)
    kind = sorted(program.kinds())[-1]
    small = shrink(program, has(kind))
    assert [step.kind for step in small.every_step()] == [kind]
    assert small.arguments == small.outputs == small.functions == ()
    assert (small.scope_length, small.window) == (0, 0)


def test_steps_leave_their_regions() -> None:
    program = Program.random(3, 400)
    deep = next(
        inner.kind
        for step in program.steps
        for region in step.inner
        for inner in region
        if all(inner.kind != other.kind for other in program.steps)
    )
    small = shrink(program, has(deep))
    assert [step.kind for step in small.steps] == [deep]


def test_picks_are_lowered() -> None:
    program = Program.random(1, 30)
    large = max(pick for step in program.every_step() for pick in step.picks)

    def fails(p: Program) -> bool:
        return any(pick >= large // 3 for step in p.every_step() for pick in step.picks)

    small = shrink(program, fails)
    assert small.size == 1
    assert next(small.every_step()).picks == (large // 3,)


def test_it_stops_in_time() -> None:
    def slow(program: Program) -> bool:
        time.sleep(0.05)
        return program.size > 100

    begun = time.monotonic()
    program = Program.random(1, 2000)
    assert 100 < shrink(program, slow, 0.5).size <= 2000
    assert time.monotonic() - begun < 5


def test_nothing_smaller_fails() -> None:
    program = Program.random(1, 20)
    assert shrink(program, lambda candidate: candidate == program) == program


def test_errors_of_the_test_end_the_search() -> None:
    def broken(_: Program) -> bool:
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        shrink(Program.random(1, 5), broken)
