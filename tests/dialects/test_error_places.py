"""Faults of syntax are told where upstream tells them: at the attribute, or where the text before
what is missing ends."""

from __future__ import annotations

import pytest
from jaxlib.mlir import ir
from programs import upstream_text

from dialects.reader import check_module

ALGORITHM = """func.func @f(%a: tensor<2x2xf32>) {
  %0 = stablehlo.dot_general %a, %a, contracting_dims = [1] x [0],
    algorithm = <
      lhs_precision_type = f32, rhs_precision_type = f32, accumulation_type = f32,
      lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1,
      allow_imprecise_accumulation = false> : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return
}"""
CONVOLUTION = """func.func @f(%a: tensor<1x8x8x2xf32>, %b: tensor<3x3x2x1xf32>) {
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
    window = {}
    {
      batch_group_count = 1 : i64, feature_group_count = 1 : i64
    } : (tensor<1x8x8x2xf32>, tensor<3x3x2x1xf32>) -> tensor<1x6x6x1xf32>
  return
}"""


def program(op: str) -> str:
    return f"func.func @f(%a: tensor<2xf32>, %p: tensor<2xi1>) {{\n  %0 = {op}\n  return\n}}"


CASES = {
    "right": (ALGORITHM, None, ""),
    "C22": (ALGORITHM.replace("lhs_component_count = 1", "lhs_component_count = 0"), 3, "(C22)"),
    "C24": (ALGORITHM.replace("operations = 1", "operations = -1"), 3, "(C24)"),
    "I8": (ALGORITHM.replace("lhs_precision_type = f32", "lhs_precision_type = i8"), 3, "(I8)"),
    "algorithm": (ALGORITHM.replace("accumulation = false", "accumulation = true"), 3, "hardware"),
    "right convolution": (CONVOLUTION, None, ""),
    "C21": (CONVOLUTION.replace("feature_group_count = 1", "feature_group_count = 0"), 4, "(C21)"),
    "C22 of a convolution": (CONVOLUTION.replace("{\n      batch_group_count = 1",
        "{\n      batch_group_count = 0"), 4, "(C22)"),
    "one type of select": (program("stablehlo.select %p, %a, %a : tensor<2xi1>"), 2, "','"),
    "no result of a tuple": (program("stablehlo.tuple %a, %a : (tensor<2xf32>, tensor<2xf32>)"),
        2, "'->'"),
    "too few types of a tuple": (program("stablehlo.tuple %a, %a : tuple<tensor<2xf32>>"),
        2, "1 operand types"),
    "too few types": (program("stablehlo.optimization_barrier %a, %a : tensor<2xf32>"),
        2, "1 operand types"),
    "exponent": (program("stablehlo.reduce_precision %a, format = e2147483648m1 : tensor<2xf32>"),
        2, "32 bits"),
    "a function in a function": (program("stablehlo.abs %a : tensor<2xf32>\n"
        "  func.func private @g()"), 3, "a symbol stands in a module"),
    "missing brace, after comments": ("module attributes {a.b\n  // a comment\n\n  ~ {}", 4, ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), CASES.values(), ids=CASES)
def test_faults_stand_where_upstream_puts_them(text: str, line: int | None, words: str) -> None:
    found = check_module(text)
    if line is None:
        upstream_text(text)
        assert found == []
        return
    with pytest.raises(ir.MLIRError) as caught:
        upstream_text(text)
    assert f'"-":{line}:' in str(caught.value)
    assert found[0].line == line, found
    assert words in found[0].message
