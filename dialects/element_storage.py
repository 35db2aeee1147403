"""How the elements of tensors lie in memory: their size, and the numpy type that reads them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import ComplexType, IndexType, IntegerType, Signedness
from xdsl.ir import Attribute

from dialects.float_text import FLOAT_FORMATS

_FLOATS: dict[str, np.dtype[np.generic]] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "f8E3M4": np.dtype(ml_dtypes.float8_e3m4),
    "f8E4M3": np.dtype(ml_dtypes.float8_e4m3),
    "f8E4M3FN": np.dtype(ml_dtypes.float8_e4m3fn),
    "f8E4M3FNUZ": np.dtype(ml_dtypes.float8_e4m3fnuz),
    "f8E4M3B11FNUZ": np.dtype(ml_dtypes.float8_e4m3b11fnuz),
    "f8E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "f8E5M2FNUZ": np.dtype(ml_dtypes.float8_e5m2fnuz),
    "f8E8M0FNU": np.dtype(ml_dtypes.float8_e8m0fnu),
    "f6E2M3FN": np.dtype(ml_dtypes.float6_e2m3fn),
    "f6E3M2FN": np.dtype(ml_dtypes.float6_e3m2fn),
    "f4E2M1FN": np.dtype(ml_dtypes.float4_e2m1fn),
}
_INTEGERS: dict[tuple[int, bool], np.dtype[np.generic]] = {
    (2, True): np.dtype(ml_dtypes.int2),
    (2, False): np.dtype(ml_dtypes.uint2),
    (4, True): np.dtype(ml_dtypes.int4),
    (4, False): np.dtype(ml_dtypes.uint4),
    (8, True): np.dtype(np.int8),
    (8, False): np.dtype(np.uint8),
    (16, True): np.dtype(np.int16),
    (16, False): np.dtype(np.uint16),
    (32, True): np.dtype(np.int32),
    (32, False): np.dtype(np.uint32),
    (64, True): np.dtype(np.int64),
    (64, False): np.dtype(np.uint64),
}
_COMPLEX = {"f32": np.dtype(np.complex64), "f64": np.dtype(np.complex128)}


class ElementTypeError(ValueError):
    """A type whose values cannot be held as the elements of a constant."""


def scalar_type(element_type: Attribute) -> Attribute:
    """The type of the real and imaginary parts of a complex type; any other type itself."""
    if isinstance(element_type, ComplexType):
        return cast("ComplexType[Any]", element_type).element_type
    return element_type


@lru_cache(maxsize=256)
def storage_size(element_type: Attribute) -> int:
    """Bytes of one element of a dense constant: whole bytes each, also below eight bits.

    Raises :class:`ElementTypeError` for a type without a size of its own.
    """
    match element_type:
        case ComplexType():
            return 2 * storage_size(scalar_type(element_type))
        case IndexType():
            return 8
        case IntegerType():
            return (element_type.width.data + 7) // 8
        case _ if (format := FLOAT_FORMATS.get(element_type.name)) is not None:
            return (format.width + 7) // 8
        case _:
            raise ElementTypeError(f"{element_type} is not an integer, float, complex or index")


@lru_cache(maxsize=256)
def element_dtype(element_type: Attribute) -> np.dtype[np.generic]:
    """The numpy (or ``ml_dtypes``) type of one element, little-endian; ``i1`` is ``bool``.

    Raises :class:`ElementTypeError` where numpy has none, as for ``complex<i32>``.
    """
    found: np.dtype[np.generic] | None = None
    match element_type:
        case ComplexType():
            found = _COMPLEX.get(scalar_type(element_type).name)
        case IndexType():
            found = np.dtype(np.int64)
        case IntegerType():
            width = element_type.width.data
            signed = element_type.signedness.data is not Signedness.UNSIGNED
            found = np.dtype(np.bool) if width == 1 else _INTEGERS.get((width, signed))
        case _:
            found = _FLOATS.get(element_type.name)
    if found is None:
        raise ElementTypeError(f"numpy has no type for elements of type {element_type}")
    return found.newbyteorder("<")
