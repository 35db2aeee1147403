"""``scatter`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, our_text, refusal, upstream_accepts, upstream_text
from constraint_programs import WrongProgram
from programs import check_accepted
from xdsl.dialects.builtin import TensorType, f32, f64, i32

from dialects.constraints import ConstraintError
from dialects.stablehlo.scatter import ScatterOp
from dialects.stablehlo.scatter_dimension_numbers import (
    ScatterDimensionNumbersAttr,
    ScatterDimensions,
)

BODY = """({
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    %1 = stablehlo.add %p, %q : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  })"""
BATCHED = f"""
func.func @f(%a: tensor<2x3x4x2xf32>, %i: tensor<2x5x3x2xi32>, %u: tensor<2x5x3x2x2xf32>) {{
  %0 = "stablehlo.scatter"(%a, %i, %u) <{{
    scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [3, 4],
      inserted_window_dims = [1], input_batching_dims = [0], scatter_indices_batching_dims = [0],
      scatter_dims_to_operand_dims = [2, 1], index_vector_dim = 3>,
    indices_are_sorted = true, unique_indices = false
  }}> {BODY} {{note}}
    : (tensor<2x3x4x2xf32>, tensor<2x5x3x2xi32>, tensor<2x5x3x2x2xf32>) -> tensor<2x3x4x2xf32>
  return
}}
"""
INSERTED = f"""
func.func @f(%a: tensor<4x3x6xf32>, %i: tensor<5x2xi32>, %u: tensor<5x6xf32>) {{
  %0 = "stablehlo.scatter"(%a, %i, %u) <{{
    scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1],
      inserted_window_dims = [0, 1], scatter_dims_to_operand_dims = [0, 1],
      index_vector_dim = 1>
  }}> {BODY} : (tensor<4x3x6xf32>, tensor<5x2xi32>, tensor<5x6xf32>) -> tensor<4x3x6xf32>
  return
}}
"""
TWO_BATCHES = f"""
func.func @f(%a: tensor<5x5x6xf32>, %i: tensor<5x5x1xi32>, %u: tensor<5x5x1xf32>) {{
  %0 = "stablehlo.scatter"(%a, %i, %u) <{{
    scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [2],
      input_batching_dims = [0, 1], scatter_indices_batching_dims = [1, 0],
      scatter_dims_to_operand_dims = [2], index_vector_dim = 2>
  }}> {BODY} : (tensor<5x5x6xf32>, tensor<5x5x1xi32>, tensor<5x5x1xf32>) -> tensor<5x5x6xf32>
  return
}}
"""
SEVERAL = """
func.func @f(%a: tensor<9x3xf32>, %b: tensor<9x3xi32>, %i: tensor<5xui32>, %u: tensor<5x3xf32>,
    %v: tensor<5x3xi32>) {
  %0:2 = "stablehlo.scatter"(%a, %b, %i, %u, %v) <{
    scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1],
      inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>
  }> ({
  ^bb0(%p: tensor<f32>, %q: tensor<i32>, %r: tensor<f32>, %s: tensor<i32>):
    stablehlo.return %r, %q : tensor<f32>, tensor<i32>
  }) : (tensor<9x3xf32>, tensor<9x3xi32>, tensor<5xui32>, tensor<5x3xf32>, tensor<5x3xi32>)
    -> (tensor<9x3xf32>, tensor<9x3xi32>)
  return
}
"""
CALLS_OUT = INSERTED.replace(
    "%1 = stablehlo.add %p, %q : tensor<f32>",
    "%1 = stablehlo.custom_call @g(%p) {has_side_effect = true} : (tensor<f32>) -> tensor<f32>",
)
ACCEPTED = {
    "batched": BATCHED,
    "inserted": INSERTED,
    "two batches": TWO_BATCHES,
    "several inputs, implied index dimension": SEVERAL,
    "smaller updates": INSERTED.replace("5x6xf32", "5x4xf32"),
    "unknown dimensions": INSERTED.replace("tensor<4x3x6xf32>", "tensor<?x3x?xf32>")
    .replace("tensor<5x2xi32>", "tensor<?x?xi32>")
    .replace("tensor<5x6xf32>", "tensor<?x6xf32>"),
    "promoted": INSERTED.replace("tensor<f32>", "tensor<f64>").replace(
        "-> tensor<4x3x6xf32>", "-> tensor<4x3x6xf64>"
    ),
    "scalar update, index vector first": f"""
