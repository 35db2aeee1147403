"""``gather`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, our_text, refusal, upstream_accepts, upstream_text
from constraint_programs import wrong_programs

GATHER = """
func.func @f(%a: tensor<2x3x4x2xf32>, %i: tensor<2x5x3x2xi32>) -> tensor<2x5x3x2x2xf32> {
  %0 = "stablehlo.gather"(%a, %i) {
    dimension_numbers = #stablehlo.gather<offset_dims = [3, 4], collapsed_slice_dims = [1],
      operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [2, 1],
      index_vector_dim = 3>,
    slice_sizes = array<i64: 1, 1, 2, 2>, indices_are_sorted = true
  } : (tensor<2x3x4x2xf32>, tensor<2x5x3x2xi32>) -> tensor<2x5x3x2x2xf32>
  return %0 : tensor<2x5x3x2x2xf32>
}
"""
COLLAPSED = """
func.func @f(%a: tensor<4x3x6xf32>, %i: tensor<5x2xi32>) -> tensor<5x6xf32> {
  %0 = "stablehlo.gather"(%a, %i) {
    dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0, 1],
      start_index_map = [0, 1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 1, 6>
  } : (tensor<4x3x6xf32>, tensor<5x2xi32>) -> tensor<5x6xf32>
  return %0 : tensor<5x6xf32>
}
"""
BATCHED = """
func.func @f(%a: tensor<5x5x6xf32>, %i: tensor<5x5x1xi32>) -> tensor<5x5x1xf32> {
  %0 = "stablehlo.gather"(%a, %i) {
    dimension_numbers = #stablehlo.gather<offset_dims = [2], operand_batching_dims = [0, 1],
      start_indices_batching_dims = [1, 0], start_index_map = [2], index_vector_dim = 2>,
    slice_sizes = array<i64: 1, 1, 1>
  } : (tensor<5x5x6xf32>, tensor<5x5x1xi32>) -> tensor<5x5x1xf32>
  return %0 : tensor<5x5x1xf32>
}
"""
ACCEPTED = {
    "batched": GATHER,
    "collapsed": COLLAPSED,
    "batched twice": BATCHED,
    "index of one implied number": """
func.func @f(%a: tensor<9x3xbf16>, %i: tensor<5xui32>) -> tensor<5x3xbf16> {
  %0 = "stablehlo.gather"(%a, %i) <{
    dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0],
      start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>
  }> {note} : (tensor<9x3xbf16>, tensor<5xui32>) -> tensor<5x3xbf16>
  return %0 : tensor<5x3xbf16>
}
""",
    "unknown dimensions": """
func.func @f(%a: tensor<?x3xf32>, %i: tensor<?x?xi64>) -> tensor<?x3xf32> {
  %0 = "stablehlo.gather"(%a, %i) <{
    dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0],
      start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>
  }> : (tensor<?x3xf32>, tensor<?x?xi64>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}
""",
    "index vector first": """
func.func @f(%a: tensor<9x3xf32>, %i: tensor<2x7xi64>) -> tensor<7x1x2xf32> {
  %0 = "stablehlo.gather"(%a, %i) <{
    dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], start_index_map = [1, 0]>,
    slice_sizes = array<i64: 1, 2>
  }> : (tensor<9x3xf32>, tensor<2x7xi64>) -> tensor<7x1x2xf32>
  return %0 : tensor<7x1x2xf32>
}
""",
}
REFUSED = [
    ("I2", GATHER, "2x5x3x2xi32", "2x5x3x2xf32"),
    ("C1", GATHER, "collapsed_slice_dims = [1]", "collapsed_slice_dims = []"),
    ("C2", GATHER, "index_vector_dim = 3", "index_vector_dim = 5"),
    ("C3", GATHER, "start_index_map = [2, 1]", "start_index_map = [2]"),
    ("C4", GATHER, "offset_dims = [3, 4]", "offset_dims = [4, 3]"),
    ("C5", GATHER, "offset_dims = [3, 4]", "offset_dims = [3, 5]"),
    ("C6", GATHER, "collapsed_slice_dims = [1]", "collapsed_slice_dims = [0]"),
    ("C7", COLLAPSED, "collapsed_slice_dims = [0, 1]", "collapsed_slice_dims = [1, 0]"),
    ("C8", COLLAPSED, "collapsed_slice_dims = [0, 1]", "collapsed_slice_dims = [0, 3]"),
    ("C9", GATHER, "array<i64: 1, 1, 2, 2>", "array<i64: 1, 2, 2, 2>"),
    ("C10", BATCHED, "operand_batching_dims = [0, 1]", "operand_batching_dims = [1, 0]"),
    ("C11", BATCHED, "operand_batching_dims = [0, 1]", "operand_batching_dims = [0, 3]"),
    ("C12", BATCHED, "array<i64: 1, 1, 1>", "array<i64: 2, 1, 1>"),
    ("C13", BATCHED, "dims = [1, 0]", "dims = [1, 1]"),
    ("C14", BATCHED, "dims = [1, 0]", "dims = [3, 0]"),
    ("C15", BATCHED, "dims = [1, 0]", "dims = [2, 0]"),
    ("C16", BATCHED, "dims = [1, 0]", "dims = [1]"),
    ("C17", BATCHED, "tensor<5x5x6xf32>", "tensor<5x4x6xf32>"),
    ("C18", GATHER, "start_index_map = [2, 1]", "start_index_map = [0, 1]"),
    ("C19", GATHER, "start_index_map = [2, 1]", "start_index_map = [4, 1]"),
    ("C20", GATHER, "array<i64: 1, 1, 2, 2>", "array<i64: 1, 1, 2>"),
    ("C21", GATHER, "array<i64: 1, 1, 2, 2>", "array<i64: 1, 1, 2, 3>"),
    ("C22", GATHER, "tensor<2x5x3x2x2xf32>", "tensor<2x5x3x2x1xf32>"),
    ("C23", GATHER, "tensor<2x5x3x2x2xf32>", "tensor<2x5x3x2x2xf16>"),
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_text_is_upstreams(name: str) -> None:
    assert our_text(ACCEPTED[name]) == upstream_text(ACCEPTED[name])


@pytest.mark.parametrize(("id", "program", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, program: str, old: str, new: str) -> None:
    wrong = mutated(program, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


WRONG_PROGRAMS = wrong_programs(
    "gather", [(id, mutated(text, old, new)) for id, text, old, new in REFUSED]
)
RIGHT_PROGRAMS = [*ACCEPTED.values()]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("offset_dims = [3, 4],", "offset_dims = [3, 4], offset_dims = [3, 4],"),
        ("offset_dims", "offset_dim"),
        ("offset_dims = [3, 4]", "offset_dims [3, 4]"),
        ("slice_sizes = array<i64: 1, 1, 2, 2>,", ""),
        ("slice_sizes = array<i64:", "slice_sizes = array<i32:"),
        ("indices_are_sorted = true", "indices_are_sorted = 1 : i32"),
    ],
)
def test_wrong_attributes_are_refused(old: str, new: str) -> None:
    wrong = mutated(GATHER, old, new)
    assert "error" in refusal(wrong)
    assert not upstream_accepts(wrong)
