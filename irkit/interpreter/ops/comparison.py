"""``compare``, ``select`` and ``clamp``."""

from __future__ import annotations

from typing import Any, cast

import ml_dtypes
import numpy as np

from dialects.stablehlo.attributes import ComparisonDirection, ComparisonType
from dialects.stablehlo.comparison import ClampOp, CompareOp, SelectOp
from irkit.interpreter.engine import Context
from irkit.interpreter.numbers import (
    as_bits,
    bit_width,
    is_complex,
    is_float,
    part_dtype,
    parts,
    quiet,
    widen,
)
from irkit.interpreter.ops.binary import maximum, minimum
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array


@implements(CompareOp, elementwise=True)
@quiet
def compare(op: CompareOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#compare

    Complex numbers are compared by real, then by imaginary part.
    """
    left, right = operands
    kind = None if op.compare_type is None else op.compare_type.data
    return compared(left, right, op.comparison_direction.data, kind is ComparisonType.TOTALORDER)


@quiet
def compared(x: Array, y: Array, direction: ComparisonDirection, total: bool = False) -> Array:
    """``x`` compared with ``y``, element by element.

    In the total order ``-NaN < -inf < ... < -0 < +0 < ... < +inf < +NaN``; otherwise -0 equals +0
    and NaN is unordered.
    """
    if is_complex(x.dtype):
        (a, c), (b, d) = parts(x), parts(y)
        a, b = _keys((a, b), total)
        c, d = _keys((c, d), total)
        return _lexicographic(a, b, c, d, direction)
    return _FUNCTIONS[direction](*_keys((x, y), total))


def _keys(pair: tuple[Array, Array], total: bool) -> tuple[Array, Array]:
    left, right = pair
    if total and is_float(part_dtype(left.dtype)):
        return total_order_key(left), total_order_key(right)
    return widen(left), widen(right)


def total_order_key(x: Array) -> Array:
    """Integers in the order of IEEE-754's ``totalOrder`` of the floats, all NaN of a sign equal."""
    width, wide = bit_width(x.dtype), widen(x)
    bits = as_bits(x).astype(np.uint64)
    if x.dtype == _UNSIGNED_FLOAT:
        return bits.astype(np.int64)
    magnitude: Array = (bits & np.uint64((1 << width - 1) - 1)).astype(np.int64)
    negative = (bits >> np.uint64(width - 1)).astype(np.bool)
    magnitude = np.where(np.isnan(wide), np.int64((1 << width - 1) - 1), magnitude)
    return cast(Array, np.where(negative, np.int64(-1) - magnitude, magnitude))


def _lexicographic(a: Array, b: Array, c: Array, d: Array, direction: ComparisonDirection) -> Array:
    """``(a, c)`` against ``(b, d)``."""
    last = _FUNCTIONS[direction](c, d)
    if direction is ComparisonDirection.NE:
        return (a != b) | last
    if direction is ComparisonDirection.EQ:
        return (a == b) & last
    less = direction in (ComparisonDirection.LT, ComparisonDirection.LE)
    return (a < b if less else a > b) | ((a == b) & last)


_UNSIGNED_FLOAT = np.dtype(ml_dtypes.float8_e8m0fnu)
_FUNCTIONS: dict[ComparisonDirection, Any] = {
    ComparisonDirection.EQ: np.equal,
    ComparisonDirection.NE: np.not_equal,
    ComparisonDirection.GE: np.greater_equal,
    ComparisonDirection.GT: np.greater,
    ComparisonDirection.LE: np.less_equal,
    ComparisonDirection.LT: np.less,
}


@implements(SelectOp, elementwise=True)
def select(op: SelectOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#select"""
    pred, on_true, on_false = operands
    return cast(Array, np.where(pred, on_true, on_false))


@implements(ClampOp, elementwise=True)
@quiet
def clamp(op: ClampOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#clamp"""
    least, values, greatest = operands
    return minimum(maximum(values, least), greatest)
