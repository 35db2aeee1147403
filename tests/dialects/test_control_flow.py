"""``while``, ``if``, ``case``, ``return``, and which of them dead-code elimination removes."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, our_text, refusal, upstream_accepts, upstream_text
from constraint_programs import WrongProgram
from xdsl.dialects.builtin import ModuleOp, TensorType, f32
from xdsl.traits import is_side_effect_free

from dialects.constraints import ConstraintError
from dialects.reader import parse_module
from dialects.stablehlo.control_flow import CaseOp, IfOp, WhileOp

WHILE = """
func.func @f(%n: tensor<i32>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %0:2 = stablehlo.while(%k = %n, %y = %x) : tensor<i32>, tensor<4xf32>
    attributes {note = "kept"}
   cond {
    %c = stablehlo.constant dense<10> : tensor<i32>
    %p = stablehlo.compare LT, %k, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %k1 = stablehlo.add %k, %n : tensor<i32>
    %y1 = stablehlo.add %y, %x : tensor<4xf32>
    stablehlo.return %k1, %y1 : tensor<i32>, tensor<4xf32>
  }
  return %0#1 : tensor<4xf32>
}
"""
GENERIC_WHILE = """
func.func @f(%n: tensor<i32>, %p: tensor<i1>) -> tensor<i32> {
  %0 = "stablehlo.while"(%n) ({
  ^bb0(%k: tensor<i32>):
    stablehlo.return %p : tensor<i1>
  }, {
  ^bb0(%k: tensor<i32>):
    stablehlo.return %k : tensor<i32>
  }) : (tensor<i32>) -> tensor<i32>
  return %0 : tensor<i32>
}
"""
IF = """
func.func @f(%p: tensor<i1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "stablehlo.if"(%p) ({
    %1 = stablehlo.add %x, %y : tensor<4xf32>
    stablehlo.return %1 : tensor<4xf32>
  }, {
    stablehlo.return %x : tensor<4xf32>
  }) {note = 1 : i32} : (tensor<i1>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
CASE = """
func.func @f(%i: tensor<i32>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0:2 = "stablehlo.case"(%i) ({
    %1 = stablehlo.add %x, %y : tensor<4xf32>
    stablehlo.return %1, %x : tensor<4xf32>, tensor<4xf32>
  }, {
    stablehlo.return %x, %y : tensor<4xf32>, tensor<4xf32>
  }, {
    stablehlo.return %y, %y : tensor<4xf32>, tensor<4xf32>
  }) : (tensor<i32>) -> (tensor<4xf32>, tensor<4xf32>)
  return %0#1 : tensor<4xf32>
}
"""
ACCEPTED = {
    "while": WHILE,
    "generic while": GENERIC_WHILE,
    "while over nothing": """
func.func @f(%p: tensor<i1>) {
  stablehlo.while() cond { stablehlo.return %p : tensor<i1> } do { stablehlo.return {a} }
  return
}
""",
    "while of unknown dimensions": GENERIC_WHILE.replace("tensor<i32>", "tensor<?xi32>"),
    "if": IF,
    "if without results": """
func.func @f(%p: tensor<i1>) {
  "stablehlo.if"(%p) ({ stablehlo.return }, { "stablehlo.return"() : () -> () })
    : (tensor<i1>) -> ()
  return
}
""",
    "if of unknown and known dimensions": IF.replace("%x: tensor<4xf32>", "%x: tensor<?xf32>")
    .replace("%1 = stablehlo.add %x, %y :", "%1 = stablehlo.add %y, %y :")
    .replace("stablehlo.return %x : tensor<4xf32>", "stablehlo.return %x : tensor<?xf32>"),
    "case": CASE,
    "nested three deep": """
func.func @f(%n: tensor<i32>, %p: tensor<i1>) -> tensor<i32> {
  %a = stablehlo.add %n, %n : tensor<i32>
  %0 = stablehlo.while(%k = %a) : tensor<i32> cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %b = stablehlo.add %k, %a : tensor<i32>
    %1 = "stablehlo.if"(%p) ({
      %2 = stablehlo.while(%j = %b) : tensor<i32> cond {
        %q = stablehlo.not %p : tensor<i1>
        stablehlo.return %q : tensor<i1>
      } do {
        %m = stablehlo.multiply %j, %k : tensor<i32>
        stablehlo.return %m : tensor<i32>
      }
      stablehlo.return %2 : tensor<i32>
    }, {
      stablehlo.return %k : tensor<i32>
    }) : (tensor<i1>) -> tensor<i32>
    stablehlo.return %1 : tensor<i32>
  }
  %c = stablehlo.add %0, %a : tensor<i32>
  return %c : tensor<i32>
}
""",
}
DEAD_WHILE = GENERIC_WHILE.replace("return %0", "return %n")
DEAD_IF = IF.replace("return %0", "return %x")
REFUSED = [
    (WhileOp, "C1", GENERIC_WHILE, "return %p : tensor<i1>", "return %k : tensor<i32>"),
    (WhileOp, "C2", GENERIC_WHILE, "return %k : tensor<i32>", "return"),
    (
        WhileOp,
        "C3",
        DEAD_WHILE,
        "(tensor<i32>) -> tensor<i32>\n",
        "(tensor<i32>) -> tensor<i8>\n",
    ),
    (WhileOp, "I2", GENERIC_WHILE, "stablehlo.return %k", "func.return %k"),
    (IfOp, "C1", IF, "}, {", "}, {\n  ^bb0(%z: tensor<f32>):"),
    (IfOp, "C2", IF, "return %x : tensor<4xf32>", "return %p : tensor<i1>"),
    (IfOp, "C3", DEAD_IF, "(tensor<i1>) -> tensor<4xf32>", "(tensor<i1>) -> tensor<5xf32>"),
    (IfOp, "I1", IF, "tensor<i1>", "tensor<1xi1>"),
    (IfOp, "I2", IF, "stablehlo.return %x", "func.return %x"),
    (CaseOp, "C1", CASE, CASE[CASE.index("({") : CASE.index(" : (tensor<i32>)")], ""),
    (CaseOp, "C2", CASE, "}, {", "}, {\n  ^bb0(%z: tensor<f32>):"),
    (CaseOp, "C3", CASE, "%y, %y : tensor<4xf32>, tensor<4xf32>", "%y : tensor<4xf32>"),
    (CaseOp, "C4", CASE, "-> (tensor<4xf32>, ", "-> (tensor<4xf64>, "),
    (CaseOp, "I1", CASE, "tensor<i32>", "tensor<i64>"),
    (CaseOp, "I2", CASE, "stablehlo.return %y", "func.return %y"),
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_text_is_upstreams(name: str) -> None:
    assert our_text(ACCEPTED[name]) == upstream_text(ACCEPTED[name])


@pytest.mark.parametrize(("op", "id", "program", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(
    op: type, id: str, program: str, old: str, new: str
) -> None:
    wrong = mutated(program, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


WRONG_PROGRAMS = [
    WrongProgram(op.name.removeprefix("stablehlo."), id, mutated(text, old, new))
    for op, id, text, old, new in REFUSED
]
RIGHT_PROGRAMS = [*ACCEPTED.values()]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("%k = %n, ", "%k = %n "),
        (": tensor<i32>, tensor<4xf32>\n", ": tensor<i32>\n"),
        ("cond {", "{"),
        ("} do {", "} while {"),
        ("%y = %x", "%k = %x"),
        ("attributes {", "{"),
    ],
)
def test_wrong_syntax_of_while_is_refused(old: str, new: str) -> None:
    wrong = mutated(WHILE, old, new)
    assert "error" in refusal(wrong)
    assert not upstream_accepts(wrong)


EFFECTS = {
    "while": DEAD_WHILE,
    "if": DEAD_IF,
    "case": CASE.replace("return %0#1", "return %x"),
    "sort": """
func.func @f(%n: tensor<4xi32>, %p: tensor<i1>) -> tensor<4xi32> {
  %0 = "stablehlo.sort"(%n) ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    stablehlo.return %p : tensor<i1>
  }) : (tensor<4xi32>) -> tensor<4xi32>
  return %n : tensor<4xi32>
}
""",
    "reduce": """
func.func @f(%n: tensor<4xi32>, %i: tensor<i32>) -> tensor<4xi32> {
  %0 = "stablehlo.reduce"(%n, %i) ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    stablehlo.return %b : tensor<i32>
  }) {dimensions = array<i64: 0>} : (tensor<4xi32>, tensor<i32>) -> tensor<i32>
  return %n : tensor<4xi32>
}
""",
    "reduce_window": """
func.func @f(%n: tensor<4xi32>, %i: tensor<i32>) -> tensor<4xi32> {
  %0 = "stablehlo.reduce_window"(%n, %i) ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    stablehlo.return %b : tensor<i32>
  }) {window_dimensions = array<i64: 2>} : (tensor<4xi32>, tensor<i32>) -> tensor<3xi32>
  return %n : tensor<4xi32>
}
""",
    "dot_general": """
func.func @f(%n: tensor<4xi32>) -> tensor<4xi32> {
  %0 = stablehlo.dot_general %n, %n, contracting_dims = [0] x [0]
    : (tensor<4xi32>, tensor<4xi32>) -> tensor<i32>
  return %n : tensor<4xi32>
}
""",
    "convolution": """
func.func @f(%n: tensor<4x4xi32>) -> tensor<4x4xi32> {
  %0 = stablehlo.convolution(%n, %n) dim_numbers = [b, f]x[i, o]->[b, f], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<4x4xi32>, tensor<4x4xi32>) -> tensor<4x4xi32>
  return %n : tensor<4x4xi32>
}
""",
    "gather": """
func.func @f(%n: tensor<4xi32>) -> tensor<4xi32> {
  %0 = "stablehlo.gather"(%n, %n) {dimension_numbers = #stablehlo.gather<
      collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>,
      slice_sizes = array<i64: 1>} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %n : tensor<4xi32>
}
""",
    "tuple": """
func.func @f(%n: tensor<4xi32>) -> tensor<4xi32> {
  %0 = stablehlo.tuple %n, %n : tuple<tensor<4xi32>, tensor<4xi32>>
  %1 = stablehlo.get_tuple_element %0[1]
    : (tuple<tensor<4xi32>, tensor<4xi32>>) -> tensor<4xi32>
  return %n : tensor<4xi32>
}
""",
    "custom_call": """
func.func @f(%n: tensor<4xi32>) -> tensor<4xi32> {
  %0 = stablehlo.custom_call @g(%n) : (tensor<4xi32>) -> tensor<4xi32>
  return %n : tensor<4xi32>
}
""",
    "custom_call with an effect": """
func.func @f(%n: tensor<4xi32>) -> tensor<4xi32> {
  %0 = stablehlo.custom_call @g(%n) {has_side_effect = true} : (tensor<4xi32>) -> tensor<4xi32>
  return %n : tensor<4xi32>
}
""",
    "an effect in a loop": DEAD_WHILE.replace(
        "    stablehlo.return %k",
        "    stablehlo.custom_call @g() {has_side_effect = true} : () -> ()\n"
        "    stablehlo.return %k",
    ),
    "no effect in a loop": DEAD_WHILE.replace(
        "    stablehlo.return %k",
        "    stablehlo.custom_call @g() : () -> ()\n    stablehlo.return %k",
    ),
}


def removable(module: ModuleOp) -> bool:
    """Whether every operation of the function but its terminator is free of effects."""
    block = module.body.block.first_op.regions[0].block  # pyright: ignore
    return all(is_side_effect_free(op) for op in block.ops if op is not block.last_op)


@pytest.mark.parametrize("name", EFFECTS)
def test_what_has_no_effect_is_what_trivial_dce_removes(name: str) -> None:
    program = EFFECTS[name]
    pruned = upstream_text(program, prune=True)
    assert removable(parse_module(program).module) == ("stablehlo." not in pruned)


def test_inference_of_a_case_needs_a_branch() -> None:
    with pytest.raises(ConstraintError, match=r"\(C1\)"):
        CaseOp.infer((TensorType(f32, []),), {}, ())
