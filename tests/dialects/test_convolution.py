"""``convolution`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import (
    mutated,
    our_text,
    refusal,
    upstream_accepts,
    upstream_text,
)
from constraint_programs import wrong_programs
from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.stablehlo.windows import WindowDimension

GROUPED = """
func.func @f(%a: tensor<2x8x9x6xf32>, %b: tensor<3x4x2x3xf32>) -> tensor<2x4x8x3xf32> {
  %0 = stablehlo.convolution(%a, %b)
    dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
    window = {stride = [2, 1], pad = [[1, 0], [2, 0]], lhs_dilate = [1, 1], rhs_dilate = [1, 1],
      reverse = [false, true]}
    {batch_group_count = 1 : i64, feature_group_count = 3 : i64,
     precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision HIGH>]}
    : (tensor<2x8x9x6xf32>, tensor<3x4x2x3xf32>) -> tensor<2x4x8x3xf32>
  return %0 : tensor<2x4x8x3xf32>
}
"""
GENERIC = """
func.func @f(%a: tensor<2x6x5x4xf32>, %b: tensor<3x4x4x4xf32>) -> tensor<1x4x4x1xf32> {
  %0 = "stablehlo.convolution"(%a, %b) {
    dimension_numbers = #stablehlo.conv<raw input_batch_dimension = 0, input_feature_dimension = 3,
      input_spatial_dimensions = [1, 2], kernel_input_feature_dimension = 2,
      kernel_output_feature_dimension = 3, kernel_spatial_dimensions = [0, 1],
      output_batch_dimension = 0, output_feature_dimension = 1,
      output_spatial_dimensions = [2, 3]>,
    padding = dense<[[0, 0], [-1, 0]]> : tensor<2x2xi64>,
    batch_group_count = 2 : i64, feature_group_count = 1 : i64
  } : (tensor<2x6x5x4xf32>, tensor<3x4x4x4xf32>) -> tensor<1x4x4x1xf32>
  return %0 : tensor<1x4x4x1xf32>
}
"""
ACCEPTED = {
    "everything": GROUPED,
    "raw, grouped batches": GENERIC,
    "bare": """
func.func @f(%a: tensor<2x3x9xbf16>, %b: tensor<4x3x5xbf16>) -> tensor<2x4x5xf32> {
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64, note = [1, 2]}
    : (tensor<2x3x9xbf16>, tensor<4x3x5xbf16>) -> tensor<2x4x5xf32>
  return %0 : tensor<2x4x5xf32>
}
""",
    "no spatial dimensions": """
func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) -> tensor<2x4xf32> {
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, f]x[i, o]->[b, f],
    window = {stride = [], pad = [], lhs_dilate = [], rhs_dilate = [], reverse = []}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
""",
    "unknown dimensions": """
func.func @f(%a: tensor<?x?x9xf32>, %b: tensor<4x3x?xf32>) -> tensor<?x4x?xf32> {
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0],
    window = {rhs_dilate = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<?x?x9xf32>, tensor<4x3x?xf32>) -> tensor<?x4x?xf32>
  return %0 : tensor<?x4x?xf32>
}
""",
    "larger than the padded input": """
