"""``convolution`` and ``dynamic_conv`` beside upstream's reference interpreter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.stablehlo.dimension_numbers import ConvDimensions
from irkit.interpreter import run
from irkit.interpreter.ops.convolution import Window, convolution
from tests.irkit.interpreter.one_operation import (
    Array,
    assert_like_upstream,
    numbers,
    program,
    type_text,
)
from tests.witness.xla import compiled


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, Any]:
    """Operands in any order of dimensions, and every attribute."""
    rank = draw(st.integers(0, 2))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    by_batch = draw(st.booleans())
    features, filters = draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    batch = draw(st.integers(1, 2)) * (groups if by_batch else 1)
    inputs = [batch, features * (1 if by_batch else groups)]
    kernel = [filters, features]
    small = st.integers(1, 3)
    spatial = [draw(st.integers(3, 5)) for _ in range(rank)]
    window = Window(
        [draw(small) for _ in range(rank)],
        [(draw(st.integers(-1, 2)), draw(st.integers(-1, 2))) for _ in range(rank)],
        [draw(small) for _ in range(rank)],
        [draw(st.integers(1, 2)) for _ in range(rank)],
        [draw(st.booleans()) for _ in range(rank)],
    )
    orders = [draw(st.permutations(range(rank + 2))) for _ in range(3)]
    dims = ConvDimensions(
        orders[0][0], orders[0][1], tuple(orders[0][2:]),
        orders[1][1], orders[1][0], tuple(orders[1][2:]),
        orders[2][0], orders[2][1], tuple(orders[2][2:]),
    )  # fmt: skip
    kernel_spatial = [draw(st.integers(1, 3)) for _ in range(rank)]
    return {
        "lhs": _laid_out([*inputs, *spatial], orders[0]),
        "rhs": _laid_out([*kernel, *kernel_spatial], orders[1]),
        "window": window,
        "dims": dims,
        "feature_groups": 1 if by_batch else groups,
        "batch_groups": groups if by_batch else 1,
    }


def _laid_out(sizes: list[int], order: Any) -> list[int]:
    shape = [0] * len(sizes)
    for at, size in zip(order, sizes, strict=True):
        shape[at] = size
    return shape


def _attributes(case: dict[str, Any], *, padded: bool = True) -> str:
    window: Window = case["window"]

    def array(kind: str, values: Any) -> str:
        shown = ", ".join(str(value).lower() for value in values)
        return f"array<{kind}: {shown}>" if shown else f"array<{kind}>"

    rank = len(window.strides)
    pads = ", ".join(f"[{low}, {high}]" for low, high in window.padding)
    padding = f"padding = dense<[{pads}]> : tensor<{rank}x2xi64>, " if padded and rank else ""
    return (
        f"window_strides = {array('i64', window.strides)}, {padding}"
        f"lhs_dilation = {array('i64', window.lhs_dilation)}, "
        f"rhs_dilation = {array('i64', window.rhs_dilation)}, "
        f"window_reversal = {array('i1', window.reversal)}, "
        f"dimension_numbers = #stablehlo.conv<{case['dims'].text()}>, "
        f"feature_group_count = {case['feature_groups']} : i64, "
        f"batch_group_count = {case['batch_groups']} : i64"
    )


@given(case=convolutions(), dtype=st.sampled_from((np.int32, np.float32)))
@settings(max_examples=15, deadline=None)
def test_convolution_is_xlas(case: dict[str, Any], dtype: Any) -> None:
    """Upstream's own interpreter aborts on dilated inputs in most layouts."""
    random = np.random.default_rng(0)
    # Small whole numbers: the order of the sums does not matter.
    lhs, rhs = (random.integers(-9, 9, case[side]).astype(dtype) for side in ("lhs", "rhs"))
    found = convolution(
        lhs, rhs, case["window"], case["dims"], lhs.dtype,
        case["feature_groups"], case["batch_groups"],
    )  # fmt: skip
    operation = f'"stablehlo.convolution"({{args}}) {{{_attributes(case)}}}'
    text = program(operation, (lhs, rhs), [type_text(found.shape, dtype)])
    for results in (run(text, [lhs, rhs]), compiled(text, lhs, rhs)):
        np.testing.assert_array_equal(results[0], found)


