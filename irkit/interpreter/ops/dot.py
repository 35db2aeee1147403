"""``dot_general``.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dot_general
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from xdsl.dialects.builtin import FloatTF32Type
from xdsl.ir import Attribute

from dialects.element_storage import element_dtype
from dialects.stablehlo.dot import DotGeneralOp
from dialects.stablehlo.dot_algorithm import DotAlgorithm
from irkit.interpreter.numbers import F64, DType, narrow, quiet, widen
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.ops.products import add_products, widened, zeros
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


def contract(
    lhs: Array,
    rhs: Array,
    lhs_batching: Sequence[int],
    rhs_batching: Sequence[int],
    lhs_contracting: Sequence[int],
    rhs_contracting: Sequence[int],
    result: DType,
    algorithm: DotAlgorithm | None = None,
) -> Array:
    """Products of slices of both sides, summed over the contracting dimensions.

    The result has the batches, then what is left of ``lhs``, then what is left of ``rhs``. Without
    an ``algorithm`` sums are kept as :mod:`irkit.interpreter.ops.products` says, whatever the
    ``precision_config``. With one, both sides are split into components of the
    types that it names, the products of the largest ones are summed in ``f64``, and the sum is
    rounded to the accumulation type before it becomes an element of the result.
    """
    lhs_free = _free(lhs.ndim, lhs_batching, lhs_contracting)
    rhs_free = _free(rhs.ndim, rhs_batching, rhs_contracting)
    left = _grouped(lhs, lhs_batching, lhs_free, lhs_contracting)
    right = _grouped(rhs, rhs_batching, rhs_contracting, rhs_free)
    if algorithm is None:
        sums = zeros((*left.shape[:2], right.shape[2]), result)
        sums = add_products(sums, widened(left, result), widened(right, result), result)
    else:
        sums = _by_algorithm(left, right, algorithm)
    shape = [lhs.shape[d] for d in (*lhs_batching, *lhs_free)] + [rhs.shape[d] for d in rhs_free]
    return converted(sums, result).reshape(shape)


def _free(rank: int, batching: Sequence[int], contracting: Sequence[int]) -> list[int]:
    return [d for d in range(rank) if d not in batching and d not in contracting]


def _grouped(array: Array, *groups: Sequence[int]) -> Array:
    """The array with the dimensions of each group merged into one."""
    sizes = [math.prod(array.shape[d] for d in group) for group in groups]
    return array.transpose([d for group in groups for d in group]).reshape(sizes)


@quiet
def _by_algorithm(left: Array, right: Array, algorithm: DotAlgorithm) -> Array:
    lefts = _components(left, algorithm.lhs_precision_type, algorithm.lhs_component_count)
    rights = _components(right, algorithm.rhs_precision_type, algorithm.rhs_component_count)
    pairs = [(i, j) for i in range(len(lefts)) for j in range(len(rights))]
    pairs.sort(key=lambda pair: (sum(pair), pair))
    sums = np.zeros((*left.shape[:2], right.shape[2]))
    # The smallest products first, so that they are not lost beside the large ones.
    for i, j in reversed(pairs[: algorithm.num_primitive_operations]):
        sums += np.matmul(lefts[i], rights[j])
    return _in_precision(sums, algorithm.accumulation_type)


@quiet
def _components(array: Array, precision: Attribute, count: int) -> list[Array]:
    """The array as a sum of ``count`` arrays of the precision, the largest first, in float64."""
    rest = converted(array, F64)
    parts: list[Array] = []
    for _ in range(count):
        part = _in_precision(rest, precision)
        parts.append(part)
        # What is not finite stands in the first component alone.
        rest = np.where(np.isfinite(part), rest - part, 0.0)
    return parts


def _in_precision(array: Array, precision: Attribute) -> Array:
    """A float64 array rounded to a floating-point type, as float64."""
    if isinstance(precision, FloatTF32Type):
        return _to_tf32(array)
    return widen(narrow(array, element_dtype(precision)))


@quiet
def _to_tf32(array: Array) -> Array:
    """TF32 has the exponents of float32 and 10 bits after the point."""
    _, exponent = np.frexp(array)
    # The smallest normal number is 2**-126, which frexp gives as 0.5 * 2**-125; the numbers below
    # it have its spacing.
    spacing = np.maximum(exponent, -125) - 11
    rounded = np.ldexp(np.rint(np.ldexp(array, -spacing)), spacing)
    largest = math.ldexp(2 - 2.0**-10, 127)
    overflowed = np.where(np.abs(rounded) > largest, np.copysign(np.inf, array), rounded)
    return np.where(np.isfinite(array), overflowed, array)


@implements(DotGeneralOp)
def evaluate_dot_general(op: DotGeneralOp, operands: list[Any], context: Context) -> Array:
    """Reads the attributes and calls :func:`contract`."""
    lhs, rhs = operands
    dims = op.dot_dimension_numbers.data
    return contract(
        lhs,
        rhs,
        dims.lhs_batching_dimensions,
        dims.rhs_batching_dimensions,
        dims.lhs_contracting_dimensions,
        dims.rhs_contracting_dimensions,
        dtype_of(op.result),
        None if op.algorithm is None else op.algorithm.data,
    )
