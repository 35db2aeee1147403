"""Element types and tensor types from numpy-style shapes and dtypes, and back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

import ml_dtypes
import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import (
    BFloat16Type,
    ComplexType,
    Float8E4M3FNType,
    Float8E4M3Type,
    Float8E5M2Type,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    Signedness,
    TensorType,
)
from xdsl.ir import Attribute

DTypeLike: TypeAlias = npt.DTypeLike | str
"""What names an element type: ``"f32"``, ``"bf16"``, ``np.float32``, ``ml_dtypes.bfloat16`` ..."""

_INTEGERS = {
    "i2": ("int2", 2, Signedness.SIGNLESS),
    "i4": ("int4", 4, Signedness.SIGNLESS),
    "i8": ("int8", 8, Signedness.SIGNLESS),
    "i16": ("int16", 16, Signedness.SIGNLESS),
    "i32": ("int32", 32, Signedness.SIGNLESS),
    "i64": ("int64", 64, Signedness.SIGNLESS),
    "ui2": ("uint2", 2, Signedness.UNSIGNED),
    "ui4": ("uint4", 4, Signedness.UNSIGNED),
    "ui8": ("uint8", 8, Signedness.UNSIGNED),
    "ui16": ("uint16", 16, Signedness.UNSIGNED),
    "ui32": ("uint32", 32, Signedness.UNSIGNED),
    "ui64": ("uint64", 64, Signedness.UNSIGNED),
}


def _numpy(name: str) -> np.dtype:
    return np.dtype(getattr(ml_dtypes, name, None) or name)


_ELEMENTS: dict[str, tuple[np.dtype, Attribute]] = {
    "i1": (np.dtype(np.bool_), IntegerType(1)),
    **{
        name: (_numpy(numpy), IntegerType(width, signedness))
        for name, (numpy, width, signedness) in _INTEGERS.items()
    },
    "f64": (np.dtype(np.float64), Float64Type()),
    "f32": (np.dtype(np.float32), Float32Type()),
    "f16": (np.dtype(np.float16), Float16Type()),
    "bf16": (_numpy("bfloat16"), BFloat16Type()),
    "f8E4M3FN": (_numpy("float8_e4m3fn"), Float8E4M3FNType()),
    "f8E4M3": (_numpy("float8_e4m3"), Float8E4M3Type()),
    "f8E5M2": (_numpy("float8_e5m2"), Float8E5M2Type()),
    "complex<f32>": (np.dtype(np.complex64), ComplexType(Float32Type())),
    "complex<f64>": (np.dtype(np.complex128), ComplexType(Float64Type())),
}
_BY_NUMPY = {numpy: (name, element) for name, (numpy, element) in _ELEMENTS.items()}
_BY_ELEMENT = {element: (name, numpy) for name, (numpy, element) in _ELEMENTS.items()}


def element_type(dtype: DTypeLike) -> Attribute:
    """The StableHLO element type that ``dtype`` names.

    Raises ``TypeError`` listing the known names where there is none.
    """
    if isinstance(dtype, str) and dtype in _ELEMENTS:
        return _ELEMENTS[dtype][1]
    try:
        return _BY_NUMPY[np.dtype(dtype)][1]
    except (KeyError, TypeError):
        known = ", ".join(_ELEMENTS)
        raise TypeError(f"{dtype!r} names no StableHLO element type; known: {known}") from None


def dtype_name(dtype: DTypeLike) -> str:
    """MLIR's name of the element type: ``f32``, ``bf16``, ``ui8``."""
    return _BY_ELEMENT[element_type(dtype)][0]


def numpy_dtype(element: Attribute | str) -> np.dtype:
    """The numpy dtype (of ``ml_dtypes`` where numpy has none) of an element type or its name.

    Raises ``TypeError`` for an element type without one.
    """
    if isinstance(element, str):
        element = element_type(element)
    try:
        return _BY_ELEMENT[element][1]
    except KeyError:
        raise TypeError(f"element type {element} has no numpy dtype") from None


def tensor(shape: Iterable[int], dtype: DTypeLike) -> TensorType[Attribute]:
    """The ranked tensor type of a shape and dtype; equal calls give the same object.

    Raises ``ValueError`` on a negative dimension, ``TypeError`` on an unknown dtype.
    """
    return _tensor(tuple(shape), element_type(dtype))


@lru_cache(maxsize=4096)
def _tensor(shape: tuple[int, ...], element: Attribute) -> TensorType[Attribute]:
    for dimension in shape:
        if dimension < 0:
            raise ValueError(f"shape {list(shape)} has the negative dimension {dimension}")
    return TensorType(element, shape)
