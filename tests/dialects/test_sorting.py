"""``sort`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, our_text, refusal, upstream_accepts, upstream_text
from constraint_programs import WrongProgram, wrong_programs

SORT = """
func.func @f(%x: tensor<2x3xf32>, %y: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %0:2 = "stablehlo.sort"(%x, %y) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<i32>, %d: tensor<i32>):
    %1 = stablehlo.compare GT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  }) {dimension = 1 : i64, is_stable = true}
    : (tensor<2x3xf32>, tensor<2x3xi32>) -> (tensor<2x3xf32>, tensor<2x3xi32>)
  return %0#1 : tensor<2x3xi32>
}
"""
ACCEPTED = {
    "two inputs": SORT,
    "defaults": SORT.replace("dimension = 1 : i64, is_stable = true", ""),
    "from the end, unknown dimension": SORT.replace("2x3", "2x?").replace("= 1 :", "= -2 :"),
}
REFUSED = [
    ("C2", SORT, "-> (tensor<2x3xf32>, ", "-> (tensor<2x3xf64>, "),
    ("C3", SORT, "-> (tensor<2x3xf32>, ", "-> (tensor<2x4xf32>, "),
    ("C4", SORT, "dimension = 1", "dimension = 2"),
    ("C5", SORT, "%d: tensor<i32>", "%d: tensor<i64>"),
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_text_is_upstreams(name: str) -> None:
    assert our_text(ACCEPTED[name]) == upstream_text(ACCEPTED[name])


@pytest.mark.parametrize(("id", "program", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, program: str, old: str, new: str) -> None:
    wrong = mutated(program, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return %1 : tensor<i1>", "return %a : tensor<f32>"),
        ("return %1 : tensor<i1>", "return %1, %1 : tensor<i1>, tensor<i1>"),
        ("%c: tensor<i32>, %d: tensor<i32>", "%c: tensor<i32>"),
        ("%c: tensor<i32>", "%c: tensor<1xi32>"),
    ],
)
def test_a_comparator_that_does_not_fit_is_refused(old: str, new: str) -> None:
    wrong = mutated(SORT, old, new)
    assert refusal(wrong) == "C5"
    assert not upstream_accepts(wrong)


NO_INPUTS = """
func.func @f(%p: tensor<i1>) {
  "stablehlo.sort"() ({ stablehlo.return %p : tensor<i1> }) : () -> ()
  return
}
"""
ENDLESS = mutated(SORT, "    stablehlo.return %1 : tensor<i1>\n", "")
WRONG_PROGRAMS = [
    *wrong_programs("sort", [(id, mutated(*case)) for id, *case in REFUSED]),
    WrongProgram("sort", "C1", NO_INPUTS),
    WrongProgram("sort", "I4", ENDLESS),
]
RIGHT_PROGRAMS = [*ACCEPTED.values()]


@pytest.mark.parametrize(("id", "program"), [("C1", NO_INPUTS), ("I4", ENDLESS)])
def test_no_inputs_and_no_end_are_refused(id: str, program: str) -> None:
    assert refusal(program) == id
