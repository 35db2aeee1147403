"""``dynamic_conv`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, refusal, upstream_accepts
from constraint_programs import WrongProgram
from programs import check_accepted

GROUPED = """
func.func @f(%a: tensor<2x8x9x6xf32>, %b: tensor<3x4x2x3xf32>) {
  %p = stablehlo.constant dense<[[1, 0], [2, 0]]> : tensor<2x2xi64>
  %0 = "stablehlo.dynamic_conv"(%a, %b, %p) <{
    dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>,
    window_strides = array<i64: 2, 1>, lhs_dilation = array<i64: 1, 1>,
    rhs_dilation = array<i64: 1, 1>, window_reversal = array<i1: false, true>,
    batch_group_count = 1 : i64, feature_group_count = 3 : i64,
    precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision HIGH>]
  }> : (tensor<2x8x9x6xf32>, tensor<3x4x2x3xf32>, tensor<2x2xi64>) -> tensor<2x4x8x3xf32>
  return
}
"""
RAW = """
func.func @f(%a: tensor<2x6x5x4xf32>, %b: tensor<3x4x4x4xf32>) {
  %p = stablehlo.constant dense<[[0, 0], [-1, 0]]> : tensor<2x2xi32>
  %0 = "stablehlo.dynamic_conv"(%a, %b, %p) {
    dimension_numbers = #stablehlo.conv<raw input_batch_dimension = 0, input_feature_dimension = 3,
      input_spatial_dimensions = [1, 2], kernel_input_feature_dimension = 2,
      kernel_output_feature_dimension = 3, kernel_spatial_dimensions = [0, 1],
      output_batch_dimension = 0, output_feature_dimension = 1,
      output_spatial_dimensions = [2, 3]>,
    batch_group_count = 2 : i64, feature_group_count = 1 : i64
  } : (tensor<2x6x5x4xf32>, tensor<3x4x4x4xf32>, tensor<2x2xi32>) -> tensor<1x1x4x4xf32>
  return
}
"""
GIVEN = """
func.func @f(%a: tensor<2x3x9xbf16>, %b: tensor<4x3x5xbf16>, %p: tensor<1x2xi64>) {
  %0 = "stablehlo.dynamic_conv"(%a, %b, %p) <{
    dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>,
    batch_group_count = 1 : i64, feature_group_count = 1 : i64
  }> {note} : (tensor<2x3x9xbf16>, tensor<4x3x5xbf16>, tensor<1x2xi64>) -> tensor<2x4x?xf32>
  return
}
"""
ACCEPTED = {
    "everything": GROUPED,
    "raw, grouped batches": RAW.replace("tensor<1x1x4x4xf32>", "tensor<1x4x4x1xf32>"),
    "padding unknown": GIVEN,
    "padding unknown, result known": GIVEN.replace("2x4x?xf32", "2x4x77xf32"),
    "dimensions unknown": GIVEN.replace("2x3x9x", "?x?x?x").replace("4x3x5x", "4x3x?x"),
}
RAW = ACCEPTED["raw, grouped batches"]
REFUSED = [
    ("I3", GIVEN, "tensor<1x2xi64>", "tensor<2xi64>"),
    ("I3", GIVEN, "tensor<1x2xi64>", "tensor<1x2xf32>"),
    ("I3", GIVEN, "tensor<1x2xi64>", "tensor<1x?xi64>"),
    ("C1", GROUPED, "tensor<3x4x2x3xf32>", "tensor<3x4x2xf32>"),
    ("C2", GROUPED, "window_strides = array<i64: 2, 1>", "window_strides = array<i64: 2>"),
    ("C3", GROUPED, "window_strides = array<i64: 2, 1>", "window_strides = array<i64: 2, 0>"),
    ("C4", GIVEN, "tensor<1x2xi64>", "tensor<2x2xi64>"),
    ("C5", GROUPED, "lhs_dilation = array<i64: 1, 1>", "lhs_dilation = array<i64: 1>"),
    ("C6", GROUPED, "lhs_dilation = array<i64: 1, 1>", "lhs_dilation = array<i64: 1, 0>"),
    ("C7", GROUPED, "rhs_dilation = array<i64: 1, 1>", "rhs_dilation = array<i64: 1>"),
    ("C8", GROUPED, "rhs_dilation = array<i64: 1, 1>", "rhs_dilation = array<i64: 1, -1>"),
    ("C9", GROUPED, "array<i1: false, true>", "array<i1: false>"),
    ("C10", RAW, "batch_group_count = 2", "batch_group_count = 4"),
    ("C11", GROUPED, "feature_group_count = 3", "feature_group_count = 4"),
    ("C12", RAW, "input_spatial_dimensions = [1, 2]", "input_spatial_dimensions = [1]"),
    ("C13", RAW, "input_feature_dimension = 3", "input_feature_dimension = 4"),
    ("C14", GROUPED, "tensor<3x4x2x3xf32>", "tensor<3x4x3x3xf32>"),
    ("C15", RAW, "3x4x4x4xf32", "3x4x4x5xf32"),
    ("C16", GROUPED, "tensor<3x4x2x3xf32>", "tensor<3x4x2x4xf32>"),
    ("C17", RAW, "kernel_spatial_dimensions = [0, 1]", "kernel_spatial_dimensions = [0]"),
    ("C18", RAW, "kernel_spatial_dimensions = [0, 1]", "kernel_spatial_dimensions = [0, 2]"),
    ("C19", RAW, "output_spatial_dimensions = [2, 3]", "output_spatial_dimensions = [2]"),
    ("C20", RAW, "output_spatial_dimensions = [2, 3]", "output_spatial_dimensions = [2, 1]"),
    ("C21", GROUPED, "feature_group_count = 3", "feature_group_count = 0"),
    ("C22", GROUPED, "batch_group_count = 1", "batch_group_count = -1"),
    ("C23", GROUPED, "batch_group_count = 1", "batch_group_count = 2"),
    (
        "C24",
        GROUPED,
        "[#stablehlo<precision DEFAULT>,",
        "[#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>,",
    ),
    ("C25", GROUPED, "tensor<2x4x8x3xf32>", "tensor<2x5x8x3xf32>"),
    ("C25", GIVEN, "tensor<2x4x?xf32>", "tensor<2x5x?xf32>"),
    ("C26", GROUPED, "tensor<2x4x8x3xf32>", "tensor<2x4x8xf32>"),
    ("C27", GROUPED, "tensor<3x4x2x3xf32>", "tensor<3x4x2x3xf64>"),
]
STRICTER = {"C25", "C26"}
"""Upstream does not look at the shape of the result."""


@pytest.mark.parametrize("name", ACCEPTED)
def test_right_programs(name: str) -> None:
    check_accepted(ACCEPTED[name])


@pytest.mark.parametrize(("id", "program", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, program: str, old: str, new: str) -> None:
    wrong = mutated(program, old, new)
    assert refusal(wrong) == id
    assert upstream_accepts(wrong) == (id in STRICTER)


WRONG_PROGRAMS = [
    WrongProgram("dynamic_conv", id, mutated(text, old, new), stricter=id in STRICTER)
    for id, text, old, new in REFUSED
]
RIGHT_PROGRAMS = [*ACCEPTED.values()]
