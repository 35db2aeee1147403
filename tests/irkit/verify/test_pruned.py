"""``irkit-verify --pruned``: what was dropped, and whether that was sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from irkit.verify.pair import Pair
from irkit.verify.pruned import judge_pruned
from irkit.verify.verdict import Finding, Verdict

FULL = """
func.func @main(%x: tensor<f32>) -> (tensor<f32> {irkit.name = "logits"},
                                     tensor<f32> {irkit.name = "hidden"}) {
  %0 = stablehlo.sine %x : tensor<f32>
  %1 = stablehlo.cosine %x : tensor<f32>
  %2 = stablehlo.abs %1 : tensor<f32>
  %3 = stablehlo.negate %2 : tensor<f32>
  stablehlo.custom_call @log(%1) {has_side_effect = true} : (tensor<f32>) -> ()
  return %0, %2 : tensor<f32>, tensor<f32>
}
"""
PRUNED = """
func.func @main(%x: tensor<f32>) -> (tensor<f32> {irkit.name = "logits"}) {
  %0 = stablehlo.sine %x : tensor<f32>
  %1 = stablehlo.cosine %x : tensor<f32>
  stablehlo.custom_call @log(%1) {has_side_effect = true} : (tensor<f32>) -> ()
  return %0 : tensor<f32>
}
"""


def judged(folder: Path, full: str, pruned: str) -> Finding:
    files = folder / "full.mlir", folder / "pruned.mlir"
    for file, text in zip(files, (full, pruned), strict=True):
        file.write_text(text)
    return judge_pruned(Pair(*files))


def test_what_was_dropped_is_told(tmp_path: Path) -> None:
    found = judged(tmp_path, FULL, PRUNED)
    assert found.verdict is Verdict.EQUAL
    assert found.details["functions"] == [
        {
            "name": "main",
            "outputs": ["hidden"],
            "dead": {"stablehlo.negate": 1},
            "unneeded": {"stablehlo.abs": 1},
        }
    ]
    assert "outputs dropped: hidden" in found.summary
    assert "nothing needed: 1 (1 stablehlo.negate)" in found.summary


def test_nothing_dropped(tmp_path: Path) -> None:
    found = judged(tmp_path, PRUNED, PRUNED)
    assert found.verdict is Verdict.EQUAL
    assert "outputs dropped: none" in found.summary


def test_too_much_dropped(tmp_path: Path) -> None:
    lost = "\n".join(line for line in PRUNED.splitlines() if "@log" not in line)
    found = judged(tmp_path, FULL, lost)
    assert found.verdict is Verdict.UNDECIDED
    assert "effects" in found.summary


def test_another_result(tmp_path: Path) -> None:
    found = judged(tmp_path, FULL, PRUNED.replace("stablehlo.sine", "stablehlo.tan"))
    assert found.verdict is Verdict.UNDECIDED
    assert "result 0" in found.summary


def test_another_function_or_argument(tmp_path: Path) -> None:
    assert judged(tmp_path, FULL, PRUNED.replace("@main", "@f")).verdict is Verdict.DIFFERENT
    more = PRUNED.replace("%x: tensor<f32>", "%x: tensor<f32>, %y: tensor<f32>")
    assert "arguments" in judged(tmp_path, FULL, more).summary


def test_results_of_other_names_are_not_the_full_ones(tmp_path: Path) -> None:
    found = judged(tmp_path, FULL, PRUNED.replace('"logits"', '"hidden"'))
    assert found.verdict is Verdict.UNDECIDED
    assert "result 0" in found.summary


def test_results_that_are_named_by_their_places(tmp_path: Path) -> None:
    alias = "%x: tensor<f32> {tf.aliasing_output = 1 : i32}"
    sides = [text.replace("%x: tensor<f32>", alias) for text in (FULL, PRUNED)]
    found = judged(tmp_path, *sides)
    assert found.verdict is Verdict.UNDECIDED
    assert "tf.aliasing_output" in found.summary


def test_several_blocks_are_told(tmp_path: Path) -> None:
    text = (
        "func.func @main(%x: tensor<f32>) -> tensor<f32> {\n  return %x : tensor<f32>\n"
        "^bb1(%y: tensor<f32>):\n  return %y : tensor<f32>\n}\n"
    )
    found = judged(tmp_path, text, text)
    assert found.verdict is Verdict.UNDECIDED
    assert "several blocks" in found.summary


def test_what_stands_beside_functions_counts(tmp_path: Path) -> None:
    one = 'util.global @w = #flow.parameter.named<"model"::"w"> : tensor<f32>\n'
    assert judged(tmp_path, one + FULL, one + PRUNED).verdict is Verdict.EQUAL
    assert judged(tmp_path, one + FULL, PRUNED).verdict is Verdict.UNDECIDED
    marked = f"module attributes {{mhlo.num_replicas = 2 : i32}} {{{PRUNED}}}"
    assert judged(tmp_path, FULL, marked).verdict is Verdict.UNDECIDED
    unused = "func.func private @unused(%x: tensor<f32>) {\n  return\n}\n"
    assert judged(tmp_path, unused + FULL, PRUNED).verdict is Verdict.EQUAL


T = "tensor<f32>"


def returning(*results: str, said: str = "") -> str:
    """``sine`` and ``cosine`` of the argument, returned in this order."""
    types = ", ".join(f"{T} {said}".rstrip() for _ in results)
    given = (
        f"  return {', '.join(results)} : {', '.join([T] * len(results))}\n"
        if results
        else "  return\n"
    )
    return (
        f"func.func @main(%x: {T}) -> ({types}) {{\n  %0 = stablehlo.sine %x : {T}\n"
        f"  %1 = stablehlo.cosine %x : {T}\n{given}}}\n"
    )


@pytest.mark.parametrize(
    ("full", "pruned", "sound"),
    [
        (("%0", "%1"), ("%0", "%1"), True),
        (("%0", "%1"), ("%1",), True),
        (("%0", "%1", "%0"), ("%1", "%0"), True),
        (("%0", "%1"), (), True),
        (("%0", "%1"), ("%1", "%0"), False),
        (("%0", "%1", "%1"), ("%1", "%0", "%1"), False),
        (("%0",), ("%0", "%0"), False),
    ],
)
@pytest.mark.parametrize("said", ["", "{a.b = 1 : i32}"])
def test_results_without_names_keep_their_order(
    tmp_path: Path, full: tuple[str, ...], pruned: tuple[str, ...], sound: bool, said: str
) -> None:
    """Whoever calls the function knows them by it."""
    found = judged(tmp_path, returning(*full, said=said), returning(*pruned, said=said))
    assert found.verdict is (Verdict.EQUAL if sound else Verdict.UNDECIDED)
    assert sound or "or comes in another order" in found.summary


def test_results_with_names_may_come_in_any_order(tmp_path: Path) -> None:
    swapped = (
        FULL.replace('"logits"', '"h"').replace('"hidden"', '"logits"').replace('"h"', '"hidden"')
    )
    swapped = swapped.replace("return %0, %2", "return %2, %0")
    found = judged(tmp_path, FULL, swapped)
    assert found.verdict is Verdict.EQUAL
    assert "outputs dropped: none" in found.summary
    assert judged(tmp_path, FULL, swapped.replace("%2, %0", "%0, %2")).verdict is Verdict.UNDECIDED


def test_functions_that_call_themselves(tmp_path: Path) -> None:
    """``@f`` calls ``@g``, and ``@g`` calls ``@f``; one of them is another one."""
    text = f"""
