"""``reduce``, ``reduce_window`` and ``map``.

Where the specification leaves the order of a reduction open, it is this: elements are taken in
row-major order, each by ``body(accumulated, element)``, beginning with the initial value. Reducers
whose results are the same in any order are evaluated in halves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from xdsl.ir import Operation, Region

from dialects.stablehlo.binary import AddOp, AndOp, MaxOp, MinOp, MulOp, OrOp, XorOp
from dialects.stablehlo.mapping import MapOp
from dialects.stablehlo.reduction import ReduceOp, ReduceWindowOp
from dialects.stablehlo.windows import integers, padding_pairs, window_dimensions
from irkit.interpreter.engine import Context
from irkit.interpreter.numbers import BOOL, F32, F64, is_integer, quiet
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.ops.slicing import padded
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of

_ANY_ORDER = (MaxOp, MinOp, AndOp, OrOp, XorOp)
_BLOCK = 1 << 16
"""Elements that are summed in one call of numpy."""


@implements(MapOp, on_storage=True)
def map_(op: MapOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#map"""
    return context.apply(op.computation, operands)[0]


@implements(ReduceOp, on_storage=True)
def reduce(op: ReduceOp, operands: list[Any], context: Context) -> list[Array]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce"""
    inputs, initial = _promoted(op.body, operands)
    dimensions = sorted(integers(op.dimensions) or ())
    return reduced(op.body, inputs, initial, dimensions, context)


def reduced(
    body: Region,
    inputs: Sequence[Array],
    initial: Sequence[Array],
    dimensions: Sequence[int],
    context: Context,
) -> list[Array]:
    """Arrays of one shape reduced over ``dimensions``, which ascend."""
    kept = [axis for axis in range(inputs[0].ndim) if axis not in dimensions]
    shape = tuple(inputs[0].shape[axis] for axis in kept)
    count = math.prod(inputs[0].shape[axis] for axis in dimensions)
    rows = [x.transpose([*dimensions, *kept]).reshape(count, *shape) for x in inputs]
    accumulated = [np.broadcast_to(value, shape) for value in initial]
    if not count or not math.prod(shape):
        return accumulated
    inner = _only_operation(body) if context.program.is_elementwise(body) else None
    if inner is not None and _is_associative(inner, rows[0]):
        return context.apply(body, [accumulated[0], _halved(body, rows[0], context)])
    if inner is not None and isinstance(inner, AddOp | MulOp) and rows[0].dtype in (F32, F64):
        function = np.add if isinstance(inner, AddOp) else np.multiply
        return [_accumulated(function, accumulated[0], rows[0])]
    for i in range(count):
        accumulated = context.apply(body, [*accumulated, *(row[i, ...] for row in rows)])
    return accumulated


@implements(ReduceWindowOp, on_storage=True)
def reduce_window(op: ReduceWindowOp, operands: list[Any], context: Context) -> list[Array]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce_window"""
    inputs, initial = _promoted(op.body, operands)
    windows = window_dimensions(
        integers(op.window_dimensions) or (),
        integers(op.window_strides),
        padding_pairs(op.padding),
        integers(op.base_dilations),
        integers(op.window_dilations),
    )
    low, high = [w.low for w in windows], [w.high for w in windows]
    gaps = [w.base_dilation - 1 for w in windows]
    spread = [padded(x, v, low, high, gaps) for x, v in zip(inputs, initial, strict=True)]
    sizes = zip(windows, inputs[0].shape, strict=True)
    shape = tuple(window.positions(size) for window, size in sizes)
    accumulated = [np.broadcast_to(value, shape) for value in initial]
    if not math.prod(shape):
        return accumulated
    for offset in np.ndindex(*(w.size for w in windows)):
        places: list[slice] = []
        for window, at, count in zip(windows, offset, shape, strict=True):
            start = at * window.window_dilation
            places.append(slice(start, start + (count - 1) * window.stride + 1, window.stride))
        elements = [x[*places, ...] for x in spread]
        accumulated = context.apply(op.body, [*accumulated, *elements])
    return accumulated


def _promoted(body: Region, operands: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Inputs and initial values in the types that the body takes."""
    found = [
        converted(value, dtype_of(argument))
        for value, argument in zip(operands, _expected(body, len(operands)), strict=True)
    ]
    half = len(found) // 2
    return found[:half], found[half:]


def _expected(body: Region, count: int) -> list[Any]:
    arguments = list(body.block.args)
    # The body's arguments are all accumulated values, then all elements.
    return [*arguments[count // 2 :], *arguments[: count // 2]]


def _only_operation(body: Region) -> Operation | None:
    """The operation of a body that is one operation of its two arguments, in their order."""
    block = body.block
    first, last = block.first_op, block.last_op
    if (
        first is None
        or last is None
        or first.next_op is not last
        or tuple(first.operands) != tuple(block.args)
        or tuple(last.operands) != tuple(first.results)
    ):
        return None
    return first


def _is_associative(op: Operation, values: Array) -> bool:
    if isinstance(op, _ANY_ORDER):
        return True
    exact = is_integer(values.dtype) or values.dtype == BOOL
    return exact and isinstance(op, AddOp | MulOp)


def _halved(body: Region, rows: Array, context: Context) -> Array:
    """The rows reduced to one, two halves at a time."""
    while len(rows) > 1:
        half = len(rows) // 2
        rest = rows[2 * half :]
        joined = context.apply(body, [rows[:half], rows[half : 2 * half]])[0]
        rows = np.concatenate([joined, rest]) if len(rest) else joined
    return rows[0, ...]


@quiet
def _accumulated(function: np.ufunc, start: Array, rows: Array) -> Array:
    """What adding (multiplying) one row after the other gives: ``accumulate`` does just that, while
    ``reduce`` would go in pairs."""
    step = max(1, _BLOCK // max(1, start.size))
    for i in range(0, len(rows), step):
        block = np.concatenate([start[None], rows[i : i + step]])
        start = cast(Array, function.accumulate(block, axis=0))[-1, ...]
    return start
