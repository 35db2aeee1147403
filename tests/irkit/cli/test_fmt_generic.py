"""``irkit fmt --generic``, beside ``iree-opt``."""

from __future__ import annotations

from pathlib import Path

from tests.witness import iree

TEXT = """func.func @f(%p: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %c = stablehlo.constant dense_resource<w> : tensor<1xf32>
  %0 = "stablehlo.if"(%p) ({
    %1 = stablehlo.negate %x : tensor<2xf32>
    stablehlo.return %1 : tensor<2xf32>
  }, {
    stablehlo.return %x : tensor<2xf32>
  }) : (tensor<i1>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func private @g(%x: tensor<2xf32>) { return }
{-# dialect_resources: { builtin: { w: "0x0400000000000000" } } #-}
"""


def test_fmt_writes_the_generic_form(irkit, tmp_path: Path):
    path = tmp_path / "m.mlir"
    path.write_text(TEXT)
    (expected,) = iree.printed([TEXT], "-mlir-print-op-generic")
    ran = irkit("fmt", "--generic", path)
    assert (ran.status, ran.out, ran.err) == (0, expected, "")
    (tmp_path / "generic.mlir").write_text(expected)
    assert irkit("fmt", tmp_path / "generic.mlir").out == irkit("fmt", path).out


def test_what_cannot_be_read_is_told(irkit, tmp_path: Path):
    path = tmp_path / "m.mlir"
    path.write_text("module {\n  foo.bar\n}")
    ran = irkit("fmt", "--generic", path, "-o", tmp_path / "out.mlir")
    assert ran.status != 0
    assert "2:3: error: unknown operation 'foo.bar'" in ran.err
    assert not (tmp_path / "out.mlir").exists()
