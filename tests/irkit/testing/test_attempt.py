"""How a property ends on a case, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from irkit import Policy
from irkit.testing import Program
from irkit.testing.attempt import attempt
from irkit.testing.case import Case
from irkit.testing.properties import Property
from irkit.testing.properties.outcome import (
    NotApplicableError,
    PropertyError,
    WitnessError,
    first_difference,
)
from irkit.testing.properties.witnesses import Witnesses

EMPTY = Case(Program(), Policy(chunk_end="operations", operations=1), "argument", True, 0)


@dataclass(frozen=True)
class Raising(Property):
    """A property that ends in one way, whatever the case is."""

    error: BaseException | None = field(default=None)

    def load(self) -> Callable[[Case, Witnesses], None]:
        return self._check

    def _check(self, case: Case, witnesses: Witnesses) -> None:
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (None, "held", ""),
        (NotApplicableError("needs a host"), "not applicable", "needs a host"),
        (WitnessError("upstream: ended"), "witness", "upstream: ended"),
        (PropertyError("line 2 differs"), "failed", "line 2 differs"),
        (
            KeyError("x"),
            "failed",
            r"KeyError \(test_attempt.py:\d+ _check < attempt.py:\d+ attempt\): 'x'",
        ),
    ],
)
def test_whatever_a_property_raises_is_an_outcome(
    tmp_path: Path, error: Exception | None, status: str, message: str
) -> None:
    with Witnesses(tmp_path) as witnesses:
        outcome = attempt(Raising("planted", "", 10, error=error), EMPTY, witnesses)
    assert outcome.status == status
    assert re.fullmatch(message, outcome.message)
    told = outcome.to_json()
    assert (told["property"], told["status"], told["message"]) == (
        "planted",
        status,
        outcome.message,
    )
    assert 0 <= told["seconds"] < 60


def test_who_interrupts_a_property_is_not_an_outcome(tmp_path: Path) -> None:
    planted = Raising("planted", "", 10, error=KeyboardInterrupt())
    with Witnesses(tmp_path) as witnesses, pytest.raises(KeyboardInterrupt):
        attempt(planted, EMPTY, witnesses)


def test_failures_of_one_cause_have_one_signature(tmp_path: Path) -> None:
    messages = (
        "line 12: 'a' is %arg0,\n  tensor<2xf32>",
        'line 7: "the b" is %3#1, tensor<1x4xi8>',
    )
    with Witnesses(tmp_path) as witnesses:
        one, other = (
            attempt(Raising("planted", "", 10, error=PropertyError(m)), EMPTY, witnesses).signature
            for m in messages
        )
    assert one == other == "planted: line _: _ is _, tensor_"


@pytest.mark.parametrize(
    ("text", "other", "difference"),
    [
        ("a\n  b\nc", "a\n  x\nc", "line 2: A has 'b', B has 'x'"),
        ("a\nb\n", "a\n", "B ends after line 1, A goes on"),
        ("a\n", "a\nb\n", "A ends after line 1, B goes on"),
        ("a\nb\n", "a\nb", "A and B differ in line ends alone"),
    ],
)
def test_the_first_difference_of_two_texts(text: str, other: str, difference: str) -> None:
    assert first_difference("A", text, "B", other) == difference
