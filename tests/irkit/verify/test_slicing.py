"""Trials at smaller shapes, where the modules allow them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialects.reader import parse_module
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.tiers.trials import judge
from irkit.verify.trials.slicing import AFFORDABLE, resized, sliced, work
from irkit.verify.verdict import Finding, Verdict

WIDE = "tensor<64x1024xf32>"
SQUARE = "tensor<1024x1024xf32>"


def layer(op: str, more: str = "") -> str:
    return f"""
func.func @main(%x: {WIDE}, %w: {SQUARE}) -> {WIDE} {{
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : ({WIDE}, {SQUARE}) -> {WIDE}
  {more}%1 = stablehlo.{op} %0, %x : {WIDE}
  return %1 : {WIDE}
}}
"""


def judged(folder: Path, left: str, right: str) -> Finding:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    return judge(Pair(*files), Options(trials=6))


def test_a_long_run_is_tried_at_smaller_shapes(tmp_path: Path) -> None:
    assert work(parse_module(layer("add")).module) > AFFORDABLE
    swapped = layer("add").replace("add %0, %x", "add %x, %0")
    found = judged(tmp_path, layer("add"), swapped)
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert "at smaller shapes (1024 -> 3, 64 -> 3)" in found.summary


def test_a_difference_has_to_show_at_the_own_shapes(tmp_path: Path) -> None:
    found = judged(tmp_path, layer("add"), layer("subtract"))
    assert found.verdict is Verdict.DIFFERENT
    assert "float32[64, 1024]" in found.summary


def test_what_smaller_shapes_cannot_show_is_not_claimed(tmp_path: Path) -> None:
    """No index is above 5 where there are 3; the report says at what shapes it looked."""
    index = f"%c = stablehlo.iota dim = 1 : {WIDE}\n  "
    most = f"%m = stablehlo.constant dense<5.0> : {WIDE}\n  "
    cut = f"{index}{most}%k = stablehlo.minimum %c, %m : {WIDE}\n  "
    left = layer("add", index).replace("add %0, %x", "add %c, %x")
    right = layer("add", cut).replace("add %0, %x", "add %k, %x")
    found = judged(tmp_path, left, right)
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert "at smaller shapes" in found.summary


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tensor<64x2048xf32>", "tensor<2x3xf32>"),
        ("tensor<?x2048x64xbf16>", "tensor<?x3x2xbf16>"),
        ("tensor<2048>", "tensor<2048>"),
        ("slice %0 [0:64, 8:2048:2]", "slice %0 [0:2, 8:3:2]"),
        ("sizes = [1, 64]", "sizes = [1, 2]"),
        ("slice_sizes = array<i64: 1, 2048>", "slice_sizes = array<i64: 1, 3>"),
        ("dense<64> : tensor<i32>", "dense<64> : tensor<i32>"),
    ],
)
def test_where_sizes_stand(before: str, after: str) -> None:
    assert resized(before, {64: 2, 2048: 3}) == after


def test_sizes_that_belong_together_stay_in_proportion() -> None:
    """2048 is 32 times 64, and the 32 stays."""
    text = """
    func.func @main(%x: tensor<2048xf32>, %y: tensor<32x64xf32>) -> tensor<32x64xf32> {
      %0 = stablehlo.reshape %x : (tensor<2048xf32>) -> tensor<32x64xf32>
      %1 = stablehlo.add %0, %y : tensor<32x64xf32>
      return %1 : tensor<32x64xf32>
    }
    """
    found = sliced(parse_module(text), parse_module(text))
    assert found is not None
    assert found[1] == {2048: 96, 64: 3}


def test_where_no_size_can_change() -> None:
    text = """
    func.func @main(%x: tensor<17xi32>) -> tensor<17xi32> {
      %c = stablehlo.constant dense<[ELEMENTS]> : tensor<17xi32>
      %0 = stablehlo.add %x, %c : tensor<17xi32>
      return %0 : tensor<17xi32>
    }
    """.replace("ELEMENTS", ", ".join(map(str, range(17))))
    assert sliced(parse_module(text), parse_module(text)) is None


def test_a_difference_at_smaller_shapes_alone_is_none(tmp_path: Path) -> None:
    """Where a module asks for its own sizes, it may do something else at others."""
    own = (
        "%n = stablehlo.get_dimension_size %x, dim = 1 : (tensor<64x1024xf32>) -> tensor<i32>\n"
        "  %c = stablehlo.constant dense<1024> : tensor<i32>\n"
        "  %p = stablehlo.compare EQ, %n, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>\n"
        f"  %z = stablehlo.select %p, %x, %0 : tensor<i1>, {WIDE}\n  "
    )
    left = layer("add", own).replace("add %0, %x", "add %0, %z")
    found = judged(tmp_path, left, layer("add", own))
    assert found.verdict is Verdict.UNDECIDED
    assert (
        "different outputs at smaller shapes (1024 -> 3, 64 -> 3), which the same" in found.summary
    )


PARAMETER = f"""
util.global private @w = #flow.parameter.named<"m"::"k"> : {SQUARE}
func.func @main(%x: {WIDE}) -> {WIDE} {{
  %w = util.global.load @w : {SQUARE}
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : ({WIDE}, {SQUARE}) -> {WIDE}
  return %0 : {WIDE}
}}
"""


def test_sizes_of_parameters_are_made_smaller() -> None:
    alone = PARAMETER.replace(f"%x: {WIDE}", "").replace(
        "  %w =",
        f"  %c = stablehlo.constant dense<1.0> : tensor<f32>\n"
        f"  %x = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f32>) -> {WIDE}\n  %w =",
    )
    for text, sizes in ((PARAMETER, {1024: 3, 64: 3}), (alone, {1024: 3})):
        found = sliced(parse_module(text), parse_module(text))
        assert found is not None
        assert found[1] == sizes
        assert '@w = #flow.parameter.named<"m"::"k"> : tensor<3x3xf32>' in found[0][0]


def test_sizes_that_are_no_multiples_are_not_put_in_proportion() -> None:
    x, y, both = "tensor<50xi8>", "tensor<20xi8>", "tensor<70xi8>"
    text = f"""
    func.func @main(%x: {x}, %y: {y}) -> {both} {{
      %0 = stablehlo.concatenate %x, %y, dim = 0 : ({x}, {y}) -> {both}
      return %0 : {both}
    }}
    """
    assert sliced(parse_module(text), parse_module(text)) is None
