"""What is not followed statement by statement is read as a whole, up to a length."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dialects.diagnostics import ReadError
from irkit.reading.rewrite import format_file, prune_file
from tests.irkit.reading.two_readers import check_agrees, checked, rewriting_agrees
from tests.witness.upstream import printed

T = "tensor<4xf32>"
BEFORE_ITS_DEFINITION = f"""\
func.func @f(%x: {T}) -> {T} {{
  %5 = stablehlo.abs %x : {T}
  %0 = stablehlo.add %1#1, %x : {T}
  %1:2 = stablehlo.optimization_barrier %x, %0 : {T}, {T}
  %3 = stablehlo.add %5, %x : {T}
  return %0 : {T}
}}
"""
IN_A_REGION = f"""\
func.func @f(%x: {T}, %p: tensor<i1>) -> {T} {{
  %0 = "stablehlo.if"(%p) ({{
    %7 = stablehlo.abs %9 : {T}
    stablehlo.return %7 : {T}
  }}, {{
    stablehlo.return %x : {T}
  }}) : (tensor<i1>) -> {T}
  %9 = stablehlo.abs %x : {T}
  return %0 : {T}
}}
"""


@pytest.mark.parametrize(("text", "place"), [(BEFORE_ITS_DEFINITION, "3:8"), (IN_A_REGION, "3:10")])
def test_a_value_before_its_definition(tmp_path: Path, text: str, place: str) -> None:
    """A fault, so not pruned; formatted it reads the same values."""
    assert check_agrees(text, tmp_path) is None
    assert rewriting_agrees(text, tmp_path) is None
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    again = tmp_path / "again.mlir"
    format_file(out, again)
    assert out.read_text() == again.read_text()
    with pytest.raises(ReadError, match=rf":{place}: .* is used before it is defined"):
        prune_file(path, tmp_path / "pruned.mlir")
    assert not (tmp_path / "pruned.mlir").exists()


def test_a_value_that_is_never_defined_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.mlir"
    path.write_text(BEFORE_ITS_DEFINITION.replace("%1#1", "%zz"))
    for rewrite in (format_file, prune_file):
        with pytest.raises(ReadError, match=r"3:22: .*%zz is used, but not defined"):
            rewrite(path, tmp_path / "out.mlir")


def test_what_is_not_valid_is_formatted_and_not_pruned(tmp_path: Path) -> None:
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(f"""func.func @f(%x: {T}) -> {T} {{
  %1 = stablehlo.abs %x : ({T})->tensor<5xf32>
  return %x : {T}
}}""")
    format_file(path, out)
    assert f"    %0 = stablehlo.abs %arg0 : ({T}) -> tensor<5xf32>\n" in out.read_text()
    out.unlink()
    with pytest.raises(ReadError, match=r"2:8: .*stablehlo\.abs: \(C1\)"):
        prune_file(path, out)
    assert not out.exists()


MODULES = f"module {{\n  module @inner {{\n  }}\n  func.func @f(%x: {T}) {{\n    return\n  }}\n}}\n"
NESTED = f"func.func @f() {{\n  builtin.module {{\n    func.func @g(%x: {T}) {{\n      return\n    }}\n  }}\n  return\n}}\n"  # noqa: E501
BLOCKS = "func.func @f() {\n  return\n^bb1:\n  return\n}\n"
GENERIC = '"builtin.module"() ({\n  func.func private @f()\n}) : () -> ()\n'
ALIASES = "func.func @f() attributes {a.c = affine_map<(d0) -> (d0)>} {\n  return\n}\n"


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        (BEFORE_ITS_DEFINITION, "3:8", "is used before it is defined"),
        (MODULES, "2:3", "modules in a module"),
        (NESTED, "2:3", "a module or function inside a function"),
        (BLOCKS, "3:1", "a function of several blocks"),
        (GENERIC, "1:1", "a module or function in the generic form"),
        (ALIASES, "1:1", "attributes or types that have aliases"),
    ],
)
def test_the_error_of_a_longer_text_says_what_and_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, place: str, what: str
) -> None:
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    out.unlink()
    monkeypatch.setattr("irkit.reading.check.LONGEST_WHOLE", 8)
    with pytest.raises(ReadError) as refused:
        format_file(path, out)
    fault = refused.value.diagnostic
    assert f"{fault.line}:{fault.column}" == place
    assert what in fault.message
    assert "not followed in a text of more than 32 MiB" in fault.message
    assert fault.snippet
    assert not out.exists()


def test_blocks_have_labels_as_upstream_writes_them(tmp_path: Path) -> None:
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(BLOCKS)
    format_file(path, out)
    assert out.read_text() == printed(BLOCKS)


def test_a_name_inside_an_inner_function_may_not_be_one_outside(tmp_path: Path) -> None:
    """Upstream's functions do not hide the names around them, isolated or not."""
    text = NESTED.replace("@f()", f"@f(%x: {T})")
    (fault,) = checked(text, tmp_path)
    assert (fault.line, fault.message) == (3, "SSA value %x is already defined")


def test_a_hundred_thousand_arguments_take_seconds(tmp_path: Path) -> None:
    arguments = ", ".join(f"%arg{k}: {T}" for k in range(100_000))
    text = f"module {{\n  func.func @f({arguments}) {{\n    return\n  }}\n}}\n"
    start = time.process_time()
    assert checked(text, tmp_path) == []
    assert time.process_time() - start < 10