func.func @f(%a: tensor<1x1x2xf32>, %b: tensor<1x1x5xf32>) -> tensor<1x1x0xf32> {
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0],
    window = {pad = [[1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<1x1x2xf32>, tensor<1x1x5xf32>) -> tensor<1x1x0xf32>
  return %0 : tensor<1x1x0xf32>
}
""",
}
REFUSED = [
    ("C1", GROUPED, "tensor<3x4x2x3xf32>", "tensor<3x4x2xf32>"),
    ("C2", GROUPED, "stride = [2, 1]", "stride = [2, 1, 1]"),
    ("C3", GROUPED, "stride = [2, 1]", "stride = [2, 0]"),
    ("C4", GROUPED, "pad = [[1, 0], [2, 0]]", "pad = [[1, 0]]"),
    ("C5", GROUPED, "lhs_dilate = [1, 1]", "lhs_dilate = [1]"),
    ("C6", GROUPED, "lhs_dilate = [1, 1]", "lhs_dilate = [1, 0]"),
    ("C7", GROUPED, "rhs_dilate = [1, 1]", "rhs_dilate = [1]"),
    ("C8", GROUPED, "rhs_dilate = [1, 1]", "rhs_dilate = [-1, 1]"),
    ("C9", GROUPED, "reverse = [false, true]", "reverse = [false]"),
    (
        "C10",
        GROUPED,
        "batch_group_count = 1 : i64, feature_group_count = 3 : i64",
        "batch_group_count = 3 : i64, feature_group_count = 1 : i64",
    ),
    ("C11", GROUPED, "feature_group_count = 3", "feature_group_count = 4"),
    ("C12", GENERIC, "input_spatial_dimensions = [1, 2]", "input_spatial_dimensions = [1]"),
    ("C13", GENERIC, "input_feature_dimension = 3", "input_feature_dimension = 4"),
    ("C14", GROUPED, "tensor<3x4x2x3xf32>", "tensor<3x4x3x3xf32>"),
    ("C15", GENERIC, "3x4x4x4xf32", "3x4x4x5xf32"),
    ("C16", GROUPED, "tensor<3x4x2x3xf32>", "tensor<3x4x2x4xf32>"),
    ("C17", GENERIC, "kernel_spatial_dimensions = [0, 1]", "kernel_spatial_dimensions = [0]"),
    ("C18", GENERIC, "kernel_spatial_dimensions = [0, 1]", "kernel_spatial_dimensions = [0, 2]"),
    ("C19", GENERIC, "output_spatial_dimensions = [2, 3]", "output_spatial_dimensions = [2]"),
    ("C20", GENERIC, "output_spatial_dimensions = [2, 3]", "output_spatial_dimensions = [2, 1]"),
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
    ("C26", GROUPED, "tensor<2x4x8x3xf32>", "tensor<2x4x8xf32>"),
    ("C27", GROUPED, "tensor<3x4x2x3xf32>", "tensor<3x4x2x3xf64>"),
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
    "convolution", [(id, mutated(text, old, new)) for id, text, old, new in REFUSED]
)
RIGHT_PROGRAMS = [*ACCEPTED.values()]


def test_an_empty_kernel_is_refused() -> None:
    wrong = mutated(ACCEPTED["bare"], "4x3x5xbf16", "4x3x0xbf16")
    assert refusal(wrong) == "C25"
    assert not upstream_accepts(wrong)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[b, 0, 1, f]x", "[b, 0, 0, f]x"),
        ("[b, 0, 1, f]x", "[b, 0, 2, f]x"),
        ("[b, 0, 1, f]x", "[b, 0, 1, o]x"),
        ("[b, 0, 1, f]x", "[b, 0, 1]x"),
        ("x[0", " [0"),
        ("stride", "stide"),
        ("rhs_dilate", "lhs_dilate"),
        ("[[1, 0], [2, 0]]", "[[1, 0, 3], [2]]"),
        ("[2, 1]", "[2, f]"),
        ("window = {", "{"),
    ],
)
def test_wrong_syntax_is_refused(old: str, new: str) -> None:
    wrong = mutated(GROUPED, old, new)
    assert "error" in refusal(wrong)
    assert not upstream_accepts(wrong)


@given(
    size=st.integers(0, 9),
    kernel=st.integers(1, 5),
    low=st.integers(-3, 3),
    high=st.integers(-3, 3),
    spread=st.tuples(*[st.integers(1, 3)] * 3),
)
@settings(max_examples=30, deadline=None)
def test_the_number_of_windows_is_upstreams(
    size: int, kernel: int, low: int, high: int, spread: tuple[int, int, int]
) -> None:
    stride, base, window = spread
    dimension = WindowDimension(kernel, stride, low, high, base, window)
    result = dimension.positions(size)

    def program(result: int) -> str:
        types = (f"tensor<1x1x{n}xf32>" for n in (size, kernel, result))
        lhs, rhs, out = types
        return f"""
func.func @f(%a: {lhs}, %b: {rhs}) -> {out} {{
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0],
    window = {{stride = [{stride}], pad = [[{low}, {high}]], lhs_dilate = [{base}],
    rhs_dilate = [{window}]}} {{batch_group_count = 1 : i64, feature_group_count = 1 : i64}}
    : ({lhs}, {rhs}) -> {out}
  return %0 : {out}
}}
"""

    assert our_text(program(result)) == upstream_text(program(result))
    assert refusal(program(result + 1)) == "C25"
    assert not upstream_accepts(program(result + 1))
