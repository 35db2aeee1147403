"""What stands beside a function's statements: locations, headers, globals, pipes."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from jaxlib.mlir import ir

from dialects.diagnostics import ReadError
from irkit.reading import check_file
from irkit.reading.rewrite import format_file, prune_file
from irkit.reading.stores import digit_blocks
from tests.irkit.reading.two_readers import check_agrees, checked, rewriting_agrees
from tests.witness import iree, upstream

T = "tensor<4xf32>"
WHOLE = f"func.func @f(%x: {T}) -> {T} {{\n  return %x : {T}\n}}"
BLOCK = f"^bb1:\n  return %x : {T}\n"
GLOBAL = 'util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<4xf32>'


def beginning(*statements: str, end: str = "") -> str:
    """The function with statements before its return."""
    lines = "".join(f"  {statement}\n" for statement in statements)
    return WHOLE.replace("  return", f"{lines}  return").removesuffix("}") + end + "}\n"


def is_refused_by_iree(text: str) -> bool:
    try:
        iree.printed([text])
    except RuntimeError:
        return True
    return False


@pytest.mark.parametrize("between", [" ", "\n  ", " // }\n\n"])
@pytest.mark.parametrize(
    "location",
    [
        "loc(unknown)",
        'loc("a)":1:2)',
        'loc(callsite("a" at "b"("c)":1:2)))',
        'loc(fused<"(x)">["a",\n "b"("c")])',
        'loc ( "(" )',
    ],
)
def test_locations_behind_a_brace(tmp_path: Path, between: str, location: str) -> None:
    text = f"module {{\n{WHOLE}{between}{location}\n{WHOLE.replace('@f', '@g')}\n}}{location}\n"
    assert checked(text, tmp_path) == []
    assert check_agrees(text, tmp_path) is None
    assert rewriting_agrees(text, tmp_path) is None
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    assert out.read_text() == upstream.printed(text)


@pytest.mark.parametrize(
    ("location", "column", "message"),
    [
        ('loc("a":1:2', 3, "this location has no end"),
        ("loc", 6, "Expected '('"),
        ("loc)", 6, "Expected '('"),
        ("locx", 3, "unknown operation 'locx'"),
        ("loc(unknown) loc(unknown)", 16, "unknown operation 'loc'"),
    ],
)
def test_what_is_no_location(tmp_path: Path, location: str, column: int, message: str) -> None:
    text = f"{WHOLE} {location}\n"
    (fault,) = checked(text, tmp_path)
    assert (fault.line, fault.column, fault.message) == (3, column, message)
    assert check_agrees(text, tmp_path) is None
    with pytest.raises(ir.MLIRError):
        upstream.printed(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("module attributes {foo} {\n}\n", (1, 1)),
        ("module attributes {a.b} {\n  module attributes {bar} {\n  }\n}\n", (2, 3)),
    ],
)
def test_attributes_of_modules_name_a_dialect(
    tmp_path: Path, text: str, place: tuple[int, int]
) -> None:
    (fault,) = checked(text, tmp_path)
    assert (fault.line, fault.column) == place
    assert "needs a dialect's name before it" in fault.message
    assert check_agrees(text, tmp_path) is None
    with pytest.raises(ir.MLIRError):
        upstream.printed(text)


@pytest.mark.parametrize(
    ("definition", "load", "words"),
    [
        (f"@w : {T}", f"@v : {T}", "there is no global @v"),
        (f"@w : {T}", f"@f : {T}", "there is no global @f"),
        (f"@w : {T}", "@w : tensor<5xf32>", f"@w is {T}, loaded as tensor<5xf32>"),
        (f"@w : {T}", "@w : tensor<?x?xf32>", f"@w is {T}, loaded as tensor<?x?xf32>"),
        (f"@w : {T}", "@w : f32", f"@w is {T}, loaded as f32"),
        (f"mutable @w : {T}", f"immutable @w : {T}", "@w is mutable, loaded as immutable"),
        (f"mutable @w : {T}", f"@w : {T}", ""),
        (f"@w : {T}", "@w : tensor<?xf32>", ""),
        ("@w : tensor<?xf32>", f"immutable @w : {T}", ""),
        (f"@w : {T}", "@w : tensor<*xf32>", ""),
        ("@w : tensor<*xf32>", f"@w : {T}", ""),
        ("@w : f32", "@w : f32", ""),
    ],
)
def test_a_load_names_a_global_of_its_shape(
    tmp_path: Path, definition: str, load: str, words: str
) -> None:
    """In a function's body and in an operation's region."""
    text = f"""util.global private {definition}
