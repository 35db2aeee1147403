"""Slices, static and dynamic, and padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from dialects.stablehlo.dynamic_padding import DynamicPadOp
from dialects.stablehlo.dynamic_slicing import RealDynamicSliceOp
from dialects.stablehlo.joining import PadOp
from dialects.stablehlo.slicing import DynamicSliceOp, DynamicUpdateSliceOp, SliceOp
from dialects.stablehlo.windows import integers
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array


@implements(SliceOp, on_storage=True)
def slice_(op: SliceOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#slice"""
    parts = (integers(op.start_indices), integers(op.limit_indices), integers(op.strides))
    return operands[0][_slices(*(part or () for part in parts))]


@implements(RealDynamicSliceOp, on_storage=True)
def real_dynamic_slice(op: RealDynamicSliceOp, operands: list[Any], context: Context) -> Array:
    """A slice whose starts, limits and strides are tensors.

    An operation outside the specification: StableHLO's ``StablehloOps.td``. Raises
    :class:`EvaluationError` for a slice that is not within the operand.
    """
    values, *parts = cast("list[Array]", operands)
    start, limit, strides = ([int(v) for v in part.reshape(-1)] for part in parts)
    fits = (
        0 <= first <= past <= size and stride > 0
        for first, past, stride, size in zip(start, limit, strides, values.shape, strict=True)
    )
    if not all(fits):
        raise EvaluationError(
            f"starts {start}, limits {limit} and strides {strides} are no slice of the shape "
            f"{list(values.shape)}"
        )
    return values[_slices(start, limit, strides)]


def _slices(
    start: Sequence[int], limit: Sequence[int], strides: Sequence[int]
) -> tuple[slice, ...]:
    return tuple(map(slice, start, limit, strides))


@implements(DynamicSliceOp, on_storage=True)
def dynamic_slice(op: DynamicSliceOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_slice

    Starts are moved so that the slice lies within the operand.
    """
    values, *start = cast("list[Array]", operands)
    dims = integers(op.slice_sizes) or ()
    return values[_window(values, start, dims)]


@implements(DynamicUpdateSliceOp, on_storage=True)
def dynamic_update_slice(op: DynamicUpdateSliceOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_update_slice

    Starts are moved so that the update lies within the operand.
    """
    values, update, *start = cast("list[Array]", operands)
    result = values.copy()
    result[_window(values, start, update.shape)] = update
    return result


def _window(values: Array, start: Sequence[Array], dims: Sequence[int]) -> tuple[slice, ...]:
    """The slice of these sizes nearest to ``start`` that is within the operand."""
    first = [
        max(0, min(int(index), size - dim))
        for index, size, dim in zip(start, values.shape, dims, strict=True)
    ]
    return tuple(slice(i, i + dim) for i, dim in zip(first, dims, strict=True))


@implements(PadOp, on_storage=True)
def pad(op: PadOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#pad"""
    parts = (op.edge_padding_low, op.edge_padding_high, op.interior_padding)
    return padded(operands[0], operands[1], *(integers(part) or () for part in parts))


@implements(DynamicPadOp, on_storage=True)
def dynamic_pad(op: DynamicPadOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_pad"""
    values, padding_value, *parts = cast("list[Array]", operands)
    low, high, interior = ([int(v) for v in part.reshape(-1)] for part in parts)
    return padded(values, padding_value, low, high, interior)


def padded(
    values: Array,
    padding_value: Array,
    low: Sequence[int],
    high: Sequence[int],
    interior: Sequence[int],
) -> Array:
    """The elements ``interior + 1`` apart, ``low`` and ``high`` elements before and after them.

    Negative ``low`` and ``high`` cut elements (and gaps) off. ``padding_value`` has no dimensions.
    Raises :class:`EvaluationError` where less than nothing would be left.
    """
    spread = [
        size + max(size - 1, 0) * gap for size, gap in zip(values.shape, interior, strict=True)
    ]
    dims = [a + size + b for a, size, b in zip(low, spread, high, strict=True)]
    if any(dim < 0 for dim in dims) or any(gap < 0 for gap in interior):
        raise EvaluationError(
            f"padding {list(values.shape)} by {list(low)}, {list(high)} and {list(interior)} gives "
            f"the shape {dims}"
        )
    result = np.full(dims, padding_value, values.dtype)
    source: list[slice] = []
    target: list[slice] = []
    for size, before, gap, dim in zip(values.shape, low, interior, dims, strict=True):
        step = gap + 1
        # The elements whose places, before + i * step, are in [0, dim).
        first = max(0, -(before // step)) if before < 0 else 0
        past = min(size, max(first, -((before - dim) // step)))
        source.append(slice(first, past))
        start = before + first * step
        target.append(
            slice(start, start + (past - first - 1) * step + 1 if past > first else start, step)
        )
    if all(part.stop > part.start for part in source):
        result[tuple(target)] = values[tuple(source)]
    return result
