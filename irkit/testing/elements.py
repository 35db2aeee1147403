"""Dtypes by family, and elements for constants and weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from irkit.types import DType

SIGNED = ("i32", "i64", "i8", "i16", "i2", "i4")
UNSIGNED = ("ui32", "ui64", "ui8", "ui16", "ui2", "ui4")
INTEGERS = SIGNED + UNSIGNED
BOOLEAN = ("i1",)
WIDE_FLOATS = ("f32", "f64", "f16", "bf16")
SMALL_FLOATS = (
    "f8E4M3FN",
    "f8E5M2",
    "f8E3M4",
    "f8E4M3",
    "f8E4M3FNUZ",
    "f8E4M3B11FNUZ",
    "f8E5M2FNUZ",
    "f8E8M0FNU",
    "f6E2M3FN",
    "f6E3M2FN",
    "f4E2M1FN",
)
FLOATS = WIDE_FLOATS + SMALL_FLOATS
COMPLEX = ("complex<f32>", "complex<f64>")
DTYPES = (
    *("f32", "i32", "i1"),
    *(WIDE_FLOATS[1:] + SIGNED[1:] + UNSIGNED),
    *(COMPLEX + SMALL_FLOATS),
)
"""Every dtype of irkit, by MLIR's name, common ones first."""

_SCALE_ONLY = "float8_e8m0fnu"
"""Holds powers of two alone: neither zero nor negative numbers."""

_NUMBERS = (0, 1, -1, 0.5, 2, -0.0, math.inf, -1.5)


def some_elements(shape: Sequence[int], dtype: DType, number: int) -> np.ndarray[Any, Any]:
    """An array that depends on ``number`` in a simple way: ascending small numbers."""
    count = math.prod(shape)
    steps = (np.arange(count, dtype=np.int64) + number) % 7
    if dtype.name == "bool":
        return (steps % 2 == 1).reshape(shape)
    if dtype.name == _SCALE_ONLY:
        return np.exp2(steps - 3.0).astype(dtype).reshape(shape)
    if dtype.name.startswith("uint"):
        return (steps % 4).astype(dtype).reshape(shape)
    if dtype.kind in "iV" and dtype.name.startswith("int"):
        return (steps % 4 - 2).astype(dtype).reshape(shape)
    if dtype.kind == "c":
        return (steps / 2 - 1 + 1j * (steps % 3)).astype(dtype).reshape(shape)
    return (steps / 2 - 1).astype(dtype).reshape(shape)


def some_number(dtype: DType, number: int) -> np.generic[Any]:
    """An element of ``dtype``: zero first (one where there is no zero), then others."""
    wanted: complex = _NUMBERS[number % len(_NUMBERS)]
    if dtype.name == _SCALE_ONLY:
        wanted = 2.0 ** (number % 5)
    elif dtype.name == "bool":
        wanted = number % 2
    elif dtype.name.startswith("uint"):
        wanted = number % 4
    elif dtype.name.startswith("int"):
        wanted = (0, 1, -1, -2)[number % 4]
    elif dtype.kind == "c":
        wanted = complex(wanted, number % 3)
    elif math.isinf(wanted) and not np.isinf(np.array(wanted).astype(dtype).astype(np.float64)):
        wanted = 1.0
    return np.array([wanted]).astype(dtype)[0]