func.func @main(%x: {T}) -> ({T}, {T}) {{
  %0 = call @f(%x) : ({T}) -> {T}
  return %0, %x : {T}, {T}
}}
func.func private @f(%x: {T}) -> {T} {{
  %0 = call @g(%x) : ({T}) -> {T}
  return %0 : {T}
}}
func.func private @g(%x: {T}) -> {T} {{
  %0 = call @f(%x) : ({T}) -> {T}
  return %0 : {T}
}}
"""
    less = text.replace(f"({T}, {T})", T).replace(f"%0, %x : {T}, {T}", f"%0 : {T}")
    assert judged(tmp_path, text, less).verdict is Verdict.EQUAL
    turned = f"@g(%x) : ({T}) -> {T}\n  %1 = stablehlo.negate %0 : {T}\n  return %1"
    other = less.replace(f"@g(%x) : ({T}) -> {T}\n  return %0", turned)
    found = judged(tmp_path, text, other)
    assert found.verdict is Verdict.UNDECIDED
    assert "functions that call themselves" in found.summary


def test_many_outputs_are_counted(tmp_path: Path) -> None:
    found = judged(tmp_path, returning(*["%0"] * 15), returning())
    assert found.verdict is Verdict.EQUAL
    assert "outputs dropped: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more;" in found.summary
