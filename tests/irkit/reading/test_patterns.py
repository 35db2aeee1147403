"""A statement like an earlier one is not parsed again; where it says something else, it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from jaxlib.mlir import ir

from irkit.reading import rendering
from irkit.reading.check import check_file
from irkit.reading.rewrite import format_file, prune_file
from passes.bounded_cache import BoundedCache
from tests.irkit.reading.two_readers import check_agrees, checked, rewriting_agrees
from tests.witness import iree, upstream

T = "tensor<4xf32>"
ABS = f"%r = stablehlo.abs %x : {T}\n"
CALL = f"func.call @h(%x) : ({T}) -> {T}"
IF = f"""\
%r = "stablehlo.if"(%p) ({{
  %7 = stablehlo.abs %x : {T}
  stablehlo.return %7 : {T}
}}, {{
  stablehlo.return %x : {T}
}}) : (tensor<i1>) -> {T}
"""
CALL_INSIDE = IF.replace(f"stablehlo.abs %x : {T}", CALL)
LOOP = f"""\
%r:2 = stablehlo.while(%i = %p, %v = %x) : tensor<i1>, {T}
cond {{
  stablehlo.return %i : tensor<i1>
}} do {{
  stablehlo.return %i, %v : tensor<i1>, {T}
}}
"""
COMPUTATION = f"%r = stablehlo.custom_call @c(%x) {{called_computations = [@h]}} : ({T}) -> {T}\n"
REDUCE = (
    "%r = stablehlo.reduce(%0init: %c) applies stablehlo.add across dimensions = [0]"
    f" : ({T}, tensor<f32>) -> tensor<f32>\n"
)


def read(name: str) -> str:
    """A statement that reads a value."""
    return ABS.replace("%x", name)


def barrier(name: str, count: int) -> str:
    """A statement with several results."""
    return f"%{name}:{count} = stablehlo.optimization_barrier {', '.join(['%x'] * count)} : " + (
        ", ".join([T] * count) + "\n"
    )


def program(*statements: str) -> str:
    """The statements in a function; each ``%r`` is a result of its own."""
    lines = "".join(text.replace("%r", f"%r_{k}") for k, text in enumerate(statements))
    return (
        f"func.func @main(%x: {T}, %p: tensor<i1>, %c: tensor<f32>) {{\n{lines}return\n}}\n"
        f"func.func private @g({T}) -> {T}\n"
    )


def is_refused_by_upstream(text: str) -> bool:
    try:
        upstream.printed(text)
    except ir.MLIRError:
        return True
    return False


@pytest.mark.parametrize(
    ("statements", "faults"),
    [
        ([f"%r = {CALL}\n"] * 3, [(k, 8, "func.call: there is no function @h") for k in (2, 3, 4)]),
        ([CALL_INSIDE] * 2, [(k, 8, "func.call: there is no function @h") for k in (3, 9)]),
        (
            [barrier("a", 3), read("%a#2"), barrier("b", 2), read("%b#2"), ABS],
            [(5, 22, "SSA value tuple index out of bounds. Tuple is of size 2 but tried to")],
        ),
        (
            [ABS, read("%a"), ABS, ABS.replace("%r", "%a")],
            [(3, 8, "stablehlo.abs: operand 0 is used before it is defined")],
        ),
        (
            [ABS, read("%a#1"), ABS, ABS.replace("%r", "%a")],
            [(5, 1, "SSA value %a is referenced with an index larger than its size")],
        ),
        (
            [ABS, read("%a").replace("4x", "5x"), ABS, ABS.replace("%r", "%a")],
            [(5, 1, f"Result %a is defined with type {T}, but used with type tensor<5xf32>")],
        ),
        (
            [read("%a#1"), ABS.replace("%r", "%a")],
            [(3, 1, "SSA value %a is referenced with an index larger than its size")],
        ),
        ([IF, IF, ABS.replace("%r", "%7"), IF, ABS], [(16, 3, "SSA value %7 is already defined")]),
        ([IF, IF.replace("%p", "%x")], [(8, 23, "operand is used with type tensor<i1>, but")]),
    ],
)
def test_it_is_judged_as_by_the_reader_of_modules(
    tmp_path: Path, statements: list[str], faults: list[tuple[int, int, str]]
) -> None:
    text = program(*statements)
    found = checked(text, tmp_path)
    assert [(fault.line, fault.column) for fault in found] == [fault[:2] for fault in faults]
    assert all(f.message.startswith(fault[2]) for f, fault in zip(found, faults, strict=True))
    assert check_agrees(text, tmp_path) is None
    assert rewriting_agrees(text, tmp_path) is None
    assert is_refused_by_upstream(text)


@pytest.mark.parametrize(
    "statements",
    [
        [f"%r = {CALL}\n".replace("@h", "@g")] * 3,
        [CALL_INSIDE.replace("@h", "@g")] * 3,
        [COMPUTATION] * 3,
        [IF, IF.replace("%7", "%8"), ABS.replace("%r", "%7")],
        [barrier("a", 3), read("%a#2"), barrier("b", 3), read("%b#2"), ABS],
        # Upstream's lexer, too, ends a number before a letter: %0 and `init`.
        [ABS.replace("%r", "%0"), REDUCE, REDUCE],
    ],
)
def test_it_is_printed_as_upstream_does(tmp_path: Path, statements: list[str]) -> None:
    text = program(*statements)
    assert checked(text, tmp_path) == []
    assert check_agrees(text, tmp_path) is None
    assert rewriting_agrees(text, tmp_path) is None
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    assert out.read_text() == upstream.printed(text)


@pytest.mark.parametrize("end", [1, 2, 3, 5])
def test_a_text_that_ends_within_it_is_refused(tmp_path: Path, end: int) -> None:
    """The lines that are there begin a statement that is known."""
    text = program(LOOP, LOOP)
    cut = "".join(text.splitlines(keepends=True)[: 7 + end])
    assert check_agrees(cut, tmp_path) is None
    (fault,) = checked(cut, tmp_path)
    assert fault.line in (7 + end, 8 + end)
    assert is_refused_by_upstream(cut)


def test_a_percent_sign_in_an_unknown_attribute_names_no_value(tmp_path: Path) -> None:
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    line = f"    %0 = stablehlo.abs %arg0 {{a.b = #foo.bar<%arg1>}} : {T}\n"
    lines = "".join(line.replace("%0", f"%{k}").replace("%arg1", f"%{k + 5}") for k in range(3))
    path.write_text(f"module {{\n  func.func @f(%arg0: {T}) {{\n{lines}    return\n  }}\n}}\n")
    assert list(check_file(path, allow_unregistered=True)) == []
    format_file(path, out, allow_unregistered=True)
    assert out.read_text() == path.read_text()
    assert iree.printed([path.read_text()], "--allow-unregistered-dialect") == [out.read_text()]


def test_a_statement_longer_than_the_limit_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the text of a statement goes on and on; the limit itself is 32 MiB."""
    text = program(IF.replace("({\n", "({" + "\n" * 1000), ABS)
    for name, value in (("LONGEST_STATEMENT", 64), ("MOST_LINES", 4), ("_MORE_LINES", 4)):
        monkeypatch.setattr(f"irkit.reading.module_reader.{name}", value)
    (fault,) = checked(text, tmp_path)
    assert (fault.line, fault.column) == (2, 1)
    assert fault.message == "an operation of more than 0 MiB"


def test_renderings_that_are_not_held_come_from_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for two, and a temporary file for all, the text is the same."""
    monkeypatch.setattr(rendering, "BoundedCache", lambda: BoundedCache(2))
    monkeypatch.setattr(rendering, "_MEMORY", 64)
    statements = [
        f"%r = stablehlo.add %x, %x : {T}\n",
        IF,
        LOOP,
        COMPUTATION,
        barrier("a", 3),
        "%r = stablehlo.constant dense_resource<key> : tensor<4xf32>\n",
        *[f"%r = stablehlo.{name} %a#1 : {T}\n" for name in ("abs", "negate", "cosine", "sine")],
    ]
    data = '{-# dialect_resources: {builtin: {key: "0x04000000' + "00" * 16 + '"}} #-}\n'
    text = program(*statements, *statements[:4]) + data
    assert checked(text, tmp_path) == []
    assert rewriting_agrees(text, tmp_path) is None
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    assert out.read_text() == upstream.printed(text)
    prune_file(path, out)
    assert out.read_text() == upstream.without_dead_code(text)
