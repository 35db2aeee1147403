"""Tier 4: a difference is found, made small, and placed; and what cannot be tried is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from irkit.interpreter.values import Value
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.tiers.trials import judge
from irkit.verify.trials.outcome import difference, ulps
from irkit.verify.trials.shrink import shrink
from irkit.verify.verdict import Finding, Verdict


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

    array = np.arange(1, 100)
    (kept,) = shrink([array], differs, runs=10)
    assert runs == 10
    assert kept is array


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
