"""What belongs to unknown dialects: a fault, or kept and printed as ``iree-opt`` does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from irkit.reading import check_file
from irkit.reading.generic import format_file_generically
from irkit.reading.rewrite import format_file, prune_file
from tests.witness.iree import tool
from tests.witness.upstream import without_dead_code

T = "tensor<4xf32>"
KEPT = f"""\
module attributes {{foo.a = 1 : i64}} {{
  func.func @f(%x: {T}, %p: !foo.t<"a b", 3>) -> {T} attributes {{foo.x = #foo.bar<1, [2]>}} {{
    %0:2 = "foo.bar"(%x) <{{z = 1 : i32, a = "x"}}> ({{
    ^bb0(%a: tensor<f32>):
      %5 = "foo.in"(%a, %x) : (tensor<f32>, {T}) -> tensor<f32>
      "foo.yield"(%5) : (tensor<f32>) -> ()
    }}, {{
    }}) {{b = dense<[1.0, 2.0]> : tensor<2xf32>, foo.a, c = @f}} : ({T}) -> ({T}, f32)
    "foo.sink"() : () -> ()
    "foo.sink"() : () -> ()
    "foo.sink"(%0#1) : (f32) -> ()
    %7 = stablehlo.abs %0#0 : {T}
    "bare"() {{"a b" = 1 : i64, c = !foo.x, d = #foo.y, e = #foo<z[ 1]>, f = !foo<"q">}} : () -> ()
    return %7 : {T}
  }}
  func.func @ends_with_one() {{
    "foo.sink"() : () -> ()
    "foo.sink"() : () -> ()
  }}
  func.func @is_one() {{
    "foo.sink"() : () -> ()
  }}
  "foo.global"() {{sym_name = "w"}} : () -> ()
}}
"""
BRANCHES = f"""\
func.func @f(%x: {T}) -> {T} {{
  %0 = stablehlo.abs %x : {T}
  "foo.br"(%0)[^b, ^c] : ({T}) -> ()
^b:
  "foo.br"(%0)[^c] : ({T}) -> ()
^c:
  "foo.many"() ({{
    "foo.br"()[^d, ^d] : () -> ()
  ^d:
    "foo.end"() : () -> ()
  }}) : () -> ()
  return %0 : {T}
^e(%z: f32):
  return %0 : {T}
}}
"""


def upstream(path: Path, *options: str) -> str:
    """The file as ``iree-opt`` prints it, without the empty line at its end."""
    command = [tool("iree-opt"), "--allow-unregistered-dialect", *options, str(path)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout[:-1]


@pytest.mark.parametrize("text", [KEPT, BRANCHES])
def test_it_is_printed_as_upstream_does(tmp_path: Path, text: str) -> None:
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    assert list(check_file(path, allow_unregistered=True)) == []
    expected = upstream(path)
    format_file(path, out, allow_unregistered=True)
    assert out.read_text() == expected
    # Nobody knows that an unknown operation has no effect; what is never reached has none.
    prune_file(path, out, allow_unregistered=True)
    assert out.read_text() == without_dead_code(text, allow_unregistered=True)
    assert (out.read_text() == expected) == (text == KEPT)
    format_file_generically(path, out, allow_unregistered=True)
    assert out.read_text() == upstream(path, "--mlir-print-op-generic")


def test_without_the_option_each_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "m.mlir"
    path.write_text(f"""\
func.func @f(%x: {T}) {{
  %0 = "foo.bar"(%x) : ({T}) -> {T}
  %1 = stablehlo.abs %0 : {T}
  %2 = stablehlo.add %1, %x : ({T}, {T}) -> tensor<5xf32>
  "foo.bar"(%x) {{a = #foo.a}} : ({T}) -> ()
  return
}}
""")
    found = [(fault.line, fault.column, fault.message) for fault in check_file(path)]
    assert found[0] == (2, 9, "unknown operation 'foo.bar'")
    assert found[1][0] == 4
    assert found[2] == (5, 4, "unknown operation 'foo.bar'")


@pytest.mark.parametrize(
    ("statement", "column", "message"),
    [
        ("foo.bar %x", 3, "unknown operation 'foo.bar'; of an unknown dialect only the generic"),
        (f'"stablehlo.bar"(%x) : ({T}) -> ()', 4, "unknown operation 'stablehlo.bar'"),
        (f'"a.b"(%x) {{c = #stablehlo.bar}} : ({T}) -> ()', 29, "has no attribute 'bar'"),
        ('"a.b"() : () -> !stablehlo.bar<1>', 30, "has no type 'bar'"),
        (f'"a.b"(%x) : ({T}) -> tensor<4xf32', None, ""),
        ('"a.b"() {c = #foo.bar<(]>} : () -> ()', None, ""),
        (f'"a.b"(%x) ({{\n  "a.c"()[^b] : () -> ()\n  ^b:\n  %q = stablehlo.abs %x : {T}\n'
         f'  }}) : ({T}) -> ()', 8, "not a terminator"),
    ],
)  # fmt: skip
def test_what_upstream_refuses_is_a_fault_with_it_too(
    tmp_path: Path, statement: str, column: int | None, message: str
) -> None:
    path = tmp_path / "m.mlir"
    path.write_text(f"func.func @f(%x: {T}) {{\n  {statement}\n  return\n}}\n")
    with pytest.raises(subprocess.CalledProcessError):
        upstream(path)
    fault = next(iter(check_file(path, allow_unregistered=True)))
    assert message in fault.message
    assert column in (None, fault.column)


def test_many_are_read_by_pattern(tmp_path: Path) -> None:
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    line = f'    %0 = "foo.bar"(%arg0) : ({T}) -> {T}\n'
    lines = "".join(line.replace("%0", f"%{k}") for k in range(30_000))
    path.write_text(f"module {{\n  func.func @f(%arg0: {T}) {{\n{lines}    return\n  }}\n}}\n")
    format_file(path, out, allow_unregistered=True)
    assert out.read_bytes() == path.read_bytes()
