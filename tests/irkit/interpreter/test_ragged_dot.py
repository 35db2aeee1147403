"""``chlo.ragged_dot`` beside ``jax.lax.ragged_dot_general``."""

from __future__ import annotations

from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest

from dialects.attribute_text import attribute_text
from dialects.chlo.attributes import RaggedDotDimensionNumbersAttr, RaggedDotDimensions
from irkit.interpreter import EvaluationError, run
from tests.irkit.interpreter.programs import type_of

Array = np.ndarray[Any, Any]


def lowered(lhs: Any, rhs: Any, sizes: Any, numbers: RaggedDotDimensions) -> Any:
    """By JAX, which makes a ``dot_general`` of it."""
    contracting = (numbers.lhs_contracting_dimensions, numbers.rhs_contracting_dimensions)
    batching = (numbers.lhs_batching_dimensions, numbers.rhs_batching_dimensions)
    named = jax.lax.RaggedDotDimensionNumbers(
        dot_dimension_numbers=(contracting, batching),
        lhs_ragged_dimensions=numbers.lhs_ragged_dimensions,
        rhs_group_dimensions=numbers.rhs_group_dimensions,
    )
    return jax.lax.ragged_dot_general(lhs, rhs, sizes, named)


def jaxs(lhs: Array, rhs: Array, sizes: Array, numbers: RaggedDotDimensions) -> Array:
    with jax.enable_x64(True):
        return np.asarray(jax.jit(lowered, static_argnums=3)(lhs, rhs, sizes, numbers))


def program(numbers: RaggedDotDimensions, types: list[str], result: str) -> str:
    named = attribute_text(RaggedDotDimensionNumbersAttr(numbers))
    arguments = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate(types))
    return f"""func.func @main({arguments}) -> {result} {{
      %r = "chlo.ragged_dot"(%0, %1, %2) <{{ragged_dot_dimension_numbers = {named}}}>
        : ({", ".join(types)}) -> {result}
      return %r : {result}
    }}"""


def ours(lhs: Array, rhs: Array, sizes: Array, numbers: RaggedDotDimensions, like: Array) -> Array:
    inputs = [lhs, rhs, sizes]
    (found,) = run(program(numbers, [*map(type_of, inputs)], type_of(like)), inputs)
    assert isinstance(found, np.ndarray)
    return found


ROWS = RaggedDotDimensions((), (), (1,), (1,), (0,), (0,))
BATCHES_OF_ROWS = RaggedDotDimensions((0,), (1,), (2,), (2,), (1,), (0,))
SUMS = RaggedDotDimensions((), (), (1,), (0,), (1,), ())
BATCHES_OF_SUMS = RaggedDotDimensions((0,), (0,), (2,), (1,), (2,), ())
BATCHES = RaggedDotDimensions((0,), (0,), (2,), (1,), (0,), ())
CASES: dict[str, tuple[tuple[int, ...], tuple[int, ...], Any, RaggedDotDimensions]] = {
    "rows": ((6, 3), (2, 3, 4), [2, 4], ROWS),
    "fewer rows in groups than there are": ((6, 3), (3, 3, 4), [2, 0, 1], ROWS),
    "more rows in groups than there are": ((6, 3), (2, 3, 4), [2, 9], ROWS),
    "no groups of rows": ((6, 3), (0, 3, 4), [], ROWS),
    "no rows": ((0, 3), (2, 3, 4), [0, 0], ROWS),
    "rows, and dimensions inside": (
        (6, 2, 3), (2, 3, 4), [2, 3], RaggedDotDimensions((), (), (2,), (1,), (0,), (0,)),
    ),
    "rows, and dimensions outside": (
        (2, 6, 3), (2, 3, 4), [[2, 3], [1, 5]],
        RaggedDotDimensions((), (), (2,), (1,), (1,), (0,)),
    ),
    "rows, of the same sizes outside": (
        (2, 6, 3), (2, 3, 4), [2, 3], RaggedDotDimensions((), (), (2,), (1,), (1,), (0,)),
    ),
    "batches of rows": ((2, 6, 3), (2, 2, 3, 4), [[2, 3], [1, 5]], BATCHES_OF_ROWS),
    "batches of rows of the same sizes": ((2, 6, 3), (2, 2, 3, 4), [2, 3], BATCHES_OF_ROWS),
    "batches of rows, and dimensions outside": (
        (2, 3, 6, 2), (2, 2, 2, 4), [[[1, 2], [3, 0], [2, 2]], [[0, 6], [1, 1], [4, 1]]],
        RaggedDotDimensions((0,), (1,), (3,), (2,), (2,), (0,)),
    ),
    "two batches in another order": (
        (2, 3, 4, 2), (2, 3, 2, 2, 5), [[[1, 2], [3, 1]], [[2, 2], [0, 4]], [[1, 0], [1, 1]]],
        RaggedDotDimensions((1, 0), (1, 3), (3,), (2,), (2,), (0,)),
    ),
    "groups in the last dimension": (
        (6, 3), (4, 3, 2), [2, 3], RaggedDotDimensions((), (), (1,), (1,), (0,), (2,)),
    ),
    "sums": ((3, 6), (6, 4), [2, 3], SUMS),
    "no groups of sums": ((3, 6), (6, 4), [], SUMS),
    "batches of sums": ((2, 3, 6), (2, 6, 4), [[2, 3], [1, 4]], BATCHES_OF_SUMS),
    "batches of sums of the same sizes": ((2, 3, 6), (2, 6, 4), [2, 3], BATCHES_OF_SUMS),
    "sums over a dimension outside": (
        (3, 2, 6), (6, 2, 4), [[2, 3], [1, 4]],
        RaggedDotDimensions((), (), (1, 2), (1, 0), (2,), ()),
    ),
    "batches of sums over a dimension outside": (
        (2, 3, 2, 6), (2, 2, 6, 4), [[[2, 3], [1, 4]], [[0, 2], [6, 0]]],
        RaggedDotDimensions((0,), (0,), (2, 3), (1, 2), (3,), ()),
    ),
    "ragged batches": ((4, 3, 2), (4, 2, 5), [1, 2], BATCHES),
    "ragged batches of batches": (
        (2, 4, 3, 2), (2, 4, 2, 5), [[1, 2], [2, 2]],
        RaggedDotDimensions((0, 1), (0, 1), (3,), (2,), (1,), ()),
    ),
}  # fmt: skip


