"""``custom_call``, ``tuple`` and ``get_tuple_element`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, our_text, refusal, upstream_accepts, upstream_text
from constraint_programs import WrongProgram, wrong_programs

from dialects.stablehlo.tuples import GetTupleElementOp, TupleOp

CALL = """
func.func @f(%x: tensor<2x3xf32>, %t: !stablehlo.token) -> tensor<4xi32> {
  %0:2 = stablehlo.custom_call @g(%x, %t) {api_version = 4 : i32, backend_config = {a = 1 : i32},
    called_computations = [@f], has_side_effect = true, note = "kept",
    operand_layouts = [dense<[1, 0]> : tensor<2xindex>, dense<> : tensor<0xindex>],
    result_layouts = [dense<[0]> : tensor<1xindex>, dense<[0, 1]> : tensor<2xindex>],
    output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [1],
      operand_index = 0, operand_tuple_indices = []>],
    result_tilings = [[dense<[2, 1]> : tensor<2xindex>], []]}
    : (tensor<2x3xf32>, !stablehlo.token) -> (tensor<4xi32>, tensor<2x3xf32>)
  return %0#0 : tensor<4xi32>
}
"""
ACCEPTED = {
    "everything": CALL,
    "generic": """
func.func @f(%x: tensor<2x3xf32>) -> tensor<2x?xf32> {
  %0 = "stablehlo.custom_call"(%x) <{call_target_name = "a.b", backend_config = "c\\22d"}>
    : (tensor<2x3xf32>) -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}
""",
    "defaults are left out": """
func.func @f() {
  stablehlo.custom_call @g() {api_version = 1 : i32, called_computations = [],
    has_side_effect = false, output_operand_aliases = []} : () -> ()
  return
}
""",
    "names that need quotes": """
func.func @f() {
  stablehlo.custom_call @"a b"() {"c d" = 1 : i32} : () -> ()
  stablehlo.custom_call @"1\\0A\\22"() : () -> ()
  return
}
""",
    "tuples": """
