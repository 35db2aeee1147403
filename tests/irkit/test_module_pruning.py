"""Pruning a module to some of its outputs, read by statements or as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from irkit.module_pruning import OutputNameError
from irkit.reading.rewrite import prune_file
from tests.witness import iree, upstream

T = "tensor<4xf32>"
GLOBALS = "".join(
    f'  util.global private @{name} = #flow.parameter.named<"m"::"{name}"> : {T}\n' for name in "vw"
)
MAIN = f"""\
  func.func @main(%arg0: {T}) -> ({T}, {T}) {{
    %0 = stablehlo.abs %arg0 : {T}
    %1 = stablehlo.negate %0 : {T}
    return %1, %arg0 : {T}, {T}
  }}
"""
GENERIC = (
    '"func.func"() <{function_type = () -> (), sym_name = "g", sym_visibility = "private"}> ({}) '
    ": () -> ()\n"
)
"""A function for which the module is read as a whole."""
PRETTY = "  func.func private @g()\n"
CALLER = f"""\
  func.func @caller(%arg0: {T}) -> {T} {{
    %0:2 = call @main(%arg0) : ({T}) -> ({T}, {T})
    return %0#1 : {T}
  }}
"""
DECLARED = f"  func.func private @main({T}) -> ({T}, {T})\n"


def module(*parts: str) -> str:
    return f"module {{\n{''.join(parts)}}}\n"


def pruned(folder: Path, text: str, outputs: list[str] | None, *, unknown: bool = False) -> str:
    path, out = folder / "m.mlir", folder / "out.mlir"
    path.write_text(text)
    prune_file(path, out, outputs, allow_unregistered=unknown)
    return out.read_text()


BOTH_READERS = pytest.mark.parametrize("more", ["", GENERIC], ids=["statements", "whole"])


@BOTH_READERS
@pytest.mark.parametrize(
    ("outputs", "returned"),
    [
        (["1"], "%arg0"),
        (["0"], "%1"),
        (["1", "0"], "%arg0, %1"),
        (["1", "1", "0"], "%arg0, %arg0, %1"),
        ([], ""),
    ],
)
def test_the_outputs_in_their_order(
    tmp_path: Path, more: str, outputs: list[str], returned: str
) -> None:
    found = pruned(tmp_path, module(MAIN, more), outputs)
    types = [T] * len(outputs)
    after = f"return {returned} : {', '.join(types)}" if types else "return"
    kept = {0: "", 1: f" -> {T}"}.get(len(types), f" -> ({', '.join(types)})")
    expected = MAIN.replace(f" -> ({T}, {T})", kept)
    expected = expected.replace(f"return %1, %arg0 : {T}, {T}", after)
    assert found == upstream.without_dead_code(module(expected, more))


@BOTH_READERS
def test_all_outputs_by_default_and_unread_globals_go(tmp_path: Path, more: str) -> None:
    load = f"    %v = util.global.load @v : {T}\n    %0 = stablehlo.add %arg0, %v : {T}\n"
    text = module(GLOBALS, MAIN.replace(f"    %0 = stablehlo.abs %arg0 : {T}\n", load), more)
    assert pruned(tmp_path, text, None) == pruned(tmp_path, text, ["0", "1"])
    assert "@w" not in pruned(tmp_path, text, None)
    shown = pruned(tmp_path, text, ["1"]).replace(PRETTY, "")
    assert shown == module(
        f"  func.func @main(%arg0: {T}) -> {T} {{\n    return %arg0 : {T}\n  }}\n"
    )
    shown = pruned(tmp_path, text, None).replace(PRETTY, "")
    assert [shown] == iree.without_dead_code([text.replace(more, "")] if more else [text], tmp_path)


def test_every_return_of_the_function_changes(tmp_path: Path) -> None:
    branch = '    "foo.br"()[^bb1, ^bb2] : () -> ()\n  ^bb1:\n    return %1'
    other = f"  ^bb2:\n    return %arg0, %1 : {T}, {T}\n  }}\n"
    text = module(MAIN.replace("    return %1", branch).replace("  }\n", other))
    expected = text.replace("return %1, %arg0", "return %1").replace(
        "return %arg0, %1", "return %arg0"
    )
    expected = expected.replace(f"{T}, {T}", T).replace(f"-> ({T})", f"-> {T}")
    found = pruned(tmp_path, text, ["0"], unknown=True)
    assert found == upstream.without_dead_code(expected, allow_unregistered=True)
    assert found.count("return %") == 2


@BOTH_READERS
@pytest.mark.parametrize("outputs", [["0"], ["1", "0"], ["0", "0", "1"]])
def test_a_function_that_is_called_keeps_its_outputs(
    tmp_path: Path, more: str, outputs: list[str]
) -> None:
    text = module(MAIN, CALLER, more)
    with pytest.raises(OutputNameError, match="@main is called in its module, so it must keep"):
        pruned(tmp_path, text, outputs)
    assert not (tmp_path / "out.mlir").exists()
    assert pruned(tmp_path, text, ["0", "1"]) == upstream.printed(text)


@BOTH_READERS
@pytest.mark.parametrize(
    ("parts", "outputs", "message"),
    [
        ([DECLARED], ["0"], "@main does not end in a return"),
        ([MAIN.replace("@main", "@a"), MAIN.replace("@main", "@b")], ["0"], "no function @main"),
        ([MAIN], ["2"], "@main has no output '2'; there are: 0, 1"),
        (
            [f'  func.func @main(%arg0: {T}) {{\n    "a.b"(%arg0) : ({T}) -> ()\n  }}\n'],
            ["0"],
            "@main does not end in a return",
        ),
    ],
)
def test_what_can_not_be_kept_is_refused(
    tmp_path: Path, more: str, parts: list[str], outputs: list[str], message: str
) -> None:
    with pytest.raises(OutputNameError, match=message):
        pruned(tmp_path, module(*parts, more), outputs, unknown=True)
    assert not (tmp_path / "out.mlir").exists()
