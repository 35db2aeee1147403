"""``ragged_dot``: a ``dot_general`` whose one side is cut into groups along one dimension.

Source: ``ChloOps.td`` of https://github.com/openxla/stablehlo
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dialects.chlo.attributes import RaggedDotDimensions
from dialects.chlo.ragged_dot import RaggedDotOp
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.numbers import DType, widen
from irkit.interpreter.ops.dot import contract
from irkit.interpreter.ops.shape import placed
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


@implements(RaggedDotOp)
def ragged_dot(op: RaggedDotOp, operands: list[Any], context: Context) -> Array:
    """``dot_general`` for each group of a ragged dimension of ``lhs``; what is in no group is zero.

    Where a batching dimension is ragged, each batch has its own product anyway: XLA and JAX do not
    look at the groups. Raises :class:`EvaluationError` where ``rhs`` has another number of groups
    than there are sizes.
    """
    lhs, rhs, sizes = cast("list[Array]", operands)
    numbers = op.ragged_dot_dimension_numbers.data
    ragged, dtype = numbers.lhs_ragged_dimensions[0], dtype_of(op.result)
    if ragged in numbers.lhs_batching_dimensions:
        return _dot(lhs, rhs, numbers, dtype)
    groups = _groups(lhs, sizes, numbers)
    if ragged in numbers.lhs_contracting_dimensions:
        return _sums_of_groups(lhs, rhs, groups, numbers, dtype)
    return _rows_of_groups(lhs, rhs, groups, numbers, dtype)


def _groups(lhs: Array, sizes: Array, numbers: RaggedDotDimensions) -> list[Array]:
    """Where ``lhs`` is in each group, as arrays that broadcast with ``lhs``."""
    ragged, rank = numbers.lhs_ragged_dimensions[0], lhs.ndim
    outside = numbers.outside if sizes.ndim > 1 else ()
    positions = placed(cast(Array, np.arange(lhs.shape[ragged])), (ragged,), rank)
    groups: list[Array] = []
    begin = np.zeros(sizes.shape[:-1], np.int64)
    for size in np.moveaxis(widen(sizes).astype(np.int64), -1, 0):
        after, begin = positions >= placed(begin, outside, rank), begin + size
        groups.append(after & (positions < placed(begin, outside, rank)))
    return groups


def _rows_of_groups(
    lhs: Array, rhs: Array, groups: list[Array], numbers: RaggedDotDimensions, dtype: DType
) -> Array:
    """Each row of ``lhs`` times the part of ``rhs`` that is its group's."""
    (group_dim,) = numbers.rhs_group_dimensions
    if rhs.shape[group_dim] != len(groups):
        raise EvaluationError(
            f"rhs has {rhs.shape[group_dim]} groups, but {len(groups)} have a size"
        )
    rows = [*numbers.lhs_batching_dimensions, *_free(lhs, numbers)]
    result = np.zeros(_shape(lhs, rhs, numbers), dtype)
    for group, inside in enumerate(groups):
        # One group, whose dimension stays so that the others keep their places.
        part = np.take(rhs, [group], axis=group_dim)
        product = _dot(lhs, part, numbers, dtype).reshape(result.shape)
        shown = _moved(inside, rows, range(len(rows)), result.ndim)
        result = np.where(shown, product, result)
    return result


def _sums_of_groups(
    lhs: Array, rhs: Array, groups: list[Array], numbers: RaggedDotDimensions, dtype: DType
) -> Array:
    """The sum of each group for itself, along a new first dimension."""
    mine = (*numbers.lhs_batching_dimensions, *numbers.lhs_contracting_dimensions)
    theirs = (*numbers.rhs_batching_dimensions, *numbers.rhs_contracting_dimensions)
    result = np.zeros((len(groups), *_shape(lhs, rhs, numbers)), dtype)
    for group, inside in enumerate(groups):
        # Both sides, because zero times infinity is no zero.
        left = np.where(inside, lhs, np.zeros((), lhs.dtype))
        right = np.where(_moved(inside, mine, theirs, rhs.ndim), rhs, np.zeros((), rhs.dtype))
        result[group] = _dot(left, right, numbers, dtype)
    return result


def _dot(lhs: Array, rhs: Array, numbers: RaggedDotDimensions, dtype: DType) -> Array:
    return contract(
        lhs,
        rhs,
        numbers.lhs_batching_dimensions,
        numbers.rhs_batching_dimensions,
        numbers.lhs_contracting_dimensions,
        numbers.rhs_contracting_dimensions,
        dtype,
    )


def _free(lhs: Array, numbers: RaggedDotDimensions) -> list[int]:
    used = (*numbers.lhs_batching_dimensions, *numbers.lhs_contracting_dimensions)
    return [dim for dim in range(lhs.ndim) if dim not in used]


def _shape(lhs: Array, rhs: Array, numbers: RaggedDotDimensions) -> list[int]:
    """The dimensions of the product of one group."""
    used = (
        *numbers.rhs_batching_dimensions,
        *numbers.rhs_contracting_dimensions,
        *numbers.rhs_group_dimensions,
    )
    rows = [*numbers.lhs_batching_dimensions, *_free(lhs, numbers)]
    columns = [size for dim, size in enumerate(rhs.shape) if dim not in used]
    return [*(lhs.shape[dim] for dim in rows), *columns]


def _moved(inside: Array, dims: Sequence[int], places: Iterable[int], rank: int) -> Array:
    """What ``lhs`` has in ``dims``, in the places of another array; it has size 1 in all others."""
    others = [dim for dim in range(inside.ndim) if dim not in dims]
    kept = inside.transpose([*dims, *others]).reshape([inside.shape[dim] for dim in dims])
    return placed(kept, tuple(places), rank)
