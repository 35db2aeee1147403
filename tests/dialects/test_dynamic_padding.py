"""``dynamic_pad`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import wrong_programs
from programs import check_accepted, check_refused, program, several


def _pad(
    operand: str, value: str, low: str, high: str, interior: str, result: str
) -> tuple[list[str], str]:
    arguments = [operand, value, low, high, interior]
    names = ", ".join(f"%{i}" for i in range(5))
    return arguments, f"stablehlo.dynamic_pad {names} : ({', '.join(arguments)}) -> {result}"


F, I2, I3 = "tensor<f32>", "tensor<2xi32>", "tensor<3xi32>"
ACCEPTED = several(
    [
        _pad("tensor<?x4xf32>", F, I2, I2, I2, "tensor<5x?xf32>"),
        _pad("tensor<2x4xf32>", F, *["tensor<2xindex>"] * 3, "tensor<5x7xf32>"),
    ]
)
CONSTANT = """
func.func @f(%0: tensor<2x4xf32>, %1: tensor<f32>) {
  %low = stablehlo.constant dense<[1, -1]> : tensor<2xi32>
  %high = stablehlo.constant dense<2> : tensor<2xi32>
  %inner = stablehlo.constant dense<[0, 1]> : tensor<2xi32>
  %r = stablehlo.dynamic_pad %0, %1, %low, %high, %inner : (tensor<2x4xf32>, tensor<f32>,
    tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<5x8xf32>
  return
}
"""
REFUSED = [
    ("I2", _pad("tensor<?x4xf32>", "tensor<1xf32>", I2, I2, I2, "tensor<5x?xf32>")),
    ("I3", _pad("tensor<?x4xf32>", F, F, I2, I2, "tensor<5x?xf32>")),
    ("I4", _pad("tensor<?x4xf32>", F, I2, F, I2, "tensor<5x?xf32>")),
    ("I5", _pad("tensor<?x4xf32>", F, I2, I2, "tensor<?xi32>", "tensor<5x?xf32>")),
    ("C1", _pad("tensor<?x4xf32>", "tensor<f64>", I2, I2, I2, "tensor<5x?xf32>")),
    ("C1", _pad("tensor<?x4xf32>", F, I2, I2, I2, "tensor<5x?xf64>")),
    ("C2", _pad("tensor<?x4xf32>", F, I3, I3, I3, "tensor<5x?xf32>")),
    ("C2", _pad("tensor<?x4xf32>", F, I2, I2, "tensor<2xi64>", "tensor<5x?xf32>")),
    ("C4", _pad("tensor<?x4xf32>", F, I2, I2, I2, "tensor<5xf32>")),
]
WRONG = [
    *((id, program(*case)) for id, case in REFUSED),
    ("C3", CONSTANT.replace("[0, 1]", "[0, -1]")),
    ("C4", CONSTANT.replace("5x8", "5x9")),
]


def test_right_programs() -> None:
    check_accepted(ACCEPTED)


@pytest.mark.parametrize("old", ["", "2x4xf32", "5x8xf32"])
def test_right_programs_of_constants(old: str) -> None:
    check_accepted(CONSTANT.replace(old, "?x?xf32") if old else CONSTANT)


@pytest.mark.parametrize(("id", "text"), WRONG)
def test_a_violated_constraint_is_named(id: str, text: str) -> None:
    check_refused("dynamic_pad", id, text)


WRONG_PROGRAMS = wrong_programs("dynamic_pad", WRONG)
RIGHT_PROGRAMS = [ACCEPTED, CONSTANT]