def inputs_of(name: str) -> tuple[Array, Array, Array]:
    left, right, sizes, _ = CASES[name]
    random = np.random.default_rng(7)
    lhs, rhs = (random.integers(-5, 5, shape).astype(np.float32) for shape in (left, right))
    return lhs, rhs, np.asarray(sizes, np.int32)


@pytest.fixture(scope="module")
def theirs() -> dict[str, Array]:
    """All of JAX's in one program, which is compiled once."""
    given = {name: inputs_of(name) for name in CASES}

    def every(given: dict[str, tuple[Any, Any, Any]]) -> dict[str, Any]:
        return {name: lowered(*inputs, CASES[name][3]) for name, inputs in given.items()}

    return {name: np.asarray(found) for name, found in jax.jit(every)(given).items()}


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_groups_is_jaxs(name: str, theirs: dict[str, Array]) -> None:
    found = ours(*inputs_of(name), CASES[name][3], theirs[name])
    assert found.dtype == theirs[name].dtype
    np.testing.assert_array_equal(found, theirs[name])


@pytest.mark.parametrize(
    ("dtype", "sizes"),
    [
        (np.float64, np.int64),
        (np.int32, np.uint64),
        (np.int8, np.uint8),
        (np.complex64, np.int16),
        (ml_dtypes.bfloat16, np.int32),
    ],
)
def test_of_every_kind_of_numbers(dtype: Any, sizes: Any) -> None:
    random = np.random.default_rng(8)
    lhs, rhs = random.integers(-5, 5, (6, 3)), random.integers(-5, 5, (2, 3, 4))
    inputs = (lhs.astype(dtype), rhs.astype(dtype), np.asarray([2, 3], sizes))
    expected = jaxs(*inputs, ROWS)
    found = ours(*inputs, ROWS, expected)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_sizes_of_four_bits() -> None:
    lhs, rhs = np.ones((6, 3)), np.ones((2, 3, 4))
    found = ours(lhs, rhs, np.asarray([2, 7], ml_dtypes.int4), ROWS, np.empty((6, 4)))
    np.testing.assert_array_equal(found, np.full((6, 4), 3.0))


def test_what_is_in_another_group_is_in_no_sum() -> None:
    lhs = np.arange(18, dtype=np.float32).reshape(3, 6)
    rhs = np.ones((6, 4), np.float32)
    rhs[3], rhs[5] = np.nan, np.inf
    groups = np.asarray([2, 1, 2], np.int32)
    expected = jaxs(lhs, rhs, groups, SUMS)
    assert np.isfinite(expected[:2]).all()
    np.testing.assert_array_equal(ours(lhs, rhs, groups, SUMS, expected), expected)


def test_what_is_in_another_group_is_in_no_row() -> None:
    """JAX multiplies it by zero, which makes NaN of infinity."""
    rhs = np.ones((2, 3, 4), np.float32)
    rhs[1] = np.inf
    groups = np.asarray([2, 1], np.int32)
    found = ours(np.ones((4, 3), np.float32), rhs, groups, ROWS, np.empty((4, 4), np.float32))
    np.testing.assert_array_equal(found[:, 0], [3, 3, np.inf, 0])


def test_another_number_of_groups_than_of_sizes_is_an_error() -> None:
    types = ["tensor<6x3xf32>", "tensor<?x3x4xf32>", "tensor<?xi32>"]
    text = program(ROWS, types, "tensor<6x4xf32>")
    inputs = [np.zeros((6, 3)), np.zeros((3, 3, 4)), np.zeros(2)]
    given = [x.astype(dtype) for x, dtype in zip(inputs, ("f4", "f4", "i4"), strict=True)]
    with pytest.raises(EvaluationError, match="rhs has 3 groups, but 2 have a size"):
        run(text, given)


def test_sizes_for_other_dimensions_are_an_error() -> None:
    numbers = CASES["rows, and dimensions outside"][3]
    types = ["tensor<?x6x3xf32>", "tensor<2x3x4xf32>", "tensor<?x2xi32>"]
    inputs = [np.zeros((2, 6, 3), "f4"), np.zeros((2, 3, 4), "f4"), np.zeros((3, 2), "i4")]
    with pytest.raises(EvaluationError, match="ragged_dot: has no meaning"):
        run(program(numbers, types, "tensor<?x6x4xf32>"), inputs)
