"""What watches a run says what the values are."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from irkit.interpreter import TOKEN, run
from irkit.interpreter.observers import BreakError, BreakOn, Progress, Trace, described, statistics

SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


@given(arrays.arrays(np.float32, SHAPES, elements=st.floats(width=32)))
def test_statistics_are_numpys(values: np.ndarray) -> None:
    found = statistics(values)
    finite = values[np.isfinite(values)]
    assert (found.shape, found.dtype) == (values.shape, "float32")
    assert found.nan == np.isnan(values).sum()
    assert found.inf == np.isinf(values).sum()
    assert found.least == (finite.min() if finite.size else None)
    assert found.greatest == (finite.max() if finite.size else None)


@given(arrays.arrays(np.float32, (2, 1, 3), elements=st.floats(width=32)), st.data())
def test_repeated_elements_count_as_often_as_they_are_there(
    values: np.ndarray, data: st.DataObject
) -> None:
    shape = (data.draw(st.integers(0, 3)), 2, data.draw(st.integers(0, 4)), 3)
    spread = np.broadcast_to(values, shape)
    assert statistics(spread) == statistics(spread.copy())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.asarray([[1, -2]], np.int8), "1x2xint8 in [-2, 1]"),
        (np.zeros((0, 2), np.int8), "0x2xint8"),
        (np.asarray(True), "bool in [True, True]"),
        (np.asarray([3 + 4j, np.nan, complex(np.inf, 1)], np.complex64), None),
        (np.asarray([1.5, -np.inf], ml_dtypes.bfloat16), "2xbfloat16 in [1.5, 1.5], 1 inf"),
        (TOKEN, "token"),
        ((np.asarray(2, np.int32), (TOKEN,)), "(int32 in [2, 2], (token))"),
    ],
)
def test_values_in_short(value: Any, text: str | None) -> None:
    assert described(value) == (text or "3xcomplex64 in [5.0, 5.0], 1 NaN, 1 inf")


TEXT = """func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, !stablehlo.token) {
  %i = stablehlo.iota dim = 0 : tensor<2xi32>
  %f = stablehlo.convert %i : (tensor<2xi32>) -> tensor<2xf32>
  %t = stablehlo.create_token : !stablehlo.token
  %u = stablehlo.tuple %x, %t : tuple<tensor<2xf32>, !stablehlo.token>
  %r = stablehlo.divide %x, %f : tensor<2xf32>
  return %r, %t : tensor<2xf32>, !stablehlo.token
}"""


def test_a_trace_without_positions() -> None:
    lines: list[str] = []
    run(TEXT, [[0, 3]], observers=[Trace(lines.append)])
    assert lines == [
        "stablehlo.iota: 2xint32 in [0, 1]\n",
        "stablehlo.convert: 2xfloat32 in [0.0, 1.0]\n",
        "stablehlo.create_token: token\n",
        "stablehlo.tuple: (2xfloat32 in [0.0, 3.0], token)\n",
        "stablehlo.divide: 2xfloat32 in [3.0, 3.0], 1 NaN\n",
    ]


def test_a_run_stops_at_numbers_alone() -> None:
    """Integers and tokens are never NaN."""
    stop = BreakOn(["nan", "inf"])
    with pytest.raises(BreakError, match=r"6:8: error: stablehlo.divide gave infinity") as caught:
        run(TEXT, [[1, 3]], observers=[stop])
    assert "operand 1: tensor<2xf32>: 2xfloat32 in [0.0, 1.0]" in str(caught.value)
    run(TEXT, [[1, 3]], observers=[BreakOn(["nan"])])


def test_progress_counts_an_operation_of_a_loop_once() -> None:
    progress = Progress(6)
    text = """func.func @main() -> tensor<i32> {
      %i = stablehlo.constant dense<0> : tensor<i32>
      %n = stablehlo.constant dense<5> : tensor<i32>
      %k = stablehlo.constant dense<1> : tensor<i32>
      %o = stablehlo.while(%a = %i) : tensor<i32>
        cond {
          %z = stablehlo.compare LT, %a, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
          stablehlo.return %z : tensor<i1>
        } do {
          %j = stablehlo.add %a, %k : tensor<i32>
          stablehlo.return %j : tensor<i32>
        }
      return %o : tensor<i32> }"""
    assert int(run(text, observers=[progress])[0]) == 5
    assert (progress.done, progress.total, progress.name) == (6, 6, "stablehlo.compare")
