"""Tier 4: a difference is found, made small, and placed; and what cannot be tried is told."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.reader import parse_module
from irkit.interpreter.values import TOKEN, Future, Value
from irkit.verify.checker import check
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.tiers.trials import judge
from irkit.verify.trials.counterexample import counterexample
from irkit.verify.trials.inputs import NoInputsError, named_input
from irkit.verify.trials.outcome import difference, ulps
from irkit.verify.trials.shrink import shrink
from irkit.verify.trials.side import Draw, Side
from irkit.verify.verdict import Finding, Tier, Verdict


def judged(folder: Path, left: str, right: str, **options: Any) -> Finding:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    return judge(Pair(*files), Options(**options))


def main(body: str, type_: str = "tensor<4xf32>") -> str:
    return (
        f"func.func @main(%x: {type_}, %y: {type_}) -> {type_} {{\n{body}\nreturn %r : {type_}\n}}"
    )


MAX = "%a = stablehlo.add %x, %y : tensor<4xf32>\n%r = stablehlo.maximum %a, %y : tensor<4xf32>"


def test_a_counterexample_is_small_and_placed(tmp_path: Path) -> None:
    found = judged(tmp_path, main(MAX), main(MAX.replace("%a, %y", "%a, %x")))
    assert found.verdict is Verdict.DIFFERENT
    assert "a.mlir:3: stablehlo.maximum" in found.summary
    assert "b.mlir:3: stablehlo.maximum" in found.summary
    # One element of one input is not zero.
    assert "[-1.  0.  0.  0.]" in found.summary or "[1. 0. 0. 0.]" in found.summary
    assert "[0. 0. 0. 0.]" in found.summary
    assert found.details["function"] == "main"


def test_what_lacks_memory_is_not_decided(tmp_path: Path) -> None:
    """Neither as equal nor as different, and it is said which operation it was."""
    body = f"%i = stablehlo.iota dim = 0 : tensor<{2**50}xf32>\n"
    left = main(f"{body}%r = stablehlo.add %x, %y : tensor<4xf32>")
    pair = Pair(tmp_path / "a.mlir", tmp_path / "b.mlir")
    pair.left.write_text(left)
    pair.right.write_text(left.replace("stablehlo.add", "stablehlo.subtract"))
    report = check(pair, Options(trials=2), tiers=range(Tier.TRIALS, Tier.TRIALS + 1))
    assert (report.verdict, report.status) == (Verdict.UNDECIDED, 3)
    (found,) = report.findings
    said = f"cannot be tried: stablehlo.iota: out of memory, it gives tensor<{2**50}xf32> ("
    assert said in found.summary


def test_the_same_counterexample_whatever_the_jobs(tmp_path: Path) -> None:
    texts = main(MAX), main(MAX.replace("%a, %y", "%a, %x"))
    assert judged(tmp_path, *texts, jobs=3).summary == judged(tmp_path, *texts).summary


def test_no_difference_is_no_proof(tmp_path: Path) -> None:
    commuted = main(MAX.replace("%x, %y", "%y, %x", 1))
    found = judged(tmp_path, main(MAX), commuted, trials=6)
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert "6 trials" in found.summary


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("%r = stablehlo.abs %x : tensor<4xf32>", "%r = stablehlo.maximum %x, %n : tensor<4xf32>"),
        (
            "%z = stablehlo.constant dense<0.0> : tensor<4xf32>\n"
            "%r = stablehlo.add %x, %z : tensor<4xf32>",
            "%r = stablehlo.reshape %x : (tensor<4xf32>) -> tensor<4xf32>",
        ),
    ],
)
def test_special_numbers_are_tried(tmp_path: Path, left: str, right: str) -> None:
    """``max(x, -x)`` and ``abs(x)`` differ in zeros at most; ``x + 0`` in -0 alone."""
    right = right.replace(
        "%r = stablehlo.max", "%n = stablehlo.negate %x : tensor<4xf32>\n%r = stablehlo.max"
    )
    found = judged(tmp_path, main(left), main(right))
    expected = Verdict.NO_DIFFERENCE if "abs" in left else Verdict.DIFFERENT
    assert found.verdict is expected


def test_units_in_the_last_place_may_be_allowed(tmp_path: Path) -> None:
    half = (
        "%h = stablehlo.constant dense<{}> : tensor<4xf32>\n"
        "%r = stablehlo.multiply %x, %h : tensor<4xf32>"
    )
    texts = main(half.format("0.5")), main(half.format("0x3F000001"))
    found = judged(tmp_path, *texts)
    assert found.verdict is Verdict.DIFFERENT
    assert found.details["ulps"] == 1
    assert judged(tmp_path, *texts, max_ulps=4).verdict is Verdict.NO_DIFFERENCE


def test_external_parameters_are_drawn_by_their_keys(tmp_path: Path) -> None:
    def program(symbol: str, key: str) -> str:
        return (
            f'util.global private @{symbol} = #flow.parameter.named<"m"::"{key}"> : tensor<4xf32>\n'
            f"func.func @main() -> tensor<4xf32> {{\n%w = util.global.load @{symbol} : "
            "tensor<4xf32>\nreturn %w : tensor<4xf32>\n}"
        )

    assert judged(tmp_path, program("a", "k"), program("b", "k")).verdict is Verdict.NO_DIFFERENCE
    assert judged(tmp_path, program("a", "k"), program("a", "j")).verdict is Verdict.DIFFERENT


def test_what_cannot_be_run_is_undecided(tmp_path: Path) -> None:
    call = "%r = stablehlo.custom_call @unheard_of(%x) : (tensor<4xf32>) -> tensor<4xf32>"
    found = judged(tmp_path, main(call), main(call.replace("%x", "%y")))
    assert found.verdict is Verdict.UNDECIDED
    assert "unheard_of" in found.summary


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=8), st.integers(0, 7))
def test_shrinking_keeps_what_is_needed(numbers: list[int], place: int) -> None:
    """The inputs are shrunk to the one element that matters."""
    array = np.array(numbers, np.int32)
    place %= len(numbers)
    array[place] = 77

    def differs(inputs: list[Value]) -> bool:
        (given,) = inputs
        return isinstance(given, np.ndarray) and given[place] == 77

    (small,) = shrink([array], differs)
    assert isinstance(small, np.ndarray)
    assert small[place] == 77
    assert np.count_nonzero(small) == 1


def test_shrinking_gives_up_after_its_runs() -> None:
    runs = 0

    def differs(inputs: list[Value]) -> bool:
        nonlocal runs
        runs += 1
        return False

    # Each run is a look at the whole array; so many elements must not cost one each.
    array = np.arange(1, 1 << 22)
    started = time.process_time()
    (kept,) = shrink([array], differs, runs=10)
    assert runs == 10
    assert kept is array
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("dtype", "left", "right", "apart"),
    [
        (np.float32, 1.0, np.nextafter(np.float32(1), np.float32(2)), 1),
        (np.float32, 0.0, -0.0, 1),
        (np.float32, np.nan, np.nan, 0),
        (np.float64, np.nan, 1.0, np.inf),
        (ml_dtypes.bfloat16, 1.0, 1.0078125, 1),
        (ml_dtypes.float8_e4m3fn, 448, -448, 2 * 126 + 1),
        (np.int64, -(2**63), 2**63 - 1, 2.0**64),
        (np.complex64, 1 + 1j, 1 - 1j, 2 * 0x3F800000 + 1),
        (np.bool, True, False, 1),
    ],
)
def test_units_in_the_last_place(dtype: Any, left: Any, right: Any, apart: float) -> None:
    a, b = np.array([left]).astype(dtype), np.array([right]).astype(dtype)
    assert ulps(a, b)[0] == apart
    assert (difference([a], [b]) is None) == (apart == 0)


@pytest.mark.parametrize("element", ["f32", "bf16", "i8", "ui64", "i1", "complex<f32>"])
def test_an_argument_that_is_returned_is_no_difference(tmp_path: Path, element: str) -> None:
    """Scalars, too, are arrays: returned as they came, or made by an operation."""
    type_ = f"tensor<{element}>"
    same = main(f"%r = stablehlo.reshape %x : ({type_}) -> {type_}", type_)
    found = judged(tmp_path, same, same.replace("return %r", "return %x"))
    assert found.verdict is Verdict.NO_DIFFERENCE


def test_numbers_and_arrays_of_one_are_the_same() -> None:
    assert difference([np.float32(1)], [np.array(1, np.float32)]) is None


def test_every_output_is_held_to_the_units_that_are_allowed(tmp_path: Path) -> None:
    """One that differs by no more hides none behind it."""
    t = "tensor<4xf32>"
    text = (
        f"func.func @main(%x: {t}) -> ({t}, {t}) {{\n"
        f"%h = stablehlo.constant dense<FACTOR> : {t}\n"
        f"%0 = stablehlo.multiply %x, %h : {t}\n%1 = stablehlo.OP %x : {t}\n"
        f"return %0, %1 : {t}, {t}\n}}"
    )
    left = text.replace("FACTOR", "0.5").replace("OP", "negate")
    right = text.replace("FACTOR", "0x3F000001")
    found = judged(tmp_path, left, right.replace("OP", "abs"), max_ulps=4)
    assert found.verdict is Verdict.DIFFERENT
    assert found.details["output"] == 1
    close = judged(tmp_path, left, right.replace("OP", "negate"), max_ulps=4)
    assert close.verdict is Verdict.NO_DIFFERENCE


ONE, TWO = np.ones(2, np.float32), np.full(2, 2, np.float32)


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ([ONE], [TWO], "output 0[0]: 1.0 on the left, 2.0 on the right (8388608 ULP apart)"),
        ([ONE, ONE], [ONE, TWO], "output 1[0]: 1.0 on"),
        ([TOKEN, ONE], [TOKEN, ONE], None),
        ([(ONE, (TOKEN, ONE))], [(ONE, (TOKEN, ONE))], None),
        ([ONE, (ONE, (TOKEN, ONE))], [ONE, (ONE, (TOKEN, TWO))], "output 1[0]: 1.0 on"),
        ([Future([ONE])], [Future([ONE.copy()])], None),
        ([Future([ONE])], [Future([TWO])], "output 0[0]: 1.0 on"),
        # Sizes that no type says.
        ([ONE], [ONE[:1]], "output 0: float32[2] on the left, float32[1] on the right"),
        ([ONE], [ONE.astype(np.float64)], "output 0: float32[2] on the left, float64[2] on"),
    ],
)
def test_where_outputs_differ(left: list[Value], right: list[Value], said: str | None) -> None:
    found = difference(left, right)
    assert (found is None) == (said is None)
    assert str(found).startswith(said or "None")


def test_outputs_of_other_sizes_are_different(tmp_path: Path) -> None:
    t, d = "tensor<4xf32>", "tensor<?xf32>"
    text = (
        f"func.func @main(%x: {t}) -> {d} {{\n%n = stablehlo.constant dense<SIZE> : tensor<1xi32>\n"
        f"%0 = stablehlo.slice %x [0:1] : ({t}) -> tensor<1xf32>\n"
        "%1 = stablehlo.dynamic_broadcast_in_dim %0, %n, dims = [0] : "
        f"(tensor<1xf32>, tensor<1xi32>) -> {d}\nreturn %1 : {d}\n}}"
    )
    found = judged(tmp_path, text.replace("SIZE", "2"), text.replace("SIZE", "3"))
    assert found.verdict is Verdict.DIFFERENT
    assert "output 0: float32[2] on the left, float32[3] on the right" in found.summary
    assert found.details["index"] == []


def test_tokens_and_futures(tmp_path: Path) -> None:
    t, future = "tensor<2xf32>", "!stablehlo.future<tensor<2xf32>>"
    gather = (
        f"func.func @main(%x: {t}) -> {future} {{\n%t = stablehlo.create_token : !stablehlo.token\n"
        f"%a = stablehlo.after_all %t, %t : !stablehlo.token\n%0 = stablehlo.negate %x : {t}\n"
        f'%1 = "stablehlo.async_start"(%0) ({{\n^bb0(%y: {t}):\n'
        f'  %2 = "stablehlo.all_gather"(%y) <{{all_gather_dim = 0 : i64, replica_groups = '
        f"dense<0> : tensor<1x1xi64>}}> : ({t}) -> {t}\n"
        f"  stablehlo.return %2 : {t}\n}}) : ({t}) -> {future}\n"
        f"return %1 : {future}\n}}"
    )
    found = judged(tmp_path, gather, gather.replace("negate", "abs"))
    assert found.verdict is Verdict.DIFFERENT, found.summary


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        ("index", "trials have no values for an argument of type index"),
        ("tensor<2xi3>", "numpy has no type for elements of type i3"),
        ("tensor<10000x10000xi8>", "has more than the 67108864 elements of a trial"),
    ],
)
def test_arguments_that_have_no_values_are_told(tmp_path: Path, type_: str, said: str) -> None:
    text = main("%r = util.nothing", type_).replace("%r = util.nothing\nreturn %r", "return %x")
    found = judged(tmp_path, text, text.replace("return %x", "return %y"))
    assert found.verdict is Verdict.UNDECIDED
    assert said in found.summary


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        ("i32", "trials have no values for an argument of type i32"),
        ("tuple<tensor<2xf32>>", "the parameter k is a tuple<tensor<2xf32>>, not a tensor"),
    ],
)
def test_parameters_that_have_no_values_are_told(type_: str, said: str) -> None:
    text = f'util.global private @w = #flow.parameter.named<"m"::"k"> : {type_}'
    module = parse_module(text).module
    (declared,) = module.body.ops
    with pytest.raises(NoInputsError, match=re.escape(said)):
        named_input(declared.properties["type"], "k", 0, 0)


def sides(left: str, right: str) -> tuple[Side, Side]:
    return Side(parse_module(left, "a.mlir")), Side(parse_module(right, "b.mlir"))


def test_where_no_operation_differs_none_is_named() -> None:
    """Each module has the operations of the other, in functions of other names."""
    one = "func.func @{}(%x: tensor<f32>) -> tensor<f32> {{\n%0 = stablehlo.{} %x : tensor<f32>\n"
    one += "return %0 : tensor<f32>\n}}\n"
    texts = one.format("f", "abs") + one.format("g", "negate"), one.format("f", "negate")
    left, right = sides(texts[0], texts[1] + one.format("g", "abs"))
    found = counterexample(left, right, "f", [np.ones((), np.float32)], Draw(0, 0), 0)
    assert (found.left_place, found.right_place) == (
        "no operation of a.mlir",
        "no operation of b.mlir",
    )
    assert str(found.difference).startswith("output 0: 0.0 on the left, -0.0 on the right")
    with pytest.raises(ValueError, match="the inputs are no counterexample"):
        counterexample(left, left, "f", [np.ones((), np.float32)], Draw(0, 0), 0)


@pytest.mark.parametrize(("size", "most"), [(4, 300), (3 << 24, 25)])
def test_simpler_inputs_are_sought_as_long_as_runs_are_short(
    monkeypatch: pytest.MonkeyPatch, size: int, most: int
) -> None:
    """The two modules run on small arrays here, whatever their types say."""
    text = main(f"%r = stablehlo.abs %x : tensor<{size}xf32>", f"tensor<{size}xf32>")
    left, right = sides(text, text.replace("abs", "negate"))
    runs: list[int] = []
    for side in (left, right):
        monkeypatch.setattr(side, "run", counted(side.run, runs))
    inputs: list[Value] = [np.arange(1, 5, dtype=np.float32)] * 2
    found = counterexample(left, right, "main", inputs, Draw(0, 0), 0)
    assert found.difference.output == 0
    assert 2 < len(runs) <= 2 * most + 2


def counted(run: Callable[..., list[Value]], runs: list[int]) -> Callable[..., list[Value]]:
    def call(*arguments: Any) -> list[Value]:
        runs.append(1)
        return run(*arguments)

    return call
