"""Element types as numpy sees them: their kinds, exact widening, and rounding once.

Arithmetic on formats narrower than ``f32`` is done on ``f64``, which holds them exactly, and the
result is rounded to the format once. The casts of ``ml_dtypes`` from ``f64`` cannot do that: they
round to ``f32`` first, so a value close to the middle between two neighbours ends on the wrong one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar, cast

import ml_dtypes
import numpy as np

from irkit.interpreter.values import Array

DType: TypeAlias = "np.dtype[Any]"
P = ParamSpec("P")
R = TypeVar("R")

_BITS_OF_SMALL_FLOATS: Final[dict[DType, int]] = {
    np.dtype(ml_dtypes.bfloat16): 16,
    np.dtype(ml_dtypes.float8_e3m4): 8,
    np.dtype(ml_dtypes.float8_e4m3): 8,
    np.dtype(ml_dtypes.float8_e4m3fn): 8,
    np.dtype(ml_dtypes.float8_e4m3fnuz): 8,
    np.dtype(ml_dtypes.float8_e4m3b11fnuz): 8,
    np.dtype(ml_dtypes.float8_e5m2): 8,
    np.dtype(ml_dtypes.float8_e5m2fnuz): 8,
    np.dtype(ml_dtypes.float8_e8m0fnu): 8,
    np.dtype(ml_dtypes.float6_e2m3fn): 6,
    np.dtype(ml_dtypes.float6_e3m2fn): 6,
    np.dtype(ml_dtypes.float4_e2m1fn): 4,
}
_SMALL_INTEGERS: Final[dict[DType, tuple[int, bool]]] = {
    np.dtype(ml_dtypes.int2): (2, True),
    np.dtype(ml_dtypes.uint2): (2, False),
    np.dtype(ml_dtypes.int4): (4, True),
    np.dtype(ml_dtypes.uint4): (4, False),
}
F32: Final = np.dtype(np.float32)
F64: Final = np.dtype(np.float64)
C64: Final = np.dtype(np.complex64)
C128: Final = np.dtype(np.complex128)
BOOL: Final = np.dtype(np.bool)


def is_float(dtype: DType) -> bool:
    """Whether the elements are real floating-point numbers of any width."""
    return dtype.kind == "f" or dtype in _BITS_OF_SMALL_FLOATS


def is_complex(dtype: DType) -> bool:
    """Whether the elements are complex numbers."""
    return dtype.kind == "c"


def is_integer(dtype: DType) -> bool:
    """Whether the elements are integers of any width; booleans are not."""
    return dtype.kind in "iu" or dtype in _SMALL_INTEGERS


def is_unsigned(dtype: DType) -> bool:
    """Whether the elements are unsigned integers."""
    return dtype.kind == "u" or _SMALL_INTEGERS.get(dtype, (0, True))[1] is False


def bit_width(dtype: DType) -> int:
    """Bits of one element: 1 for booleans, both parts of a complex number."""
    if dtype == BOOL:
        return 1
    if dtype in _SMALL_INTEGERS:
        return _SMALL_INTEGERS[dtype][0]
    return _BITS_OF_SMALL_FLOATS.get(dtype, 8 * dtype.itemsize)


def integer_range(dtype: DType) -> tuple[int, int]:
    """The least and the greatest integer of the type."""
    width = bit_width(dtype)
    return (0, (1 << width) - 1) if is_unsigned(dtype) else (-1 << width - 1, (1 << width - 1) - 1)


def part_dtype(dtype: DType) -> DType:
    """The dtype of the parts of a complex type, any other dtype itself."""
    return {C64: F32, C128: F64}.get(dtype, dtype)


def complex_dtype(dtype: DType) -> DType:
    """The complex dtype whose parts are of ``dtype`` (``f32`` or ``f64``)."""
    return {F32: C64, F64: C128}[dtype]


def parts(values: Array) -> tuple[Array, Array]:
    """The real and the imaginary parts of complex numbers."""
    numbers: Any = values
    return numbers.real, numbers.imag


def quiet(function: Callable[P, R]) -> Callable[P, R]:
    """Lets NaN, infinity and overflow be results like any other."""

    @wraps(function)
    def silent(*args: P.args, **kwargs: P.kwargs) -> R:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return silent


@quiet
def widen(values: Array) -> Array:
    """The same numbers in a type numpy computes in.

    Floats become ``f64``, complex numbers ``c128``, ``i2`` and ``i4`` ``int8`` (unsigned ones
    ``uint8``); all others stay.
    """
    dtype = values.dtype
    if dtype in _SMALL_INTEGERS:
        return values.astype(np.int8 if _SMALL_INTEGERS[dtype][1] else np.uint8)
    if is_float(dtype):
        return values.astype(F64, copy=False)
    if is_complex(dtype):
        return values.astype(C128, copy=False)
    return values


@quiet
def narrow(values: Array, dtype: DType) -> Array:
    """The numbers in a type of the same kind: floats rounded once, to the nearest, ties to even;
    integers reduced modulo 2 to the width."""
    if values.dtype == dtype:
        return values
    if dtype in _BITS_OF_SMALL_FLOATS and values.dtype == F64:
        return _to_odd(values).astype(dtype)
    if dtype in _SMALL_INTEGERS:
        width, signed = _SMALL_INTEGERS[dtype]
        bits = values.astype(np.uint8) & ((1 << width) - 1)
        return _from_small_bits(bits, width, dtype) if signed else bits.astype(dtype)
    return values.astype(dtype)


def _from_small_bits(bits: Array, width: int, dtype: DType) -> Array:
    half = 1 << width - 1
    return ((bits ^ half).astype(np.int8) - half).astype(dtype)


def _to_odd(values: Array) -> Array:
    """``f64`` rounded to odd ``f32``: what is rounded again to fewer bits ends where one rounding
    of the ``f64`` would have put it."""
    found = values.astype(F32)
    back = found.astype(F64)
    inexact = (back != values) & ~np.isnan(values)
    past = inexact & (np.abs(back) > np.abs(values))
    toward_zero = np.where(past, np.nextafter(found, np.float32(0)), found)
    bits = np.asarray(toward_zero, F32).view(np.uint32)
    return np.where(inexact, bits | np.uint32(1), bits).view(F32)


@quiet
def float_from_integers(values: Array, dtype: DType) -> Array:
    """Integers as floating-point numbers, each rounded once.

    ``values`` has a dtype that numpy computes in (see :func:`widen`).
    """
    if dtype == F64 or values.dtype.itemsize < 8:
        return narrow(values.astype(F64), dtype)
    # More digits than f64 has: those that cannot decide a rounding to f32 or less become one.
    kind = values.dtype.type
    low = kind((1 << 11) - 1)
    large = values > kind(1 << 53)
    if values.dtype.kind == "i":
        large |= values < kind(-1 << 53)
    sticky = cast(Array, np.where((values & low) != 0, kind(1 << 11), kind(0)))
    odd = cast(Array, (values & ~low) | sticky)
    return narrow(np.where(large, odd, values).astype(F64), dtype)


@quiet
def integers_from_float(values: Array, dtype: DType) -> Array:
    """``f64`` numbers without their fraction; NaN is 0, what is out of range the nearest limit."""
    least, greatest = integer_range(dtype)
    whole = np.trunc(np.where(np.isnan(values), 0.0, values))
    below, above = whole < least, whole >= greatest + 1
    inside = np.where(below | above, 0.0, whole)
    kind = np.uint64 if is_unsigned(dtype) else np.int64
    found = np.where(below, kind(least), np.where(above, kind(greatest), inside.astype(kind)))
    return narrow(np.asarray(found), dtype)


def as_bits(values: Array) -> Array:
    """The elements of at most 64 bits as unsigned integers of the same size in memory, bits above
    the type's width zero."""
    raw = np.ascontiguousarray(values).view(np.dtype(f"u{values.dtype.itemsize}"))
    width = bit_width(values.dtype)
    if width < 8:
        raw = raw & np.uint8((1 << width) - 1)
    return raw.reshape(values.shape)


def from_bits(bits: Array, dtype: DType) -> Array:
    """The inverse of :func:`as_bits`."""
    if dtype == BOOL:
        return bits.astype(np.bool)
    if dtype in _SMALL_INTEGERS and _SMALL_INTEGERS[dtype][1]:
        return _from_small_bits(bits, bit_width(dtype), dtype)
    return np.ascontiguousarray(bits).view(dtype).reshape(bits.shape)
