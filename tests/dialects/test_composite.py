"""``composite`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import (
    faults,
    mutated,
    our_text,
    refusal,
    upstream_accepts,
    upstream_text,
)
from constraint_programs import wrong_programs

from dialects.reader import parse_module
from dialects.stablehlo.composite import CompositeOp

FUNCTIONS = """
func.func @nothing() {
  return
}
func.func private @other_types(tensor<4xf32>, tensor<f32>) -> (tensor<4xf32>, !stablehlo.token)
func.func @both(%x: tensor<4xf32>, %t: !stablehlo.token) -> (tensor<4xf32>, !stablehlo.token) {
  return %x, %t : tensor<4xf32>, !stablehlo.token
}
"""
CALL = (
    FUNCTIONS
    + """
func.func @f(%x: tensor<4xf32>, %t: !stablehlo.token) {
  %0:2 = stablehlo.composite "my.op" %x, %t {composite_attributes = {a = 1 : i32},
    decomposition = @both, version = 2 : i32, note}
    : (tensor<4xf32>, !stablehlo.token) -> (tensor<4xf32>, !stablehlo.token)
  return
}
"""
)
ACCEPTED = {
    "everything": CALL,
    "defaults are left out": mutated(
        mutated(CALL, "{a = 1 : i32}", "{}"), "version = 2", "version = 0"
    ),
    "no operands": FUNCTIONS
    + """
func.func @f() {
  stablehlo.composite "my.op$" {decomposition = @nothing} : () -> ()
  "stablehlo.composite"() <{name = "a_.1.b", decomposition = @nothing, version = 0 : i32}>
    : () -> ()
  return
}
""",
    "regions": FUNCTIONS
    + """
func.func @f(%x: tensor<4xf32>) {
  %0 = stablehlo.add %x, %x : tensor<4xf32>
  stablehlo.composite "my.op" ({
    ^bb0(%a: tensor<f32>):
    %1 = stablehlo.add %0, %0 : tensor<4xf32>
    stablehlo.return %a : tensor<f32>
  }, {
    func.call @nothing() : () -> ()
    stablehlo.return
  }) {decomposition = @nothing} : () -> ()
  "stablehlo.composite"() <{name = "a.b", decomposition = @nothing}> ({
    stablehlo.return %0 : tensor<4xf32>
  }) : () -> ()
  return
}
""",
    "tuples": """
func.func private @g(tuple<tensor<f32>, !stablehlo.token>) -> tuple<tensor<f32>>
func.func @f(%x: tuple<tensor<f32>, !stablehlo.token>) {
  %0 = stablehlo.composite "my.op" %x {decomposition = @g}
    : (tuple<tensor<f32>, !stablehlo.token>) -> tuple<tensor<f32>>
  return
}
""",
}
REFUSED = [
    ("C1", '"my.op"', '"op"'),
    ("C1", '"my.op"', '"1.op"'),
    ("C1", '"my.op"', '"my..op"'),
    ("C1", '"my.op"', '"my.op-"'),
    ("C1", '"my.op"', '"my.op\\0A"'),
    ("C2", "decomposition = @both", "decomposition = @other"),
    ("C2", "decomposition = @both", "decomposition = @both::@both"),
    ("C3", "decomposition = @both", "decomposition = @nothing"),
    ("C3", "decomposition = @both", "decomposition = @other_types"),
    (
        "C4",
        "token) -> (tensor<4xf32>, !stablehlo.token)\n",
        "token) -> (tensor<4xf32>, tensor<f32>)\n",
    ),
    ("I1", "tensor<4xf32>", "tensor<4xf80>"),
    ("O1", ") -> (tensor<4xf32>, !stablehlo.token)\n", ") -> (tensor<4xf80>, !stablehlo.token)\n"),
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_text_is_upstreams(name: str) -> None:
    assert our_text(ACCEPTED[name]) == upstream_text(ACCEPTED[name])


@pytest.mark.parametrize(("id", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, old: str, new: str) -> None:
    wrong = mutated(CALL, old, new)
    assert not upstream_accepts(wrong)
    assert any(f"stablehlo.composite: ({id}) " in fault for fault in faults(wrong))


WRONG_PROGRAMS = wrong_programs(
    "composite", [(id, mutated(CALL, old, new)) for id, old, new in REFUSED]
)
RIGHT_PROGRAMS = [*ACCEPTED.values()]


def test_symbols_are_undecided_outside_of_a_module() -> None:
    module = parse_module(mutated(CALL, "@both, ", "@other, ")).module
    (call,) = [op for op in module.walk() if isinstance(op, CompositeOp)]
    call.detach()
    call.verify_()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"my.op" %x, %t', '"my.op" %x, %t,'),
        ('"my.op" %x, %t', "@my.op %x, %t"),
        ('"my.op" %x, %t', '"my.op" %x'),
        ("decomposition = @both, ", ""),
        ("decomposition = @both", 'decomposition = "both"'),
        ("version = 2 : i32", "version = 2 : i64"),
        ("composite_attributes = {a = 1 : i32}", "composite_attributes = 1 : i32"),
    ],
)
def test_wrong_syntax_is_refused(old: str, new: str) -> None:
    wrong = mutated(CALL, old, new)
    assert "error" in refusal(wrong)
    assert not upstream_accepts(wrong)
