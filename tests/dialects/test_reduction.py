"""``reduce`` and ``reduce_window`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import (
    mutated,
    our_text,
    refusal,
    upstream_accepts,
    upstream_text,
)
from constraint_programs import WrongProgram, wrong_programs
from xdsl.dialects.builtin import TensorType, f32

from dialects.constraints import ConstraintError
from dialects.stablehlo.reduction import COMMUTATIVE, ReduceOp
from dialects.stablehlo.syntax import i64_array

SHORT = """
func.func @f(%x: tensor<2x3x4xf32>, %i: tensor<f32>) -> tensor<3xf32> {
  %0 = stablehlo.reduce(%x init: %i) applies stablehlo.add across dimensions = [0, 2]
    {note = 1 : i32} : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
"""
LONG = """
func.func @f(%x: tensor<2x3xf32>, %i: tensor<f32>, %y: tensor<2x3xi32>, %j: tensor<i32>)
    -> (tensor<3xf32>, tensor<3xi32>) {
  %0:2 = stablehlo.reduce(%x init: %i), (%y init: %j) across dimensions = [0]
    : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>)
    -> (tensor<3xf32>, tensor<3xi32>)
    reducer(%a: tensor<f32>, %c: tensor<f32>) (%b: tensor<i32>, %d: tensor<i32>) {
      %1 = stablehlo.add %a, %c : tensor<f32>
      %2 = stablehlo.maximum %b, %d : tensor<i32>
      stablehlo.return %1, %2 : tensor<f32>, tensor<i32>
    }
  return %0#0, %0#1 : tensor<3xf32>, tensor<3xi32>
}
"""
GENERIC = """
func.func @f(%x: tensor<2x3xf32>, %i: tensor<f32>) -> tensor<2xf32> {
  %0 = "stablehlo.reduce"(%x, %i) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%1) : (tensor<f32>) -> ()
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""
SECOND = """
func.func @f(%x: tensor<2x3xf32>, %i: tensor<f32>) -> tensor<2xf32> {
  %0 = "stablehlo.reduce"(%x, %i) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    stablehlo.return %b : tensor<f32>
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""
NOT_SHORT = {
    "arguments the other way round": ('"(%a, %b)', '"(%b, %a)'),
    "one argument twice": ('"(%a, %b)', '"(%a, %a)'),
    "not commutative": ("stablehlo.add", "stablehlo.subtract"),
    "returns its argument": ('"(%1) :', '"(%a) :'),
    "two operations": ('"(%1) :', '"(%2) :'),
}
ACCEPTED = {
    "short": SHORT,
    "long, several inputs": LONG,
    "generic that is short": GENERIC,
    "no dimensions": SHORT.replace("[0, 2]", "[]").replace("tensor<3xf32>", "tensor<2x3x4xf32>"),
    "unknown dimensions": SHORT.replace("2x3x4xf32", "?x?x4xf32"),
    "promoted": GENERIC.replace(
        "a: tensor<f32>, %b: tensor<f32>", "a: tensor<f64>, %b: tensor<f64>"
    )
    .replace(
        "(tensor<f32>, tensor<f32>) -> tensor<f32>", "(tensor<f64>, tensor<f64>) -> tensor<f64>"
    )
    .replace("(%1) : (tensor<f32>) -> ()", "(%1) : (tensor<f64>) -> ()")
    .replace("tensor<2xf32>", "tensor<2xf64>"),
    "not scalar": """
func.func @f(%x: tensor<4x4xf32>, %i: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.reduce(%x init: %i) across dimensions = [0]
    : (tensor<4x4xf32>, tensor<4xf32>) -> tensor<4xf32>
    reducer(%a: tensor<4xf32>, %b: tensor<4xf32>) {
      %1 = stablehlo.add %a, %b : tensor<4xf32>
      stablehlo.return %1 : tensor<4xf32>
    }
  return %0 : tensor<4xf32>
}
""",
    "captures and nests": """
