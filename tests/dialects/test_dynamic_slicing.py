"""``real_dynamic_slice`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import wrong_programs
from programs import check_accepted, check_refused, program, several


def _slice(
    operand: str, start: str, limit: str, strides: str, result: str
) -> tuple[list[str], str]:
    arguments = [operand, start, limit, strides]
    types = f"({', '.join(arguments)}) -> {result}"
    return arguments, f"stablehlo.real_dynamic_slice %0, %1, %2, %3 : {types}"


I1, I2, FLOATS = "tensor<1xi64>", "tensor<2xi64>", "tensor<2xf32>"
ACCEPTED = several(
    [
        _slice("tensor<?x4xf32>", I2, I2, I2, "tensor<?x?xf32>"),
        _slice("tensor<?x4xi8>", *["tensor<2xindex>"] * 3, "tensor<2x?xi8>"),
    ]
)
REFUSED = [
    ("I2", _slice("tensor<?x4xf32>", FLOATS, I2, I2, "tensor<?x?xf32>")),
    ("I3", _slice("tensor<?x4xf32>", I2, FLOATS, I2, "tensor<?x?xf32>")),
    ("I4", _slice("tensor<?x4xf32>", I2, I2, "tensor<i64>", "tensor<?x?xf32>")),
    ("C1", _slice("tensor<?x4xf32>", I2, I2, I2, "tensor<?x?xf64>")),
    ("C2", _slice("tensor<?x4xf32>", I2, I2, "tensor<2xi32>", "tensor<?x?xf32>")),
    ("C3", _slice("tensor<?x4xf32>", I1, I1, I1, "tensor<?x?xf32>")),
]


def test_right_programs() -> None:
    check_accepted(ACCEPTED)


@pytest.mark.parametrize(("id", "case"), REFUSED)
def test_a_violated_constraint_is_named(id: str, case: tuple[list[str], str]) -> None:
    check_refused("real_dynamic_slice", id, program(*case))


WRONG_PROGRAMS = wrong_programs(
    "real_dynamic_slice", [(id, program(*case)) for id, case in REFUSED]
)
RIGHT_PROGRAMS = [ACCEPTED]
