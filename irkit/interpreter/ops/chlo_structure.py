"""The operations of ``chlo`` that are not elementwise.

Source: ``ChloOps.td`` of https://github.com/openxla/stablehlo
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from dialects.chlo.constant import ConstantLikeOp, ConstantOp
from dialects.chlo.ragged_dot import RaggedDotOp
from dialects.chlo.scan import ScanOp
from dialects.chlo.top_k import TopKOp
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.numbers import is_float
from irkit.interpreter.ops.comparison import total_order_key
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.ops.dot import contract
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, Value, arrays, dtype_of


@implements(ConstantOp, elementwise=True, on_storage=True)
def constant(op: ConstantOp, operands: list[Any], context: Context) -> Array:
    """The elements that stand in the program."""
    return context.program.elements(op.value)


@implements(ConstantLikeOp)
def constant_like(op: ConstantLikeOp, operands: list[Any], context: Context) -> Array:
    """One number in every element of the operand's shape."""
    value: Any = op.value
    number = np.asarray(value.value.data)
    return np.full(operands[0].shape, converted(number, dtype_of(op.result)))


@implements(TopKOp)
def top_k(op: TopKOp, operands: list[Any], context: Context) -> list[Array]:
    """The ``k`` greatest elements of each row, the greatest first, and their places.

    Floats are in their total order; of equal elements the first come first.
    """
    values = cast(Array, operands[0])
    keys = total_order_key(values) if is_float(values.dtype) else values
    # The other way round and back, because argsort has equal elements in ascending order.
    order = np.flip(np.argsort(np.flip(keys, -1), axis=-1, kind="stable"), -1)
    order = (values.shape[-1] - 1 - order)[..., : op.k.value.data]
    return [np.take_along_axis(values, order, -1), order.astype(dtype_of(op.indices))]


@implements(ScanOp)
def scan(op: ScanOp, operands: list[Any], context: Context) -> list[Value]:
    """The body on the slices of the inputs, one after the other, with what it carries along."""
    found = arrays(operands)
    inputs, carried = found[: len(op.inputs)], found[len(op.inputs) :]
    axis = op.dimension.value.data
    size = inputs[0].shape[axis] if inputs else _declared_size(op)
    outputs: list[list[Array]] = []
    backward = op.is_reverse is not None and bool(op.is_reverse.value.data)
    for i in range(size):
        place = size - 1 - i if backward else i
        slices = [np.asarray(np.take(x, place, axis=axis)) for x in inputs]
        returned = arrays(context.evaluate(op.body, [*slices, *carried]))
        outputs.append(returned[: len(op.outputs)])
        carried = returned[len(op.outputs) :]
    if backward:
        outputs.reverse()
    stacked: list[Value] = []
    for number, result in enumerate(op.outputs):
        parts = [row[number] for row in outputs]
        stacked.append(np.stack(parts, axis) if parts else _empty(result))
    return [*stacked, *carried]


def _declared_size(op: ScanOp) -> int:
    if op.scan_dim_size is None:
        raise EvaluationError("there are neither inputs nor a scan_dim_size")
    return op.scan_dim_size.value.data


def _empty(result: Any) -> Array:
    return np.zeros(result.type.get_shape(), dtype_of(result))


@implements(RaggedDotOp)
def ragged_dot(op: RaggedDotOp, operands: list[Any], context: Context) -> Array:
    """``dot_general`` for each group of a ragged dimension of ``lhs``.

    Raises :class:`EvaluationError` where groups differ from batch to batch in a way that has no
    meaning.
    """
    lhs, rhs, groups = cast("list[Array]", operands)
    numbers = op.ragged_dot_dimension_numbers.data
    ragged = numbers.lhs_ragged_dimensions[0]
    batch = (list(numbers.lhs_batching_dimensions), list(numbers.rhs_batching_dimensions))
    inner = (list(numbers.lhs_contracting_dimensions), list(numbers.rhs_contracting_dimensions))
    dtype = dtype_of(op.result)
    count = groups.shape[-1]
    # The first position of each group, for every index of the dimensions before it.
    ends = np.cumsum(groups.astype(np.int64), axis=-1)
    starts = ends - groups
    # Which leading dimensions of lhs the sizes of groups vary along.
    leading = _leading(lhs, groups, batch[0], inner[0], ragged)
    total: Array | None = None
    parts: list[Array] = []
    for group in range(count):
        mask = _mask(lhs, starts[..., group], ends[..., group], leading, ragged)
        chosen = np.where(mask, lhs, np.zeros((), lhs.dtype))
        right, right_batch, right_inner = rhs, batch[1], inner[1]
        if numbers.rhs_group_dimensions:
            dim = numbers.rhs_group_dimensions[0]
            right = np.take(rhs, group, axis=dim)
            right_batch = [d - (d > dim) for d in right_batch]
            right_inner = [d - (d > dim) for d in right_inner]
        product = contract(chosen, right, batch[0], right_batch, inner[0], right_inner, dtype)
        if ragged in inner[0]:
            parts.append(product)
        elif total is None:
            total = product
        else:
            shown = _result_mask(mask, product, lhs.ndim, batch[0], inner[0])
            total = np.where(shown, product, total)
    if ragged in inner[0]:
        return np.stack(parts)
    if total is None:
        raise EvaluationError("there are no groups")
    # What is in no group is zero.
    everything = _mask(lhs, starts[..., 0] * 0, ends[..., -1], leading, ragged)
    shown = _result_mask(everything, total, lhs.ndim, batch[0], inner[0])
    return np.where(shown, total, np.zeros((), dtype))


def _leading(
    lhs: Array, groups: Array, batch: list[int], inner: list[int], ragged: int
) -> list[int]:
    if groups.ndim == 1:
        return []
    before = [d for d in batch if d != ragged]
    if ragged in inner:
        before += [d for d in range(lhs.ndim) if d not in batch and d not in inner]
    found = before[: groups.ndim - 1]
    if [lhs.shape[d] for d in found] != list(groups.shape[:-1]):
        raise EvaluationError(f"group sizes of the shape {list(groups.shape)} fit no batches")
    return found


def _mask(lhs: Array, start: Array, end: Array, leading: list[int], ragged: int) -> Array:
    """Where ``lhs`` is in a group, as an array that broadcasts with it."""
    dims = [1] * lhs.ndim
    for place in leading:
        dims[place] = lhs.shape[place]
    along = [lhs.shape[ragged] if d == ragged else 1 for d in range(lhs.ndim)]
    positions = cast(Array, np.arange(lhs.shape[ragged])).reshape(along)
    return (positions >= start.reshape(dims)) & (positions < end.reshape(dims))


def _result_mask(
    mask: Array, product: Array, rank: int, batch: list[int], inner: list[int]
) -> Array:
    """The same for the result, whose first dimensions are those of ``lhs`` that are left."""
    free = [d for d in range(rank) if d not in batch and d not in inner]
    kept = mask.transpose([*batch, *free, *inner])
    dims = kept.shape[: len(batch) + len(free)]
    return kept.reshape(*dims, *[1] * (product.ndim - len(dims)))