def test_sums_are_rounded_as_upstreams() -> None:
    random = np.random.default_rng(1)
    lhs, rhs = numbers(random, [2, 9, 8, 3], np.float32), numbers(random, [3, 2, 3, 5], np.float32)
    operation = (
        '"stablehlo.convolution"({args}) {window_strides = array<i64: 2, 1>, '
        "padding = dense<[[1, 0], [1, 2]]> : tensor<2x2xi64>, "
        "dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, "
        "feature_group_count = 1 : i64, batch_group_count = 1 : i64}"
    )
    result = type_text([2, 4, 10, 5], np.float32)
    assert_like_upstream(program(operation, (lhs, rhs), [result]), lhs, rhs)


@given(case=convolutions())
@settings(max_examples=10, deadline=None)
def test_dynamic_conv_reads_its_padding_from_an_operand(case: dict[str, Any]) -> None:
    window: Window = case["window"]
    if not window.strides:
        return
    random = np.random.default_rng(0)
    lhs, rhs = numbers(random, case["lhs"], np.int32), numbers(random, case["rhs"], np.int32)
    padding = np.array(window.padding, np.int64)
    counts = case["feature_groups"], case["batch_groups"]
    expected = convolution(lhs, rhs, window, case["dims"], lhs.dtype, *counts)
    operation = f'"stablehlo.dynamic_conv"({{args}}) {{{_attributes(case, padded=False)}}}'
    shape = "x".join("?" * expected.ndim)
    text = program(operation, (lhs, rhs, padding), [f"tensor<{shape}xi32>"])
    (found,) = run(text, [lhs, rhs, padding])
    np.testing.assert_array_equal(found, expected)


def _one_dimension(lhs: Any, rhs: Any, window: Window) -> Array:
    dims = ConvDimensions(0, 1, (2,), 1, 0, (2,), 0, 1, (2,))
    x = np.asarray(lhs, np.float32).reshape(1, 1, -1)
    y = np.asarray(rhs, np.float32).reshape(1, 1, -1)
    return convolution(x, y, window, dims, x.dtype)[0, 0]


def test_padding_may_crop_more_than_the_input_has() -> None:
    window = Window([1], [(10, -8)], [1], [1], [False])
    assert _one_dimension([1, 2, 3], [1], window).tolist() == [0] * 5
    assert _one_dimension([1, 2, 3], [1], Window([1], [(-2, -2)])).size == 0


def test_a_reversed_window_is_a_mirrored_kernel() -> None:
    forward = _one_dimension([1, 2, 4, 8], [1, 10], Window(reversal=[False]))
    reverse = _one_dimension([1, 2, 4, 8], [1, 10], Window(reversal=[True]))
    assert forward.tolist() == [21, 42, 84]
    assert reverse.tolist() == [12, 24, 48]


def test_narrow_sums_are_kept_wide() -> None:
    dims = ConvDimensions(0, 1, (2,), 1, 0, (2,), 0, 1, (2,))
    ones = np.ones((1, 3000, 1), np.float16)
    assert convolution(ones, ones, Window(), dims, ones.dtype) == math.prod(ones.shape)


def test_a_sum_of_no_features_is_zero() -> None:
    text = """func.func @main(%lhs: tensor<2x0xf32>, %rhs: tensor<0x6xf32>) -> tensor<2x6xf32> {
      %0 = stablehlo.convolution(%lhs, %rhs) dim_numbers = [b, f]x[i, o]->[b, f], window = {}
        {batch_group_count = 1 : i64, feature_group_count = 3 : i64}
        : (tensor<2x0xf32>, tensor<0x6xf32>) -> tensor<2x6xf32>
      return %0 : tensor<2x6xf32>
    }"""
    (found,) = run(text, [np.zeros((2, 0), np.float32), np.zeros((0, 6), np.float32)])
    np.testing.assert_array_equal(found, np.zeros((2, 6), np.float32))