func.func @f(%p: tensor<i1>) {{
  %0 = util.global.load {load}
  "stablehlo.if"(%p) ({{
    %1 = util.global.load {load}
    stablehlo.return
  }}, {{
    stablehlo.return
  }}) : (tensor<i1>) -> ()
  return
}}
"""
    found = checked(text, tmp_path)
    assert [(fault.line, fault.column) for fault in found] == ([(3, 8), (5, 10)] if words else [])
    assert all(fault.message == f"util.global.load: {words}" for fault in found)
    assert check_agrees(text, tmp_path) is None
    assert is_refused_by_iree(text) == bool(words)


@pytest.mark.parametrize("attribute", ["@w", "[1, @w]", "{c = [@w]}", "{c = @w}"])
def test_a_global_that_an_attribute_names_stays(tmp_path: Path, attribute: str) -> None:
    text = f"""module {{
  {GLOBAL}
  {GLOBAL.replace("@w", "@v")}
  func.func @f(%arg0: {T}) -> {T} {{
    %0 = stablehlo.abs %arg0 {{a.b = {attribute}}} : {T}
    return %0 : {T}
  }}
}}
"""
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    prune_file(path, out)
    assert [out.read_text()] == iree.without_dead_code([text], tmp_path)
    assert "@v " not in out.read_text()
    assert rewriting_agrees(text, tmp_path) is None


def test_a_computation_that_is_named_in_a_region_may_be_missing(tmp_path: Path) -> None:
    """Upstream does not look for what a custom call names."""
    text = f"""func.func @f(%p: tensor<i1>, %x: {T}) {{
  %0 = "stablehlo.if"(%p) ({{
    %1 = stablehlo.custom_call @c(%x) {{called_computations = [@h]}} : ({T}) -> {T}
    stablehlo.return %1 : {T}
  }}, {{
    stablehlo.return %x : {T}
  }}) : (tensor<i1>) -> {T}
  return
}}
"""
    assert upstream.printed(text)
    assert checked(text, tmp_path) == []
    assert check_agrees(text, tmp_path) is None


REGION_OUTSIDE = 'module {\n  "foo.bar"() ({\n    "foo.baz"() : () -> ()\n  }) : () -> ()\n}\n'


def test_an_unknown_operation_with_regions_beside_functions(tmp_path: Path) -> None:
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(REGION_OUTSIDE)
    assert list(check_file(path, allow_unregistered=True)) == []
    for rewrite in (format_file, prune_file):
        rewrite(path, out, allow_unregistered=True)
        assert out.read_text() == REGION_OUTSIDE
    assert iree.printed([REGION_OUTSIDE], "--allow-unregistered-dialect") == [REGION_OUTSIDE]
    (fault,) = check_file(path)
    assert str(fault).startswith(f"{path}:2:4: error: unknown operation 'foo.bar'")


def test_operations_behind_a_module_join_it_in_another(tmp_path: Path) -> None:
    text = f"module {{\n}}\n{WHOLE}\n"
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    assert out.read_text() == upstream.printed(text)
    assert rewriting_agrees(text, tmp_path) is None


def test_attributes_of_a_statement_that_have_aliases(tmp_path: Path) -> None:
    text = beginning(f"%0 = stablehlo.abs %x {{a.b = affine_map<()[s] -> (s)>}} : {T}")
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    assert out.read_text() == upstream.printed(text)
    assert out.read_text().startswith("#map = ")
    assert rewriting_agrees(text, tmp_path) is None


@pytest.mark.parametrize(
    "names",
    [
        ["01", "1", "a_01", "a_1", "00", "0"],
        ["9999999", "1", "99999999999", "a_7777777", "2"],
        ["a_b", "a_", "_1", "a-1", "a.0", "$0"],
    ],
)
def test_names_that_are_no_small_numbers(tmp_path: Path, names: list[str]) -> None:
    pairs = zip(["x", *names], names, strict=False)
    text = beginning(*[f"%{new} = stablehlo.add %{old}, %x : {T}" for old, new in pairs])
    assert checked(text, tmp_path) == []
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    assert out.read_text() == upstream.printed(text)


@pytest.mark.parametrize(
    "statement", [f"stablehlo.custom_call @f(%x) : ({T}) -> ()", f"foo.bar %x : {T}"]
)
def test_a_name_for_no_result_is_refused(tmp_path: Path, statement: str) -> None:
    text = beginning(f"%a:0 = {statement}", f"%b = stablehlo.abs %a : {T}")
    fault = checked(text, tmp_path)[0]
    assert str(fault) == "m.mlir:2:3: error: %a names no result; it takes at least 1"
    assert check_agrees(text, tmp_path) is None
    with pytest.raises(ir.MLIRError, match="at least 1 result"):
        upstream.printed(text)


def test_a_pipe_is_read_as_a_file(tmp_path: Path) -> None:
    pipe, out = tmp_path / "pipe", tmp_path / "out.mlir"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(WHOLE))
    writer.start()
    format_file(pipe, out)
    writer.join()
    assert out.read_text() == upstream.printed(WHOLE)


@pytest.mark.parametrize("before", ["", "func.func @f() {\n  %c = stablehlo.constant dense<"])
def test_a_text_that_ends_in_a_literal(tmp_path: Path, before: str) -> None:
    text = before + '"0x' + "AB" * 5000
    fault = checked(text, tmp_path)[0]
    assert fault.message == "End of file reached before closing string literal."
    lines = before.split("\n")
    assert (fault.line, fault.column) == (len(lines), len(lines[-1]) + 1)


def test_only_constants_have_literals_without_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("irkit.reading.stores.LONGEST_HELD", 5000)
    digits = "AB" * 2501
    text = beginning(f'%0 = stablehlo.abs %x {{a.b = "0x{digits}"}} : {T}')
    (fault,) = checked(text, tmp_path)
    assert (fault.line, fault.column) == (2, 34 + len(f"0x{digits}"))
    assert "5002 digits; only constants may have more than 5000" in fault.message
    assert checked(text.replace(digits, digits[:5000]), tmp_path) == []


def test_a_file_that_becomes_shorter_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "m.mlir"
    path.write_text("AB" * 100)
    with path.open("rb") as file:
        assert b"".join(digit_blocks(file.fileno(), 100, 100)) == b"AB" * 50
        with pytest.raises(OSError, match="the file became shorter while it was read"):
            list(digit_blocks(file.fileno(), 100, 101))


BODY = f'^bb0(%a: {T}):\n  "stablehlo.return"(%x) : ({T}) -> ()\n'
UNSAID = [
    (f'%0:2 = "stablehlo.abs"(%x) : ({T}) -> ({T}, {T})', 10, "Expected 1 result, but got 2"),
    (f'%0 = "stablehlo.abs"(%x, %x) : ({T}, {T}) -> {T}', 8, "Expected 1 operand, but got 2"),
    (
        f'%0 = "stablehlo.abs"(%x) ({{\n}}) : ({T}) -> {T}',
        8,
        "Expected 0 regions, but got 1",
    ),
    (
        f'%0:2 = "stablehlo.constant"() <{{value = dense<1.0> : {T}}}> : () -> ({T}, {T})',
        10,
        "Expected 1 result, but got 2",
    ),
    (f'%0 = "stablehlo.tuple"(%x) : ({T}) -> tuple<tensor<5xf32>>', 8, "(C1) "),
    (f'%0 = "stablehlo.optimization_barrier"(%x) : ({T}) -> tensor<i1>', 8, "(C1) "),
    (
        f'%0 = "stablehlo.while"(%x) ({{{BODY}}}, {{{BODY}}}) : ({T}) -> tensor<i1>',
        8,
        "",
    ),
]


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize(("statement", "column", "words"), UNSAID)
def test_what_the_short_form_can_not_say_is_not_formatted(
    tmp_path: Path, statement: str, column: int, words: str, blocks: bool
) -> None:
    """By either reader: a function of two blocks is read as a whole."""
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(beginning(statement, end=BLOCK if blocks else ""))
    with pytest.raises(ReadError) as refused:
        format_file(path, out)
    fault = refused.value.diagnostic
    assert (fault.line, fault.column) == (2, column)
    assert words in fault.message
    assert not out.exists()
    with pytest.raises(ir.MLIRError):
        upstream.printed(path.read_text())
