"""``reverse`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import wrong_programs
from programs import check_accepted, check_refused, program, several

ACCEPTED = several(
    [
        (["tensor<2x3xf32>"], "stablehlo.reverse %0, dims = [1] {note} : tensor<2x3xf32>"),
        (["tensor<2x3xi1>"], "stablehlo.reverse %0, dims = [1, 0] : tensor<2x3xi1>"),
        (["tensor<f32>"], "stablehlo.reverse %0, dims = [] : tensor<f32>"),
        (
            ["tensor<2x?xui8>"],
            "stablehlo.reverse %0, dims = [0] : (tensor<2x?xui8>) -> tensor<?x3xui8>",
        ),
    ]
)
REFUSED = [
    ("C1", "stablehlo.reverse %0, dims = [0] : (tensor<2x3xf32>) -> tensor<2x4xf32>"),
    ("C1", "stablehlo.reverse %0, dims = [0] : (tensor<2x3xf32>) -> tensor<2x3xi32>"),
    ("C2", "stablehlo.reverse %0, dims = [0, 0] : tensor<2x3xf32>"),
    ("C3", "stablehlo.reverse %0, dims = [0, 2] : tensor<2x3xf32>"),
    ("C3", "stablehlo.reverse %0, dims = [-1] : tensor<2x3xf32>"),
]


def test_right_programs() -> None:
    check_accepted(ACCEPTED)


@pytest.mark.parametrize(("id", "op"), REFUSED)
def test_a_violated_constraint_is_named(id: str, op: str) -> None:
    check_refused("reverse", id, program(["tensor<2x3xf32>"], op))


WRONG_PROGRAMS = wrong_programs(
    "reverse", [(id, program(["tensor<2x3xf32>"], op)) for id, op in REFUSED]
)
RIGHT_PROGRAMS = [ACCEPTED]
