"""Sums of products: what ``dot_general`` and ``convolution`` have in common.

The specification multiplies and adds in the element type of the result; it leaves the order open
and promises no accuracy. Here:

- ``f32``, ``f64`` and complex results: every product and every sum is rounded to the element type,
  from the first term to the last, as upstream's interpreter does it and its expected values ask.
- narrower floats: sums are kept in ``f64`` and rounded once, so that no sum overflows or stops
  growing on the way; hardware, and upstream's expected values, have wider sums too.
- integers wrap; of booleans a product is "and", a sum "or".
"""

from __future__ import annotations

import numpy as np

from irkit.interpreter.numbers import BOOL, F32, F64, DType, is_complex, is_float, part_dtype, quiet
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.values import Array

_TERMS_AT_ONCE = 1 << 20
"""Elements of products that are held for sums which run along memory."""


def widened(array: Array, result: DType) -> Array:
    """The factors of a product for a result of this dtype, in the dtype that sums are kept in."""
    return converted(array, _accumulator(result))


def _accumulator(result: DType) -> DType:
    if is_complex(result) or result in (F32, BOOL):
        return result
    # Wrapping at 64 bits and cutting off afterwards is wrapping at the narrower width.
    return F64 if is_float(result) else np.dtype(np.int64)


def zeros(shape: tuple[int, ...], result: DType) -> Array:
    """Sums without terms."""
    return np.zeros(shape, _accumulator(result))


@quiet
def add_products(sums: Array, lhs: Array, rhs: Array, result: DType) -> Array:
    """``sums + lhs @ rhs`` for ``[b, m, n]``, ``[b, m, k]`` and ``[b, k, n]``, all widened.

    ``sums``, which is contiguous, may be overwritten.
    """
    if sums.dtype == BOOL:
        return sums | np.matmul(lhs, rhs)
    if result in (F32, F64):
        return _in_order(sums, lhs, rhs)
    if is_complex(result):
        return _in_order_complex(sums, lhs, rhs)
    return sums + np.matmul(lhs, rhs)


def _in_order(sums: Array, lhs: Array, rhs: Array) -> Array:
    count = lhs.shape[-1]
    if count <= sums.size:
        # A column, then a row of the factors at a time, both along memory.
        left = np.ascontiguousarray(lhs.transpose(0, 2, 1))
        right = np.ascontiguousarray(rhs)
        term = np.empty_like(sums)
        for k in range(count):
            np.multiply(left[:, k, :, np.newaxis], right[:, k, np.newaxis, :], out=term)
            sums += term
        return sums
    step = max(1, _TERMS_AT_ONCE // max(1, sums.size))
    left, right = lhs.transpose(2, 0, 1), rhs.transpose(1, 0, 2)
    for start in range(0, count, step):
        part = slice(start, start + step)
        terms = left[part, :, :, np.newaxis] * right[part, :, np.newaxis, :]
        # Unlike sum(), which adds in pairs, a running sum goes from the first term to the last.
        sums = np.cumsum(np.concatenate([sums[np.newaxis], terms]), axis=0)[-1]
    return sums


def _in_order_complex(sums: Array, lhs: Array, rhs: Array) -> Array:
    """Parts by themselves: numpy's product of complex numbers is fused on some processors."""
    real, imaginary = _parts(sums)
    for k in range(lhs.shape[-1]):
        a, b = _parts(lhs[:, :, k, np.newaxis])
        c, d = _parts(rhs[:, k, np.newaxis, :])
        real += a * c - b * d
        imaginary += a * d + b * c
    return sums


def _parts(array: Array) -> tuple[Array, Array]:
    """Real and imaginary parts; of a contiguous array, views."""
    pairs = np.ascontiguousarray(array).view(part_dtype(array.dtype)).reshape(*array.shape, 2)
    return pairs[..., 0], pairs[..., 1]
