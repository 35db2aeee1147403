"""Python numbers and arrays as the elements of a constant, without changing what they say."""

from __future__ import annotations

from typing import Any, TypeAlias

import ml_dtypes
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

_DEFAULTS = {
    "b": np.dtype(np.bool_),
    "i": np.dtype(np.int32),
    "u": np.dtype(np.int32),
    "f": np.dtype(np.float32),
    "c": np.dtype(np.complex64),
}
"""By numpy's kind of a Python number: the dtype it gets if nobody says."""

_SMALL_INTEGERS = ml_dtypes.int2 | ml_dtypes.int4 | ml_dtypes.uint2 | ml_dtypes.uint4
"""They are no ``np.integer``."""


def elements(value: object, dtype: np.dtype[Any] | None) -> Array:
    """``value`` as an array of ``dtype``, in the machine's byte order.

    Without ``dtype`` arrays and numpy scalars keep theirs, and Python's floats become f32, their
    integers i32, their booleans i1. Floats are rounded as IEEE 754 says; anything else that would
    change a number is refused: an integer out of range, a fraction in an integer type, a finite
    float that becomes infinite, an imaginary part in a real type.
    Raises ``ValueError`` or ``TypeError`` that say which number and why.
    """
    array = np.asarray(value)
    if dtype is None:
        if _is_numpy(value):
            dtype = array.dtype.newbyteorder("=")
        else:
            dtype = _DEFAULTS.get(array.dtype.kind, array.dtype)
    if array.dtype.kind in "OUSMm":
        if isinstance(value, int):
            raise ValueError(f"{value} is out of the range of every integer type")
        raise TypeError(f"{_shown(value)} is no number or array of numbers")
    if array.dtype == dtype:
        return array
    if dtype.kind == "c":
        return _rounded(array, dtype)
    if array.dtype.kind == "c":
        raise TypeError(f"{_shown(value)} is complex; {dtype} is not")
    if _is_float(dtype):
        return _rounded(array, dtype)
    return _whole(array, dtype)


def is_whole_number(value: object) -> bool:
    """Whether ``value`` is a Python or numpy integer or boolean, or one of ``ml_dtypes``."""
    return isinstance(value, int | np.integer | np.bool_ | _SMALL_INTEGERS)


def _is_numpy(value: object) -> bool:
    return isinstance(value, np.ndarray | np.generic)


def _rounded(array: Array, dtype: np.dtype[Any]) -> Array:
    if array.dtype.kind == "V" and not _is_float(array.dtype):
        array = array.astype(np.int8)  # numpy's predicates do not know ml_dtypes' integers
    with np.errstate(over="ignore", invalid="ignore"):
        result = array.astype(dtype)
    finite, infinite = np.isfinite(array), np.isinf(array)
    lost = (finite & ~np.isfinite(result)) | (infinite & ~np.isinf(result))
    if lost.any():
        raise ValueError(f"{array[lost].flat[0]} is out of the range of {dtype}")
    return result


def _whole(array: Array, dtype: np.dtype[Any]) -> Array:
    if _is_float(array.dtype):
        array = array.astype(np.float64)
        fractions = array != np.floor(array)
        if fractions.any():
            raise ValueError(f"{array[fractions].flat[0]} is no whole number for {dtype}")
    lowest, highest = (0, 1) if dtype.kind == "b" else _range(dtype)
    for number in (array.min(), array.max()) if array.size else ():
        # int() of what infinity leaves is Python's own OverflowError, a ValueError to nobody.
        if not np.isfinite(float(number)) or not lowest <= int(number) <= highest:
            raise ValueError(f"{number} is out of the range of {dtype}, {lowest} to {highest}")
    return array.astype(dtype)


def _range(dtype: np.dtype[Any]) -> tuple[int, int]:
    info = ml_dtypes.iinfo(dtype)
    return int(info.min), int(info.max)


def _is_float(dtype: np.dtype[Any]) -> bool:
    if dtype.kind in "biu":
        return False
    try:
        ml_dtypes.finfo(dtype)
    except ValueError:
        return False
    return True


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
