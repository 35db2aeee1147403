"""``map`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, refusal, upstream_accepts
from constraint_programs import wrong_programs
from programs import check_accepted
from xdsl.dialects.builtin import TensorType, f32
from xdsl.ir import Region

from dialects.constraints import ConstraintError
from dialects.stablehlo.mapping import MapOp
from dialects.stablehlo.syntax import i64_array

MAP = """
func.func @f(%x: tensor<2x3xf32>, %y: tensor<2x3xi32>) {
  %0 = "stablehlo.map"(%x, %y) <{dimensions = array<i64: 0, 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<i32>):
    %1 = stablehlo.convert %a : (tensor<f32>) -> tensor<i32>
    %2 = stablehlo.add %1, %b : tensor<i32>
    stablehlo.return %2 : tensor<i32>
  }) : (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x3xi32>
  return
}
"""
ACCEPTED = {
    "two inputs": MAP,
    "unknown dimensions": MAP.replace("tensor<2x3xf32>", "tensor<?x3xf32>"),
    "scalars": MAP.replace("2x3x", "").replace(": 0, 1", ""),
    "with an effect": MAP.replace(
        "stablehlo.add %1, %b : tensor<i32>",
        "stablehlo.custom_call @g(%1) {has_side_effect = true} : (tensor<i32>) -> tensor<i32>",
    ),
}
REFUSED = [
    ("C1", "tensor<2x3xf32>", "tensor<2x4xf32>"),
    ("C1", "-> tensor<2x3xi32>", "-> tensor<2x4xi32>"),
    ("C3", "0, 1>", "1, 0>"),
    ("C3", "0, 1>", "0>"),
    ("C4", "^bb0(%a: tensor<f32>", "^bb0(%c: tensor<f32>, %a: tensor<f32>"),
    ("C4", "%a: tensor<f32>", "%a: tensor<1xf32>"),
    ("C4", "return %2 : tensor<i32>", "return %a : tensor<f32>"),
    ("C4", "return %2 : tensor<i32>", "return %y : tensor<2x3xi32>"),
    ("C4", "return %2 : tensor<i32>", "return %2, %2 : tensor<i32>, tensor<i32>"),
]


def _wrong(old: str, new: str) -> str:
    wrong = mutated(MAP, old, new)
    if "%a: tensor<1xf32>" in wrong:
        wrong = wrong.replace("(tensor<f32>) -> tensor<i32>", "(tensor<1xf32>) -> tensor<1xi32>")
        wrong = wrong.replace("add %1, %b", "add %b, %b")
    return wrong


@pytest.mark.parametrize("name", ACCEPTED)
def test_right_programs(name: str) -> None:
    check_accepted(ACCEPTED[name])


@pytest.mark.parametrize(("id", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, old: str, new: str) -> None:
    wrong = _wrong(old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


NO_INPUTS = """
func.func @f(%p: tensor<f32>) {
  %0 = "stablehlo.map"() <{dimensions = array<i64>}> ({
    stablehlo.return %p : tensor<f32>
  }) : () -> tensor<f32>
  return
}
"""
ENDLESS = mutated(MAP, "    stablehlo.return %2 : tensor<i32>\n", "")
WRONG_PROGRAMS = wrong_programs(
    "map",
    [*((id, _wrong(old, new)) for id, old, new in REFUSED), ("C2", NO_INPUTS), ("I3", ENDLESS)],
)
RIGHT_PROGRAMS = [*ACCEPTED.values()]


@pytest.mark.parametrize(("id", "program"), [("C2", NO_INPUTS), ("I3", ENDLESS)])
def test_no_inputs_and_no_end_are_refused(id: str, program: str) -> None:
    assert refusal(program) == id
    assert not upstream_accepts(program)


def test_the_computation_is_needed_for_the_result() -> None:
    operands, dimensions = [TensorType(f32, [2])], {"dimensions": i64_array([0])}
    with pytest.raises(ConstraintError, match=r"\(I3\) 0 regions given"):
        MapOp.infer(operands, dimensions)
    with pytest.raises(ConstraintError, match=r"\(C4\) computation takes"):
        MapOp.infer(operands, dimensions, [Region()])
