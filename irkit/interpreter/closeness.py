"""How far apart numbers are: exactly equal, within a tolerance, or in units in the last place."""

from __future__ import annotations

from typing import Final

import numpy as np

from irkit.interpreter.numbers import (
    as_bits,
    bit_width,
    is_complex,
    is_float,
    parts,
    quiet,
    widen,
)
from irkit.interpreter.values import Array

FAR: Final = (1 << 64) - 1
"""The distance, in units in the last place, of what is not comparable: a number and an infinity,
or NaN."""


@quiet
def equal(actual: Array, expected: Array) -> Array:
    """Where the elements are equal numbers: -0 equals +0, and NaN nothing."""
    return widen(actual) == widen(expected)


@quiet
def almost_equal(actual: Array, expected: Array, tolerance: float) -> Array:
    """Where the elements are equal, both NaN, or finite and no further apart than ``tolerance``.

    Complex numbers are taken part by part.
    """
    if is_complex(actual.dtype):
        (a, b), (c, d) = parts(actual), parts(expected)
        return almost_equal(a, c, tolerance) & almost_equal(b, d, tolerance)
    a, b = widen(actual), widen(expected)
    near = np.isfinite(a) & np.isfinite(b) & (np.abs(a - b) <= tolerance)
    return (a == b) | (np.isnan(a) & np.isnan(b)) | near


@quiet
def ulp_distance(actual: Array, expected: Array) -> Array:
    """How many numbers of the type lie between the elements, as ``uint64``.

    0 where the bits are equal or both are NaN; 0 between -0 and +0, too. :data:`FAR` where one of
    two different elements is not finite. Of complex numbers the greater distance of the parts.
    """
    if is_complex(actual.dtype):
        (a, b), (c, d) = parts(actual), parts(expected)
        return np.maximum(ulp_distance(a, c), ulp_distance(b, d))
    if not is_float(actual.dtype):
        x, y = widen(actual), widen(expected)
        a, b = x.astype(np.uint64), y.astype(np.uint64)
        return np.where(x > y, a - b, b - a)
    a, b = as_bits(actual).astype(np.uint64), as_bits(expected).astype(np.uint64)
    low = np.uint64((1 << bit_width(actual.dtype) - 1) - 1)
    left, right = a & low, b & low
    apart = np.where(
        (a > low) != (b > low), left + right, np.maximum(left, right) - np.minimum(left, right)
    )
    x, y = widen(actual), widen(expected)
    apart = np.where(np.isfinite(x) & np.isfinite(y), apart, np.uint64(FAR))
    return np.where((a == b) | (np.isnan(x) & np.isnan(y)), np.uint64(0), apart)
