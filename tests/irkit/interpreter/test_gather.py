"""``gather`` and ``dynamic_gather`` beside upstream's reference interpreter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.attribute_text import attribute_text
from dialects.stablehlo.dimension_numbers import GatherDimensionNumbersAttr, GatherDimensions
from irkit.interpreter import EvaluationError, run
from irkit.interpreter.ops.gather import gather
from tests.irkit.interpreter.one_operation import (
    assert_like_upstream,
    numbers,
    program,
    type_text,
)
from tests.irkit.interpreter.windows_in_operands import Placement, placements


def dimension_numbers(placed: Placement) -> str:
    dims = GatherDimensions(
        placed.window_dims,
        placed.dropped_dims,
        placed.operand_batching_dims,
        placed.indices_batching_dims,
        placed.index_map,
        placed.index_vector_dim,
    )
    return f"dimension_numbers = {attribute_text(GatherDimensionNumbersAttr(dims))}"


@given(
    placed=placements(),
    dtype=st.sampled_from((np.int32, np.uint8, np.int64)),
    seed=st.integers(0, 9),
)
@settings(max_examples=50, deadline=None)
def test_gather_is_upstreams(placed: Placement, dtype: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    operand = numbers(random, placed.operand, np.float32)
    # Some are out of range, on both sides.
    indices = random.integers(0 if dtype == np.uint8 else -2, 6, placed.indices).astype(dtype)
    sizes = np.array(placed.sizes, np.int64)
    result = [type_text(placed.spread, np.float32)]
    listed = ", ".join(map(str, placed.sizes))
    operation = (
        f'"stablehlo.gather"({{args}}) {{{dimension_numbers(placed)}, '
        f"slice_sizes = array<i64: {listed}>}}"
    )
    text = program(operation, (operand, indices), result)
    assert_like_upstream(text, operand, indices)
    dynamic = f'"stablehlo.dynamic_gather"({{args}}) {{{dimension_numbers(placed)}}}'
    text_of_dynamic = program(dynamic, (operand, indices, sizes), result)
    (found,) = run(text_of_dynamic, [operand, indices, sizes])
    np.testing.assert_array_equal(found, run(text, [operand, indices])[0])


def test_indices_beyond_64_signed_bits_are_out_of_range() -> None:
    dims = GatherDimensions((), (0,), (), (), (0,), 1)
    indices = np.array([2**64 - 1, 1], np.uint64)
    found = gather(np.array([5, 6, 7]), indices, dims, [1])
    assert found.tolist() == [7, 6]


def test_an_element_of_nothing_is_an_error() -> None:
    dims = GatherDimensions((), (0,), (), (), (0,), 1)
    with pytest.raises(EvaluationError, match="nothing can be gathered"):
        gather(np.zeros(0), np.array([0]), dims, [0])
