"""``select_and_scatter`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, refusal, upstream_accepts
from constraint_programs import WrongProgram
from programs import check_accepted

PROGRAM = """
func.func @f(%x: tensor<4x6xf32>, %s: tensor<2x3xf32>, %i: tensor<f32>) {
  %0 = "stablehlo.select_and_scatter"(%x, %s, %i) <{
    window_dimensions = array<i64: 2, 3>, window_strides = array<i64: 2, 2>,
    padding = dense<[[0, 0], [1, 0]]> : tensor<2x2xi64>
  }> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.compare GE, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  }, {
  ^bb0(%c: tensor<f32>, %d: tensor<f32>):
    %2 = stablehlo.add %c, %d : tensor<f32>
    stablehlo.return %2 : tensor<f32>
  }) : (tensor<4x6xf32>, tensor<2x3xf32>, tensor<f32>) -> tensor<4x6xf32>
  return
}
"""
SECOND = PROGRAM.replace("%2 = stablehlo.add %c, %d : tensor<f32>\n    ", "").replace(
    "return %2", "return %c"
)
PROMOTED = SECOND.replace("%c: tensor<f32>, %d: tensor<f32>", "%c: tensor<f64>, %d: tensor<f64>")
PROMOTED = PROMOTED.replace("return %c : tensor<f32>", "return %c : tensor<f64>")
ACCEPTED = {
    "windows that overlap": PROGRAM,
    "defaults": PROGRAM.replace(
        ", window_strides = array<i64: 2, 2>,\n"
        "    padding = dense<[[0, 0], [1, 0]]> : tensor<2x2xi64>",
        "",
    ).replace("tensor<2x3xf32>", "tensor<3x4xf32>"),
    "unknown dimensions": PROGRAM.replace("4x6x", "?x6x").replace("2x3x", "2x?x"),
    "promoted": PROMOTED.replace("-> tensor<4x6xf32>", "-> tensor<4x6xf64>"),
}
NO_WINDOW = "window_dimensions = array<i64: 2, 3>, "
REFUSED = [
    ("I3", SECOND, "%i: tensor<f32>", "%i: tensor<1xf32>"),
    ("I7", PROGRAM, "    stablehlo.return %1 : tensor<i1>\n", ""),
    ("I8", PROGRAM, "    stablehlo.return %2 : tensor<f32>\n", ""),
    ("C1", PROMOTED, "tensor<2x3xf32>", "tensor<2x3xf64>"),
    ("C2", PROGRAM, "tensor<2x3xf32>", "tensor<2x4xf32>"),
    ("C3", PROMOTED, "%i: tensor<f32>", "%i: tensor<f64>"),
    ("C4", PROGRAM, "array<i64: 2, 3>", "array<i64: 2>"),
    ("C4", PROGRAM, NO_WINDOW, ""),
    ("C5", PROGRAM, "array<i64: 2, 3>", "array<i64: 0, 3>"),
    ("C6", PROGRAM, "array<i64: 2, 2>", "array<i64: 2>"),
    ("C7", PROGRAM, "array<i64: 2, 2>", "array<i64: 2, -2>"),
    ("C8", PROGRAM, "dense<[[0, 0], [1, 0]]> : tensor<2x2xi64>", "dense<0> : tensor<2xi64>"),
    ("C9", PROGRAM, "%b: tensor<f32>):", "%b: tensor<f32>, %e: tensor<f32>):"),
    ("C9", PROGRAM, "return %1 : tensor<i1>", "return %a : tensor<f32>"),
    ("C10", SECOND, "%d: tensor<f32>", "%d: tensor<i32>"),
    ("C10", SECOND, "return %c : tensor<f32>", "return %c, %d : tensor<f32>, tensor<f32>"),
    ("C11", PROGRAM, "-> tensor<4x6xf32>", "-> tensor<4x5xf32>"),
    ("C12", PROGRAM, "-> tensor<4x6xf32>", "-> tensor<4x6xf64>"),
]
UPSTREAM_PROMOTES = {"C1", "C3"}
"""Where upstream takes floats of another width."""


def _with_types(wrong: str) -> str:
    """The operation's operand types as the function's arguments have them."""
    types = [part.split(">")[0] for part in wrong.split(": tensor<")[1:4]]
    head, colon, tail = wrong.rpartition("}) : (")
    rest = tail.partition(") -> ")[2]
    shown = ", ".join(f"tensor<{type_}>" for type_ in types)
    return f"{head}{colon}{shown}) -> {rest}"


def _wrong(program: str, old: str, new: str) -> str:
    wrong = _with_types(mutated(program, old, new))
    if program is PROMOTED:
        wrong = wrong.replace("-> tensor<4x6xf32>", "-> tensor<4x6xf64>")
    return wrong


@pytest.mark.parametrize("name", ACCEPTED)
def test_right_programs(name: str) -> None:
    check_accepted(ACCEPTED[name])


@pytest.mark.parametrize(("id", "program", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, program: str, old: str, new: str) -> None:
    wrong = _wrong(program, old, new)
    assert refusal(wrong) == id
    assert upstream_accepts(wrong) == (id in UPSTREAM_PROMOTES)


WRONG_PROGRAMS = [
    WrongProgram("select_and_scatter", id, _wrong(*case), stricter=id in UPSTREAM_PROMOTES)
    for id, *case in REFUSED
]
RIGHT_PROGRAMS = [*ACCEPTED.values()]