func.func @f(%x: tensor<2x3xf32>, %i: tensor<f32>) -> tensor<2xf32> {
  %c = stablehlo.constant dense<2.0> : tensor<f32>
  %0 = stablehlo.reduce(%x init: %i) across dimensions = [1]
    : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    reducer(%a: tensor<f32>, %b: tensor<f32>) {
      %c1 = stablehlo.constant dense<3.0> : tensor<3xf32>
      %1 = stablehlo.reduce(%c1 init: %a) across dimensions = [0]
        : (tensor<3xf32>, tensor<f32>) -> tensor<f32>
        reducer(%d: tensor<f32>, %e: tensor<f32>) {
          %3 = stablehlo.multiply %d, %c : tensor<f32>
          stablehlo.return %3 : tensor<f32>
        }
      %2 = stablehlo.add %1, %b : tensor<f32>
      stablehlo.return %2 : tensor<f32>
    }
  %4 = stablehlo.negate %0 : tensor<2xf32>
  return %4 : tensor<2xf32>
}
""",
}
REDUCER = "stablehlo.return %1, %2 : tensor<f32>, tensor<i32>"
REDUCE_REFUSED = [
    ("C1", LONG, "2x3xi32", "2x4xi32"),
    (
        "C3",
        SECOND,
        ", tensor<f32>) -> tensor<2xf32>",
        ", tensor<f32>) -> (tensor<2xf32>, tensor<2xf32>)",
    ),
    ("C4", SHORT, "[0, 2]", "[0, 3]"),
    ("C5", SHORT, "[0, 2]", "[0, 0]"),
    ("C6", LONG, REDUCER, "stablehlo.return %1 : tensor<f32>"),
    ("C6", SECOND, "%a: tensor<f32>", "%a: tensor<f64>"),
    ("C6", SECOND, "tensor<2x3xf32>", "tensor<2x3xi32>"),
    ("C7", SHORT, "tensor<3xf32>", "tensor<2xf32>"),
    ("C8", SHORT, "tensor<3xf32>", "tensor<3xf64>"),
    ("I4", SECOND, "stablehlo.return", "func.return"),
]


def _wrong(program: str, old: str, new: str) -> str:
    """The program with a phrase changed, and its results and its return made to fit."""
    wrong = mutated(program, old, new)
    if "-> (" in new and "-> (" not in old:
        wrong = mutated(wrong, "%0 =", "%0:2 =").replace("return %0 :", "return %0#0 :")
    if "tensor<3xi32>" in new:
        wrong = mutated(
            wrong, ": tensor<3x7xf32>, tensor<3x7xi32>", ": tensor<3x7xf32>, tensor<3xi32>"
        )
    return wrong


@pytest.mark.parametrize("name", ACCEPTED)
def test_text_is_upstreams(name: str) -> None:
    assert our_text(ACCEPTED[name]) == upstream_text(ACCEPTED[name])


def test_the_short_form_is_used_where_upstream_uses_it() -> None:
    assert "applies stablehlo.add" in our_text(GENERIC)


@pytest.mark.parametrize("name", NOT_SHORT)
def test_the_short_form_is_not_used_where_upstream_does_not(name: str) -> None:
    extra = '    "stablehlo.return"'
    second = "    %2 = stablehlo.negate %1 : tensor<f32>\n" if name == "two operations" else ""
    program = mutated(GENERIC, *NOT_SHORT[name]).replace(extra, second + extra)
    text = our_text(program)
    assert "reducer(" in text
    assert text == upstream_text(program)


@pytest.mark.parametrize("inner", sorted(COMMUTATIVE))
def test_every_commutative_operation_has_the_short_form(inner: str) -> None:
    program = SHORT.replace("stablehlo.add", inner).replace("f32>", "i32>")
    assert f"applies {inner} " in our_text(program)
    assert our_text(program) == upstream_text(program)


@pytest.mark.parametrize("inner", ["stablehlo.divide", "stablehlo.negate", "std.add", "arith.addf"])
def test_another_operation_has_no_short_form(inner: str) -> None:
    program = mutated(SHORT, "stablehlo.add", inner)
    assert f"can not apply '{inner}'" in refusal(program)
    assert not upstream_accepts(program)


@pytest.mark.parametrize(("id", "program", "old", "new"), REDUCE_REFUSED)
def test_a_violated_constraint_of_reduce_is_named(
    id: str, program: str, old: str, new: str
) -> None:
    wrong = _wrong(program, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


@pytest.mark.parametrize(
    ("id", "old", "new"),
    [
        ("C6", "%a: tensor<f32>, ", ""),
        ("C6", "%a: tensor<f32>", "%a: tensor<2xf32>"),
        ("C6", "stablehlo.return %b : tensor<f32>", "stablehlo.return"),
        ("C6", "%b : tensor<f32>", "%b, %b : tensor<f32>, tensor<f32>"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(id: str, old: str, new: str) -> None:
    wrong = mutated(SECOND, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


def test_an_input_without_initial_value_is_refused() -> None:
    wrong = mutated(SECOND, "(%x, %i) ({", "(%x, %i, %i) ({")
    assert refusal(mutated(wrong, ", tensor<f32>) ->", ", tensor<f32>, tensor<f32>) ->")) == "C3"


def test_inference_drops_the_dimensions() -> None:
    types = (TensorType(f32, [2, 3, 4]), TensorType(f32, []))
    properties = {"dimensions": i64_array([1])}
    assert ReduceOp.infer(types, properties) == [TensorType(f32, [2, 4])]
    with pytest.raises(ConstraintError, match=r"\(C4\)"):
        ReduceOp.infer(types, {"dimensions": i64_array([3])})


# -- reduce_window -----------------------------------------------------------------------------

WINDOW = """
func.func @f(%x: tensor<4x8xf32>, %i: tensor<f32>, %y: tensor<4x8xi32>, %j: tensor<i32>)
    -> (tensor<3x7xf32>, tensor<3x7xi32>) {
  %0:2 = "stablehlo.reduce_window"(%x, %y, %i, %j) ({
  ^bb0(%a: tensor<f32>, %b: tensor<i32>, %c: tensor<f32>, %d: tensor<i32>):
    %1 = stablehlo.add %a, %c : tensor<f32>
    %2 = stablehlo.maximum %b, %d : tensor<i32>
    stablehlo.return %1, %2 : tensor<f32>, tensor<i32>
  }) {window_dimensions = array<i64: 2, 3>, window_strides = array<i64: 1, 2>,
      base_dilations = array<i64: 1, 2>, window_dilations = array<i64: 1, 2>,
      padding = dense<[[0, 0], [1, 1]]> : tensor<2x2xi64>, note = "kept"}
    : (tensor<4x8xf32>, tensor<4x8xi32>, tensor<f32>, tensor<i32>)
    -> (tensor<3x7xf32>, tensor<3x7xi32>)
  return %0#0, %0#1 : tensor<3x7xf32>, tensor<3x7xi32>
}
"""
ONE_WINDOW = """
func.func @f(%x: tensor<4x?xf32>, %i: tensor<f32>) -> tensor<3x?xf32> {
  %0 = "stablehlo.reduce_window"(%x, %i) <{window_dimensions = array<i64: 2, 3>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) : (tensor<4x?xf32>, tensor<f32>) -> tensor<3x?xf32>
  return %0 : tensor<3x?xf32>
}
"""
WINDOW_REFUSED = [
    (
        "C1",
        ONE_WINDOW,
        "f32>) -> tensor<3x?xf32>\n  return",
        "f32>) -> (tensor<3x?xf32>, tensor<3x?xf32>)\n  return",
    ),
    ("C2", WINDOW, "tensor<4x8xi32>", "tensor<4x9xi32>"),
    ("C13", WINDOW, "tensor<4x8xi32>", "tensor<4x8xf32>"),
    ("C4", WINDOW, "window_dimensions = array<i64: 2, 3>", "window_dimensions = array<i64: 2>"),
    ("C5", WINDOW, "window_dimensions = array<i64: 2, 3>", "window_dimensions = array<i64: 2, -1>"),
    ("C6", WINDOW, "window_strides = array<i64: 1, 2>", "window_strides = array<i64: 1>"),
    ("C7", WINDOW, "window_strides = array<i64: 1, 2>", "window_strides = array<i64: 0, 2>"),
    ("C8", WINDOW, "base_dilations = array<i64: 1, 2>", "base_dilations = array<i64: 1>"),
    ("C9", WINDOW, "base_dilations = array<i64: 1, 2>", "base_dilations = array<i64: 0, 2>"),
    ("C10", WINDOW, "window_dilations = array<i64: 1, 2>", "window_dilations = array<i64: 1>"),
    ("C11", WINDOW, "window_dilations = array<i64: 1, 2>", "window_dilations = array<i64: 0, 2>"),
    ("C12", WINDOW, "dense<[[0, 0], [1, 1]]> : tensor<2x2xi64>", "dense<0> : tensor<2x3xi64>"),
    ("C13", WINDOW, REDUCER, "stablehlo.return %1, %1 : tensor<f32>, tensor<f32>"),
    ("C14", WINDOW, "-> (tensor<3x7xf32>, tensor<3x7xi32>)", "-> (tensor<3x7xf32>, tensor<3xi32>)"),
    ("C15", WINDOW, "x7x", "x8x"),
    ("C16", WINDOW, "tensor<3x7xf32>", "tensor<3x7xf64>"),
    ("I2", ONE_WINDOW, "tensor<f32>) ->", "tensor<3xf32>) ->"),
    ("I8", ONE_WINDOW, "    stablehlo.return %1 : tensor<f32>\n", ""),
]


@pytest.mark.parametrize("program", [WINDOW, ONE_WINDOW])
def test_text_of_reduce_window_is_upstreams(program: str) -> None:
    assert our_text(program) == upstream_text(program)


@pytest.mark.parametrize(("id", "program", "old", "new"), WINDOW_REFUSED)
def test_a_violated_constraint_of_reduce_window_is_named(
    id: str, program: str, old: str, new: str
) -> None:
    wrong = _wrong(program, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


STRICTER = [
    WrongProgram(
        "reduce",
        "C2",
        mutated(
            SECOND.replace("(tensor<2x3xf32>, tensor<f32>)", "(tensor<2x3xf32>, tensor<f16>)"),
            "%i: tensor<f32>",
            "%i: tensor<f16>",
        ),
        stricter=True,
    ),
    WrongProgram(
        "reduce_window",
        "C3",
        mutated(
            ONE_WINDOW.replace("(tensor<4x?xf32>, tensor<f32>)", "(tensor<4x?xf32>, tensor<f16>)"),
            "%i: tensor<f32>",
            "%i: tensor<f16>",
        ),
        stricter=True,
    ),
]
"""Upstream takes initial values that the body's type promotes."""
WRONG_PROGRAMS = [
    *STRICTER,
    *wrong_programs("reduce", [(id, _wrong(*case)) for id, *case in REDUCE_REFUSED]),
    *wrong_programs("reduce_window", [(id, _wrong(*case)) for id, *case in WINDOW_REFUSED]),
]
RIGHT_PROGRAMS = [*ACCEPTED.values(), WINDOW, ONE_WINDOW]
