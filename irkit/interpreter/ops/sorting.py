"""``sort``."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from dialects.stablehlo.sorting import SortOp
from irkit.interpreter.engine import Context
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array


@implements(SortOp, on_storage=True)
def sort(op: SortOp, operands: list[Any], context: Context) -> list[Array]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#sort

    Always stable. A comparator that is no order gives some permutation.
    """
    inputs = cast("list[Array]", operands)
    axis = -1 if op.dimension is None else op.dimension.value.data
    rows = [np.moveaxis(x, axis, -1) for x in inputs]
    order = _order(op, rows, context)
    return [np.moveaxis(np.take_along_axis(row, order, -1), -1, axis) for row in rows]


def _order(op: SortOp, rows: list[Array], context: Context) -> Array:
    """The permutation of each row that sorts it: runs of 1, 2, 4, ... elements are merged, all
    rows and all runs at once, each element's place found by bisection of the other run."""
    shape, length = rows[0].shape, rows[0].shape[-1]
    places = cast(Array, np.arange(length))
    order: Array = np.broadcast_to(places, shape)
    width = 1
    while width < length:
        start = places // (2 * width) * (2 * width)
        middle = np.minimum(start + width, length)
        end = np.minimum(start + 2 * width, length)
        first = cast(Array, places < middle)
        low: Array = np.broadcast_to(np.where(first, middle, start), shape)
        high: Array = np.broadcast_to(np.where(first, end, middle), shape)
        while np.any(low < high):
            probe = np.minimum((low + high) // 2, length - 1)
            other = np.take_along_axis(order, probe, -1)
            # Of equal elements those of the first run come first.
            left, right = np.where(first, other, order), np.where(first, order, other)
            arguments: list[Array] = []
            for row in rows:
                arguments.append(np.take_along_axis(row, left, -1))
                arguments.append(np.take_along_axis(row, right, -1))
            less = context.apply(op.comparator, arguments)[0]
            further = np.where(first, less, ~less)
            active = low < high
            low, high = (
                np.where(active & further, probe + 1, low),
                np.where(active & ~further, probe, high),
            )
        # Sorting the places, not using them as they are, gives a permutation for any comparator.
        merged = np.argsort(places + low - middle, axis=-1, kind="stable")
        order = np.take_along_axis(order, merged, -1)
        width *= 2
    return order