func.func @f(%a: tensor<4x3xf32>, %i: tensor<2x7xi64>, %u: tensor<7xf32>) {{
  %0 = "stablehlo.scatter"(%a, %i, %u) <{{
    scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0, 1],
      scatter_dims_to_operand_dims = [1, 0]>
  }}> {BODY} : (tensor<4x3xf32>, tensor<2x7xi64>, tensor<7xf32>) -> tensor<4x3xf32>
  return
}}
""",
    "body with an effect": CALLS_OUT,
}
REFUSED = [
    ("I2", INSERTED, "5x2xi32", "5x2xf32"),
    ("I12", INSERTED, "    stablehlo.return %1 : tensor<f32>\n", ""),
    ("C1", SEVERAL, "9x3xi32", "8x3xi32"),
    ("C2", INSERTED, "inserted_window_dims = [0, 1]", "inserted_window_dims = [0]"),
    ("C3", SEVERAL, "5x3xi32", "5x2xi32"),
    ("C4", INSERTED, "5x6xf32", "5x7xf32"),
    ("C4", INSERTED, "5x6xf32", "4x6xf32"),
    ("C4", INSERTED, "5x6xf32", "5xf32"),
    ("C6", INSERTED, "5x6xf32", "5x6xf64"),
    ("C7", BATCHED, "update_window_dims = [3, 4]", "update_window_dims = [4, 3]"),
    ("C7", BATCHED, "update_window_dims = [3, 4]", "update_window_dims = [3, 3]"),
    ("C8", BATCHED, "update_window_dims = [3, 4]", "update_window_dims = [3, 5]"),
    ("C9", BATCHED, "inserted_window_dims = [1]", "inserted_window_dims = [0]"),
    ("C10", INSERTED, "inserted_window_dims = [0, 1]", "inserted_window_dims = [1, 0]"),
    ("C11", INSERTED, "inserted_window_dims = [0, 1]", "inserted_window_dims = [0, 3]"),
    ("C12", TWO_BATCHES, "input_batching_dims = [0, 1]", "input_batching_dims = [1, 0]"),
    ("C13", TWO_BATCHES, "input_batching_dims = [0, 1]", "input_batching_dims = [0, 3]"),
    ("C14", TWO_BATCHES, "batching_dims = [1, 0]", "batching_dims = [1, 1]"),
    ("C15", TWO_BATCHES, "batching_dims = [1, 0]", "batching_dims = [3, 0]"),
    ("C16", TWO_BATCHES, "batching_dims = [1, 0]", "batching_dims = [2, 0]"),
    ("C17", TWO_BATCHES, "batching_dims = [1, 0]", "batching_dims = [1]"),
    ("C18", TWO_BATCHES, "tensor<5x5x6xf32>", "tensor<5x4x6xf32>"),
    ("C19", BATCHED, "operand_dims = [2, 1]", "operand_dims = [2]"),
    ("C20", BATCHED, "operand_dims = [2, 1]", "operand_dims = [0, 1]"),
    ("C21", BATCHED, "operand_dims = [2, 1]", "operand_dims = [4, 1]"),
    ("C22", INSERTED, "index_vector_dim = 1", "index_vector_dim = 3"),
    ("C23", SEVERAL, "%s: tensor<i32>", "%s: tensor<f32>"),
    ("C23", SEVERAL, "return %r, %q : tensor<f32>, tensor<i32>", "return %r : tensor<f32>"),
    ("C23", INSERTED, "tensor<f32>", "tensor<1xf32>"),
    ("C24", INSERTED, "-> tensor<4x3x6xf32>", "-> tensor<4x3x5xf32>"),
    ("C25", INSERTED, "-> tensor<4x3x6xf32>", "-> tensor<4x3x6xf64>"),
]
UPSTREAM_PROMOTES = {"C6"}
"""Where upstream asks of updates only that the body's types promote them."""


