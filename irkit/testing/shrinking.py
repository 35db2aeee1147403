"""Making a program that fails smaller, by trying smaller ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from irkit.testing.program import PrivateFunction, Program
from irkit.testing.step import Step

T = TypeVar("T")
Steps = tuple[Step, ...]


def shrink(program: Program, fails: Callable[[Program], bool], seconds: float = 60.0) -> Program:
    """The smallest program found in ``seconds`` for which ``fails`` holds, as it does for
    ``program``.

    Halves of the steps are dropped, then quarters and so on to single ones; steps with regions give
    way to what is inside; functions, arguments and outputs are dropped and picks lowered; all that
    again until nothing more can go. Only where the time is too short the outcome depends on it.
    ``fails`` must say false where another error is raised than the one looked for; what it raises
    itself ends the search.
    """
    search = _Search(fails, time.monotonic() + seconds)
    while True:
        before = program
        program = search.program(program)
        if program == before or search.over:
            return program


class _Search:
    """Tries candidates until the time is over. Every ``test`` tells whether the program still
    fails with something in place of what is there."""

    def __init__(self, fails: Callable[[Program], bool], end: float) -> None:
        self._fails = fails
        self._end = end

    @property
    def over(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() > self._end

    def _holds(self, candidate: Program) -> bool:
        return not self.over and self._fails(candidate)

    def program(self, program: Program) -> Program:
        """One round over all that a program has."""
        settings: Sequence[Mapping[str, Any]] = (
            {"functions": ()},
            {"scope_length": 0},
            {"window": 0},
            {"declares": 0},
        )
        for setting in settings:
            simpler = replace(program, **setting)
            if simpler != program and self._holds(simpler):
                program = simpler
        start = program = self._outside(program)
        steps = self.steps(start.steps, lambda s: self._holds(replace(start, steps=s)))
        program = replace(start, steps=steps)
        program = self._functions(program)
        middle = program
        outputs = self._numbers(program.outputs, lambda o: self._holds(replace(middle, outputs=o)))
        last = replace(middle, outputs=outputs)
        arguments = self.fewer(last.arguments, lambda a: self._holds(replace(last, arguments=a)))
        return replace(last, arguments=arguments)

    def _outside(self, program: Program) -> Program:
        """The steps of functions as steps of the program."""
        for number in reversed(range(len(program.functions))):
            steps = program.functions[number].steps
            others = program.functions[:number] + program.functions[number + 1 :]
            candidate = replace(program, steps=(*steps, *program.steps), functions=others)
            if self._holds(candidate):
                program = candidate
        return program

    def _functions(self, program: Program) -> Program:
        kept = self.fewer(program.functions, lambda f: self._holds(replace(program, functions=f)))
        for number in range(len(kept)):
            kept = self._function(replace(program, functions=kept), number).functions
        return replace(program, functions=kept)

    def _function(self, program: Program, number: int) -> Program:
        def put(function: PrivateFunction) -> Program:
            before, after = program.functions[:number], program.functions[number + 1 :]
            return replace(program, functions=(*before, function, *after))

        f = program.functions[number]
        f = replace(f, steps=self.steps(f.steps, lambda s: self._holds(put(replace(f, steps=s)))))
        g = f
        outputs = self._numbers(g.outputs, lambda o: self._holds(put(replace(g, outputs=o))))
        h = replace(g, outputs=outputs)
        arguments = self.fewer(h.arguments, lambda a: self._holds(put(replace(h, arguments=a))))
        return put(replace(h, arguments=arguments))

    def steps(self, steps: Steps, test: Callable[[Steps], bool]) -> Steps:
        """Fewer steps, each of them simpler."""
        steps = self.fewer(steps, test)
        index = 0
        while index < len(steps) and not self.over:
            before, step, after = steps[:index], steps[index], steps[index + 1 :]
            inside = tuple(inner for region in step.inner for inner in region)
            if step.inner and test((*before, *inside, *after)):
                steps = (*before, *inside, *after)
                continue
            step = self._step(step, lambda s, b=before, a=after: test((*b, s, *a)))
            steps = (*before, step, *after)
            index += 1
        return steps

    def _step(self, step: Step, test: Callable[[Step], bool]) -> Step:
        if step.inner and test(replace(step, inner=())):
            step = replace(step, inner=())
        for number in range(len(step.inner)):
            region = self.steps(
                step.inner[number],
                lambda r, s=step, n=number: test(_with_region(s, n, r)),
            )
            step = _with_region(step, number, region)
        bare = step
        return replace(
            step, picks=self._numbers(step.picks, lambda p: test(replace(bare, picks=p)))
        )

    def _numbers(
        self, numbers: tuple[int, ...], test: Callable[[tuple[int, ...]], bool]
    ) -> tuple[int, ...]:
        """Fewer and lower picks."""
        numbers = self.fewer(numbers, test)
        for index in range(len(numbers)):
            before, after = numbers[:index], numbers[index + 1 :]
            lower = self._number(numbers[index], lambda n, b=before, a=after: test((*b, n, *a)))
            numbers = (*before, lower, *after)
        return numbers

    def _number(self, number: int, test: Callable[[int], bool]) -> int:
        lowered = True
        while lowered and number and not self.over:
            lowered = False
            for lower in dict.fromkeys((0, number // 2, number - 1)):
                if test(lower):
                    number, lowered = lower, True
                    break
        return number

    def fewer(self, items: tuple[T, ...], test: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
        """As few of the items as will do: all dropped, else halves, quarters ... single ones."""
        if items and test(()):
            return ()
        size = -(-len(items) // 2)
        while items and not self.over:
            start = len(items)
            while start > 0 and not self.over:
                start = max(start - size, 0)
                left = (*items[:start], *items[start + size :])
                if left and test(left):
                    items = left
            if size == 1:
                break
            size = -(-size // 2)
        return items


def _with_region(step: Step, number: int, region: Steps) -> Step:
    inner = (*step.inner[:number], region, *step.inner[number + 1 :])
    return replace(step, inner=inner)
