"""``scatter`` and ``select_and_scatter`` beside upstream's reference interpreter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.attribute_text import attribute_text
from dialects.stablehlo.scatter_dimension_numbers import (
    ScatterDimensionNumbersAttr,
    ScatterDimensions,
)
from dialects.stablehlo.windows import window_dimensions
from irkit.interpreter import run
from irkit.interpreter.ops.indexing import rounds
from tests.irkit.interpreter.one_operation import (
    assert_like_upstream,
    program,
    type_text,
)
from tests.irkit.interpreter.windows_in_operands import Placement, placements

SCALAR = "tensor<i32>"
BODIES = {
    "add": "%n = stablehlo.add %old, %new",
    "replace": "%n = stablehlo.add %new, %zero",
    "ordered": "%d = stablehlo.add %old, %old : tensor<i32>\n %n = stablehlo.subtract %d, %new",
    "looped": "%n = stablehlo.while(%i = %new) : tensor<i32> cond {"
    "%c = stablehlo.compare LT, %i, %old : (tensor<i32>, tensor<i32>) -> tensor<i1>\n"
    "stablehlo.return %c : tensor<i1> } do { "
    "%j = stablehlo.add %i, %one : tensor<i32>\n stablehlo.return %j",
}


def body(kind: str) -> str:
    closing = " }" if kind == "looped" else ""
    return (
        f"({{\n^bb0(%old: {SCALAR}, %new: {SCALAR}):\n"
        f"%zero = stablehlo.constant dense<0> : {SCALAR}\n"
        f"%one = stablehlo.constant dense<1> : {SCALAR}\n"
        f"{BODIES[kind]} : {SCALAR}{closing}\nstablehlo.return %n : {SCALAR}\n}})"
    )


def scatter_text(placed: Placement, kind: str, inputs: Any) -> str:
    dims = ScatterDimensions(
        placed.window_dims,
        placed.dropped_dims,
        placed.operand_batching_dims,
        placed.indices_batching_dims,
        placed.index_map,
        placed.index_vector_dim,
    )
    numbers_text = attribute_text(ScatterDimensionNumbersAttr(dims))
    operation = (
        f'"stablehlo.scatter"({{args}}) <{{scatter_dimension_numbers = {numbers_text}}}> '
        f"{body(kind)}"
    )
    return program(operation, inputs, [type_text(placed.operand, np.int32)])


@given(placed=placements(), kind=st.sampled_from(sorted(BODIES)), seed=st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_scatter_is_upstreams(placed: Placement, kind: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    operand = random.integers(-9, 9, placed.operand, np.int32)
    indices = random.integers(-1, 4, placed.indices, np.int32)
    updates = random.integers(-9, 9, placed.spread, np.int32)
    inputs = operand, indices, updates
    assert_like_upstream(scatter_text(placed, kind, inputs), *inputs)


def test_an_update_outside_is_left_out_element_by_element() -> None:
    placed = Placement([4], [1, 1], [1, 3], [3], (1,), (), (), (), (0,), 1)
    inputs = np.zeros(4, np.int32), np.array([[2]], np.int32), np.array([[1, 2, 3]], np.int32)
    (found,) = run(scatter_text(placed, "add", inputs), inputs)
    assert np.asarray(found).tolist() == [0, 0, 1, 2]


def test_vectorized_and_element_by_element_agree_where_updates_meet() -> None:
    random = np.random.default_rng(3)
    placed = Placement([5], [200, 1], [200], [1], (), (0,), (), (), (0,), 1)
    inputs = (
        random.integers(-9, 9, 5, np.int32),
        random.integers(0, 5, (200, 1), np.int32),
        random.integers(-9, 9, 200, np.int32),
    )
    text = scatter_text(placed, "ordered", inputs)
    (fast,), (slow,) = run(text, inputs), run(text, inputs, vectorize=False)
    np.testing.assert_array_equal(fast, slow)


def test_operands_are_not_written() -> None:
    placed = Placement([3], [1, 1], [1], [1], (), (0,), (), (), (0,), 1)
    operand = np.zeros(3, np.int32)
    inputs = operand, np.array([[1]], np.int32), np.array([7], np.int32)
    run(scatter_text(placed, "add", inputs), inputs)
    assert operand.tolist() == [0, 0, 0]


@given(st.lists(st.integers(0, 5)))
def test_rounds_keep_the_order_of_what_meets(places: list[int]) -> None:
    parts = [part.tolist() for part in rounds(np.array(places, np.int64))]
    assert sorted(i for part in parts for i in part) == list(range(len(places)))
    for part in parts:
        assert len({places[i] for i in part}) == len(part)
    for place in set(places):
        met = [i for part in parts for i in part if places[i] == place]
        assert met == sorted(met)


# -- select_and_scatter ------------------------------------------------------------------------

SELECT = """({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
  %0 = stablehlo.compare DIRECTION, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
  stablehlo.return %0 : tensor<i1>
}, {
^bb0(%a: tensor<f32>, %b: tensor<f32>):
  %0 = stablehlo.add %a, %b : tensor<f32>
  stablehlo.return %0 : tensor<f32>
})"""


@st.composite
def slides(draw: st.DrawFn) -> Any:
    rank = draw(st.integers(1, 2))
    shape = [draw(st.integers(2, 5)) for _ in range(rank)]
    sizes = [draw(st.integers(1, 3)) for _ in range(rank)]
    strides = [draw(st.integers(1, 3)) for _ in range(rank)]
    padding = [(draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))) for size in sizes]
    return shape, sizes, strides, padding


@given(case=slides(), direction=st.sampled_from(["GE", "GT", "LE"]), seed=st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_select_and_scatter_is_upstreams(case: Any, direction: str, seed: int) -> None:
    shape, sizes, strides, padding = case
    windows = window_dimensions(sizes, strides, padding, None, None)
    counts = [window.positions(size) for window, size in zip(windows, shape, strict=True)]
    if 0 in counts:
        return
    random = np.random.default_rng(seed)
    # Few different values: ties are common, and sums exact.
    operand = random.integers(0, 4, shape).astype(np.float32)
    source = random.integers(0, 9, counts).astype(np.float32)
    inputs = operand, source, np.zeros((), np.float32)
    pads = ", ".join(f"[{low}, {high}]" for low, high in padding)
    operation = (
        f'"stablehlo.select_and_scatter"({{args}}) <{{'
        f"window_dimensions = array<i64: {', '.join(map(str, sizes))}>, "
        f"window_strides = array<i64: {', '.join(map(str, strides))}>, "
        f"padding = dense<[{pads}]> : tensor<{len(shape)}x2xi64>}}> "
        f"{SELECT.replace('DIRECTION', direction)}"
    )
    assert_like_upstream(program(operation, inputs, [type_text(shape, np.float32)]), *inputs)


@pytest.mark.parametrize("direction", ["GE", "GT"])
def test_the_initial_value_counts_once(direction: str) -> None:
    operand = np.array([3, 1, 2, 2], np.float32)
    inputs = operand, np.array([10, 20, 30], np.float32), np.array(0.5, np.float32)
    operation = (
        '"stablehlo.select_and_scatter"({args}) <{window_dimensions = array<i64: 2>, '
        "window_strides = array<i64: 1>, padding = dense<0> : tensor<1x2xi64>}> "
        f"{SELECT.replace('DIRECTION', direction)}"
    )
    (found,) = run(program(operation, inputs, ["tensor<4xf32>"]), inputs)
    last = [50.5, 0.5] if direction == "GE" else [20.5, 30.5]
    assert np.asarray(found).tolist() == [10.5, 0.5, *last]
