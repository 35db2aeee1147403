"""``dot_general`` beside upstream's reference interpreter, and what is decided otherwise there."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import BFloat16Type, Float32Type, FloatTF32Type

from dialects.stablehlo.dot_algorithm import DotAlgorithm
from irkit.interpreter.ops.dot import contract
from tests.irkit.interpreter.one_operation import assert_like_upstream, numbers, program, type_text

DTYPES = (np.bool, np.int8, np.uint8, np.int32, np.uint64, np.float32, np.float64)


def dot(lhs: Any, rhs: Any, dtype: Any) -> Any:
    return contract(np.asarray(lhs), np.asarray(rhs), [], [], [0], [0], np.dtype(dtype))


@st.composite
def layouts(draw: st.DrawFn) -> tuple[list[int], list[int], tuple[list[int], ...], list[int]]:
    """Shapes of both sides, batching and contracting dimensions, and the result's shape."""
    sizes = st.lists(st.integers(1, 3), max_size=2)
    batches, sums, rows, columns = (draw(sizes) for _ in range(4))

    def side(free: list[int]) -> tuple[list[int], list[int], list[int]]:
        count = len(batches) + len(sums) + len(free)
        place = draw(st.permutations(range(count)))
        shape = [0] * count
        for at, size in zip(place, [*batches, *sums, *free], strict=True):
            shape[at] = size
        batching = list(place[: len(batches)])
        return shape, batching, list(place[len(batches) : len(batches) + len(sums)])

    lhs, lhs_batching, lhs_summed = side(rows)
    rhs, rhs_batching, rhs_summed = side(columns)
    # What is left is in the order of the dimensions, not in the order it was drawn.
    free = [
        [size for d, size in enumerate(shape) if d not in used]
        for shape, used in ((lhs, lhs_batching + lhs_summed), (rhs, rhs_batching + rhs_summed))
    ]
    dims = (lhs_batching, rhs_batching, lhs_summed, rhs_summed)
    return lhs, rhs, dims, [*batches, *free[0], *free[1]]


@given(layout=layouts(), dtype=st.sampled_from(DTYPES), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_dot_general_is_upstreams(layout: Any, dtype: Any, seed: int) -> None:
    lhs_shape, rhs_shape, (lb, rb, lc, rc), result = layout
    random = np.random.default_rng(seed)
    inputs = numbers(random, lhs_shape, dtype), numbers(random, rhs_shape, dtype)
    operation = (
        '"stablehlo.dot_general"({args}) {dot_dimension_numbers = #stablehlo.dot<'
        f"lhs_batching_dimensions = {lb}, rhs_batching_dimensions = {rb}, "
        f"lhs_contracting_dimensions = {lc}, rhs_contracting_dimensions = {rc}>}}"
    )
    assert_like_upstream(program(operation, inputs, [type_text(result, dtype)]), *inputs)


def test_a_sum_is_rounded_term_by_term_whichever_way_it_is_computed() -> None:
    random = np.random.default_rng(0)
    lhs, rhs = numbers(random, [700], np.float32), numbers(random, [700], np.float32)
    total = np.float32(0)
    for a, b in zip(lhs, rhs, strict=True):
        total = total + a * b
    assert dot(lhs, rhs, np.float32) == total
    wide = contract(
        np.tile(lhs, (40, 1)), np.tile(rhs[:, None], (1, 40)), [], [], [1], [0], lhs.dtype
    )
    assert wide.shape == (40, 40)
    assert (wide == total).all()


def test_complex_products_are_rounded_part_by_part() -> None:
    lhs = np.array([1 + 2j, 3 - 1j], np.complex64)
    rhs = np.array([2 - 1j, 0.5 + 4j], np.complex64)
    assert dot(lhs, rhs, np.complex64) == (1 + 2j) * (2 - 1j) + (3 - 1j) * (0.5 + 4j)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn])
def test_narrow_sums_neither_overflow_nor_stop_growing(dtype: Any) -> None:
    ones = np.ones(300, np.dtype(dtype))
    assert dot(ones, ones, dtype) == np.array(300, dtype)
    largest = ml_dtypes.finfo(dtype).max
    assert dot(np.array([largest, largest, -largest], dtype), ones[:3], dtype) == largest


def test_integers_wrap_at_their_width() -> None:
    assert dot(np.array([100, 100], np.int8), np.array([1, 2], np.int8), np.int8) == 300 - 256
    four = np.dtype(ml_dtypes.int4)
    assert dot(np.array([7, 7], four), np.array([1, 1], four), four).astype(int) == -2
    most = np.array([2**64 - 1], np.uint64)
    assert dot(most, most, np.uint64) == 1


def test_operands_are_converted_to_the_results_type_first() -> None:
    assert dot(np.array([200], np.int32), np.array([3.0], np.float32), np.float64) == 600


def test_a_sum_of_negative_zeros_is_positive_zero() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        found = dot(np.array([-0.0], dtype), np.array([1.0], dtype), dtype)
        assert not np.signbit(found)


def test_nan_and_infinity_go_through() -> None:
    inf = np.array([np.inf, 1.0], np.float32)
    assert np.isnan(dot(inf, np.array([0.0, 1.0], np.float32), np.float32))
    assert dot(inf, np.array([2.0, 1.0], np.float32), np.float32) == np.inf


def algorithm(precision: Any, components: int, products: int) -> DotAlgorithm:
    return DotAlgorithm(
        precision, precision, Float32Type(), components, components, products, False
    )


def by_algorithm(lhs: Any, rhs: Any, chosen: DotAlgorithm) -> float:
    sides = np.asarray(lhs, np.float32), np.asarray(rhs, np.float32)
    return float(contract(*sides, [], [], [0], [0], np.dtype(np.float32), chosen))


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (1 + 2.0**-11, 1.0),
        (1 + 3 * 2.0**-11, 1 + 2.0**-9),
        (1 + 2.0**-11 + 2.0**-20, 1 + 2.0**-10),
        (2.0**-126 + 2.0**-137, 2.0**-126),
        (2.0**-137, 0.0),
        (3.4028235e38, np.inf),
    ],
)
def test_tf32_has_ten_bits_after_the_point(value: float, rounded: float) -> None:
    assert by_algorithm([value], [1.0], algorithm(FloatTF32Type(), 1, 1)) == rounded


def test_more_components_are_more_precise() -> None:
    random = np.random.default_rng(1)
    lhs, rhs = numbers(random, [50], np.float32), numbers(random, [50], np.float32)
    exact = float(np.dot(lhs.astype(np.float64), rhs.astype(np.float64)))
    errors = [
        abs(by_algorithm(lhs, rhs, algorithm(BFloat16Type(), components, products)) - exact)
        for components, products in ((1, 1), (2, 3), (3, 6))
    ]
    assert errors[0] > 2.0**-10
    assert errors[1] < errors[0] / 50
    assert errors[2] < 2.0**-19
