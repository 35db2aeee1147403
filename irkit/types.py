"""Element types and tensor types from numpy-style shapes and dtypes, and back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import index
from typing import Any, TypeAlias

import ml_dtypes
import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import (
    BFloat16Type,
    ComplexType,
    Float4E2M1FNType,
    Float6E2M3FNType,
    Float6E3M2FNType,
    Float8E3M4Type,
    Float8E4M3B11FNUZType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E4M3Type,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    Signedness,
    TensorType,
)
from xdsl.ir import Attribute

DTypeLike: TypeAlias = npt.DTypeLike | str
"""What names an element type: ``"f32"``, ``"bf16"``, ``np.float32``, ``ml_dtypes.bfloat16`` ...

A string is MLIR's name of the type or numpy's (``"float32"``). Numpy's short codes are refused
where they are not MLIR's: its ``"f8"`` and ``"u8"`` are 8 bytes long.
"""

DType: TypeAlias = np.dtype[Any]


def _integers() -> Iterable[tuple[str, DType, Attribute]]:
    yield "i1", np.dtype(np.bool_), IntegerType(1)
    for width in (2, 4, 8, 16, 32, 64):
        yield f"i{width}", _numpy(f"int{width}"), IntegerType(width)
        unsigned = IntegerType(width, Signedness.UNSIGNED)
        yield f"ui{width}", _numpy(f"uint{width}"), unsigned


def _numpy(name: str) -> DType:
    return np.dtype(getattr(ml_dtypes, name, name))


_FLOATS: dict[str, tuple[str, Attribute]] = {
    "f64": ("float64", Float64Type()),
    "f32": ("float32", Float32Type()),
    "f16": ("float16", Float16Type()),
    "bf16": ("bfloat16", BFloat16Type()),
    "f8E3M4": ("float8_e3m4", Float8E3M4Type()),
    "f8E4M3": ("float8_e4m3", Float8E4M3Type()),
    "f8E4M3FN": ("float8_e4m3fn", Float8E4M3FNType()),
    "f8E4M3FNUZ": ("float8_e4m3fnuz", Float8E4M3FNUZType()),
    "f8E4M3B11FNUZ": ("float8_e4m3b11fnuz", Float8E4M3B11FNUZType()),
    "f8E5M2": ("float8_e5m2", Float8E5M2Type()),
    "f8E5M2FNUZ": ("float8_e5m2fnuz", Float8E5M2FNUZType()),
    "f8E8M0FNU": ("float8_e8m0fnu", Float8E8M0FNUType()),
    "f6E2M3FN": ("float6_e2m3fn", Float6E2M3FNType()),
    "f6E3M2FN": ("float6_e3m2fn", Float6E3M2FNType()),
    "f4E2M1FN": ("float4_e2m1fn", Float4E2M1FNType()),
    "complex<f32>": ("complex64", ComplexType(Float32Type())),
    "complex<f64>": ("complex128", ComplexType(Float64Type())),
}
_KNOWN: tuple[tuple[str, DType, Attribute], ...] = (
    *_integers(),
    *((name, _numpy(numpy), element) for name, (numpy, element) in _FLOATS.items()),
)
_BY_NAME = {numpy.name: element for _, numpy, element in _KNOWN} | {
    name: element for name, _, element in _KNOWN
}
_BY_NUMPY = {numpy: element for _, numpy, element in _KNOWN}
_BY_ELEMENT = {element: (name, numpy) for name, numpy, element in _KNOWN}


def element_type(dtype: DTypeLike) -> Attribute:
    """The StableHLO element type that ``dtype`` names.

    Raises ``TypeError`` listing the known names where there is none.
    """
    found = None
    if isinstance(dtype, str):
        found = _BY_NAME.get(dtype)
    elif dtype is not None:  # pyright: ignore[reportUnnecessaryComparison] - numpy's f64
        try:
            found = _BY_NUMPY.get(np.dtype(dtype))
        except (TypeError, ValueError):
            found = None
    if found is None:
        known = ", ".join(name for name, _, _ in _KNOWN)
        raise TypeError(f"{dtype!r} names no StableHLO element type; known: {known}")
    return found


def dtype_name(dtype: DTypeLike) -> str:
    """MLIR's name of the element type: ``f32``, ``bf16``, ``ui8``."""
    return _BY_ELEMENT[element_type(dtype)][0]


def numpy_dtype(element: Attribute | str) -> DType:
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

    Raises ``ValueError`` on a negative dimension, ``TypeError`` on one that is no integer and on
    an unknown dtype.
    """
    return _tensor(tuple(map(index, shape)), element_type(dtype))


@lru_cache(maxsize=4096)
def _tensor(shape: tuple[int, ...], element: Attribute) -> TensorType[Attribute]:
    for dimension in shape:
        if dimension < 0:
            raise ValueError(f"shape {list(shape)} has the negative dimension {dimension}")
    return TensorType(element, shape)
