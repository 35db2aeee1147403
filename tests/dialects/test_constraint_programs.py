"""Every wrong program of this folder is refused for the constraint it claims, and by upstream."""

from __future__ import annotations

import pytest
from constraint_programs import all_right_programs, all_wrong_programs
from newer_upstream import newer_upstream_texts
from programs import our_refusals

from tests.constraint_coverage import judged

WRONG = [*all_wrong_programs()]
RIGHT = [*all_right_programs()]


def test_the_first_violation_is_the_claimed_one() -> None:
    assert [(program, id) for program, id in judged() if program.id != id] == []


def test_upstream_refuses_them_but_where_irkit_is_stricter() -> None:
    texts = newer_upstream_texts([program.text for program in WRONG])
    judged = zip(WRONG, texts, strict=True)
    assert [p for p, text in judged if (text is not None) != p.stricter] == []


def test_right_programs_are_right_for_upstream_too() -> None:
    assert [text for text in RIGHT if our_refusals(text)] == []
    texts = newer_upstream_texts(RIGHT)
    assert [right for right, text in zip(RIGHT, texts, strict=True) if text is None] == []


@pytest.mark.parametrize("programs", [WRONG, RIGHT], ids=["wrong", "right"])
def test_there_are_some(programs: list[object]) -> None:
    assert len(programs) > 100
