"""Shrinking without Hypothesis."""

from __future__ import annotations

import time

import pytest

from irkit.testing import PrivateFunction, Program, Step, shrink


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


def test_functions_that_a_failure_needs_shrink_too() -> None:
    body = (Step("add"), Step("negate", (7, 9)), Step("if", (), ((Step("sine"),),)), Step("abs"))
    arguments = (((2,), "f32"), ((), "i32"), ((3,), "f32"))
    functions = (
        PrivateFunction(arguments, (Step("cosine"),), (1,)),
        PrivateFunction(arguments, body, (4, 9)),
        PrivateFunction(arguments, body[:1], ()),
    )
    program = Program((Step("add"), Step("call", (1,))), (0, 1), arguments, functions, 3, 2)

    def fails(p: Program) -> bool:
        """A function with two arguments that negates and returns a value from far back."""
        return any(
            len(f.arguments) >= 2
            and any(step.kind == "negate" and step.picks for step in f.steps)
            and any(pick >= 3 for pick in f.outputs)
            for f in p.functions
        )

    assert fails(program)
    (left,) = shrink(program, fails).functions
    assert left.steps == (Step("negate", (0,)),)
    assert left.outputs == (3,)
    assert len(left.arguments) == 2
    assert shrink(program, fails) == Program(functions=(left,))


def test_steps_leave_functions_where_they_fail_outside_as_well() -> None:
    functions = (
        PrivateFunction((), (Step("sine"),), ()),
        PrivateFunction((), (Step("negate"), Step("cosine")), ()),
    )

    def fails(p: Program) -> bool:
        """Negates outside; the sine is in a function."""
        inside = [step.kind for f in p.functions for step in f.steps]
        return p.kinds() >= {"negate", "sine"} and "sine" in inside

    small = shrink(Program(functions=functions), fails)
    assert small.steps == (Step("negate"),)
    assert small.functions == functions[:1]


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