@pytest.mark.parametrize("name", ACCEPTED)
def test_programs_are_read_written_and_pruned_as_upstream_does(name: str) -> None:
    check_accepted(ACCEPTED[name])


@pytest.mark.parametrize(("id", "program", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, program: str, old: str, new: str) -> None:
    wrong = mutated(program, old, new)
    assert refusal(wrong) == id
    assert upstream_accepts(wrong) == (id in UPSTREAM_PROMOTES)


def _of_other_numbers(operands: int, results: int) -> str:
    values, types = ", ".join(["%i"] * operands), ", ".join(["tensor<5xi32>"] * operands)
    return f"""
func.func @f(%i: tensor<5xi32>) {{
  "stablehlo.scatter"({values}) <{{
    scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0],
      scatter_dims_to_operand_dims = [0], index_vector_dim = 1>
  }}> ({{
  ^bb0(%p: tensor<i32>, %q: tensor<i32>):
    stablehlo.return %q : tensor<i32>
  }}) : ({types}) -> ({", ".join(["tensor<5xi32>"] * results)})
  return
}}
"""


WRONG_PROGRAMS = [
    WrongProgram("scatter", id, mutated(text, old, new), stricter=id in UPSTREAM_PROMOTES)
    for id, text, old, new in REFUSED
]
WRONG_PROGRAMS.append(WrongProgram("scatter", "C5", _of_other_numbers(3, 2)))
RIGHT_PROGRAMS = [*ACCEPTED.values()]


@pytest.mark.parametrize(("operands", "results"), [(1, 0), (4, 1), (3, 2)])
def test_other_numbers_of_operands_and_results_are_refused(operands: int, results: int) -> None:
    assert refusal(_of_other_numbers(operands, results)) == "C5"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("update_window_dims = [1],", "update_window_dims = [1], update_window_dims = [1],"),
        ("update_window_dims", "window_dims"),
        ("update_window_dims = [1]", "update_window_dims [1]"),
        ("<update_window_dims", "update_window_dims"),
    ],
)
def test_wrong_attributes_are_refused(old: str, new: str) -> None:
    wrong = mutated(INSERTED, old, new)
    assert "error" in refusal(wrong)
    assert not upstream_accepts(wrong)


def test_fields_in_any_order_print_in_one() -> None:
    program = mutated(
        INSERTED,
        "update_window_dims = [1],\n      inserted_window_dims = [0, 1]",
        "inserted_window_dims = [0, 1], update_window_dims = [1]",
    )
    assert our_text(program) == upstream_text(program) == upstream_text(INSERTED)


def _numbers(*inserted: int) -> dict[str, ScatterDimensionNumbersAttr]:
    dims = ScatterDimensions((1,), inserted, (), (), (0,), 1)
    return {"scatter_dimension_numbers": ScatterDimensionNumbersAttr(dims)}


def test_results_have_the_types_of_the_inputs() -> None:
    operands = [
        TensorType(f32, [9, 3]),
        TensorType(f64, [9, 3]),
        TensorType(i32, [5]),
        TensorType(f32, [5, 3]),
        TensorType(f64, [5, 3]),
    ]
    assert list(ScatterOp.infer(operands, _numbers(0))) == operands[:2]
    with pytest.raises(ConstraintError, match=r"\(C11\)"):
        ScatterOp.infer(operands, _numbers(2))