func.func @f(%x: tuple<tensor<2xf32>, tensor<3xf32>>) -> tensor<2xf32> {
  %0 = stablehlo.custom_call @g(%x) {
    output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [0],
      operand_index = 0, operand_tuple_indices = [1]>]}
    : (tuple<tensor<2xf32>, tensor<3xf32>>) -> tuple<tensor<3xf32>, tuple<tensor<2xf32>>>
  %1 = stablehlo.get_tuple_element %0[1] {a}
    : (tuple<tensor<3xf32>, tuple<tensor<2xf32>>>) -> tuple<tensor<2xf32>>
  %2 = stablehlo.get_tuple_element %1[0] : (tuple<tensor<2xf32>>) -> tensor<2xf32>
  %3 = stablehlo.tuple %2, %1 {b} : tuple<tensor<2xf32>, tuple<tensor<2xf32>>>
  %4 = stablehlo.tuple : tuple<>
  return %2 : tensor<2xf32>
}
""",
    "buffers": """
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.custom_call @Pin(%x) : (tensor<2xf32>) -> memref<2xf32>
  %1 = stablehlo.custom_call @g(%0) {
    output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [],
      operand_index = 0, operand_tuple_indices = []>]} : (memref<2xf32>) -> memref<2xf32>
  %2 = stablehlo.custom_call @Unpin(%1) : (memref<2xf32>) -> tensor<2xf32>
  %3 = stablehlo.custom_call @CreateBuffer() : () -> memref<4xf32>
  return %2 : tensor<2xf32>
}
""",
}
BUFFERS = ACCEPTED["buffers"]
REFUSED = [
    ("I4", CALL, "{a = 1 : i32}", '"a = 1"'),
    ("I4", CALL, "api_version = 4", "api_version = 2"),
    ("I5", CALL, "api_version = 4", "api_version = 5"),
    ("I7", CALL, "operand_index = 0", "operand_index = 2"),
    ("I7", CALL, "operand_tuple_indices = []", "operand_tuple_indices = [0]"),
    ("I7", CALL, "output_tuple_indices = [1]", "output_tuple_indices = [2]"),
    ("I7", CALL, "output_tuple_indices = [1]", "output_tuple_indices = [0]"),
    ("layouts", CALL, "operand_layouts", "other"),
    ("layouts", CALL, "dense<[1, 0]> : tensor<2xindex>", "dense<[1, 1]> : tensor<2xindex>"),
    ("layouts", CALL, "dense<[0]> : tensor<1xindex>, ", ""),
    ("layouts", CALL, "dense<> : tensor<0xindex>", "dense<0> : tensor<1xindex>"),
    ("buffers", BUFFERS, "@CreateBuffer() : ()", "@CreateBuffer(%x) : (tensor<2xf32>)"),
    ("buffers", BUFFERS, "@Pin(%x)", "@g(%x)"),
    ("buffers", BUFFERS, "(tensor<2xf32>) -> memref<2xf32>", "(tensor<2xf32>) -> memref<3xf32>"),
]


def _wrong(program: str, old: str, new: str) -> str:
    wrong = mutated(program, old, new)
    if "memref<3xf32>" not in new:
        return wrong
    return wrong.replace("(memref<2xf32>) -> memref<2xf32>", "(memref<3xf32>) -> memref<2xf32>")


@pytest.mark.parametrize("name", ACCEPTED)
def test_text_is_upstreams(name: str) -> None:
    assert our_text(ACCEPTED[name]) == upstream_text(ACCEPTED[name])


@pytest.mark.parametrize(("id", "program", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, program: str, old: str, new: str) -> None:
    wrong = _wrong(program, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


TUPLES = """
func.func @f(%x: tensor<2xf32>, %y: tuple<tensor<2xf32>, tensor<3xf32>>) {
  %0 = stablehlo.get_tuple_element %y[1] : (tuple<tensor<2xf32>, tensor<3xf32>>) -> tensor<3xf32>
  %1 = "stablehlo.tuple"(%x, %0) : (tensor<2xf32>, tensor<3xf32>)
    -> tuple<tensor<2xf32>, tensor<3xf32>>
  return
}
"""
TUPLES_REFUSED = [
    (GetTupleElementOp, "C1", "%y[1]", "%y[2]"),
    (GetTupleElementOp, "C2", "%y[1]", "%y[0]"),
    (GetTupleElementOp, "I1", "tuple<tensor<2xf32>, tensor<3xf32>>", "tensor<f32>"),
    (TupleOp, "C1", "    -> tuple<tensor<2xf32>,", "    -> tuple<tensor<3xf32>,"),
]


def test_tuples_are_accepted() -> None:
    assert our_text(TUPLES) == upstream_text(TUPLES)


@pytest.mark.parametrize(("op", "id", "old", "new"), TUPLES_REFUSED)
def test_a_wrong_tuple_is_refused(op: type, id: str, old: str, new: str) -> None:
    wrong = mutated(TUPLES, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


WRONG_PROGRAMS = [
    *wrong_programs("custom_call", [(id, _wrong(*case)) for id, *case in REFUSED]),
    *(
        WrongProgram(op.name.removeprefix("stablehlo."), id, mutated(TUPLES, old, new))
        for op, id, old, new in TUPLES_REFUSED
    ),
]
RIGHT_PROGRAMS = [*ACCEPTED.values(), TUPLES]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@g(%x, %t)", '"g"(%x, %t)'),
        ("@g(%x, %t)", "@g %x, %t"),
        ("(tensor<2x3xf32>, !stablehlo.token)", "(tensor<2x3xf32>)"),
        ("operand_index = 0, ", ""),
        ("has_side_effect = true", "has_side_effect = 2 : i32"),
    ],
)
def test_wrong_syntax_is_refused(old: str, new: str) -> None:
    wrong = mutated(CALL, old, new)
    assert "error" in refusal(wrong)
    assert not upstream_accepts(wrong)
