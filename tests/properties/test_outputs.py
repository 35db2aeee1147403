"""Some of a program's outputs, and parameters that none of them needs."""

from __future__ import annotations

from typing import get_args

import pytest

from irkit import Policy, record
from irkit.policy import ConstantsForm
from irkit.testing import Program, Step
from irkit.testing.case import Case

PROGRAM = Program(
    steps=(
        Step("add", (0, 1)),
        Step("parameter"),
        Step("if", (3,), ((Step("negate"),), ())),
        Step("multiply", (1, 2)),
    ),
    outputs=(0, 1, 2, 0),
    arguments=(((2, 3), "f32"), ((2, 3), "f32")),
)


@pytest.mark.parametrize("form", get_args(ConstantsForm))
def test_outputs_by_name(form: ConstantsForm) -> None:
    """A subset of the outputs, in another order, pruned to."""
    texts = {
        record(
            PROGRAM,
            policy=policy,
            weights=None if form == "argument" else PROGRAM.weights(),
            constants=form,
        )
        .to_compute_graph()
        .pruned_to_outputs(["out.2", "out.0"])
        .to_stablehlo()
        .text
        for policy in (None, Policy(chunk_end="operations", operations=2))
    }
    assert len(texts) == 1
    text = texts.pop()
    assert text.index('irkit.name = "out.2"') < text.index('irkit.name = "out.0"')
    assert "out.1" not in text


@pytest.mark.parametrize("form", ["argument", "external"])
def test_a_dead_parameter_is_dropped_unless_it_is_an_argument(form: ConstantsForm) -> None:
    program = Program((Step("parameter"),), (1,), (((2,), "f32"),))
    policy = Policy(chunk_end="operations", operations=1)
    (name,) = [n for n in program.weights() if f'"{n}"' in _text(program, policy, prune=False)]
    assert (f'"{name}"' in Case(program, policy, form, True, 0).text()) == (form == "argument")


def _text(program: Program, policy: Policy, *, prune: bool) -> str:
    return Case(program, policy, "argument", prune, 0).text()
