"""How far apart two results are: in units in the last place, and where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from irkit.interpreter.numbers import bit_width, is_complex, is_float, part_dtype
from irkit.interpreter.values import Array, Future, Token, Value


@dataclass(frozen=True)
class OutputDifference:
    """The greatest difference of one output."""

    output: int
    index: tuple[int, ...]
    """Of the element where it is; empty for what is no array, and for arrays of other shapes."""
    left: str
    right: str
    ulps: int | None
    """Representable numbers between the two; None where that means nothing."""

    def __str__(self) -> str:
        place = f"output {self.output}{list(self.index) if self.index else ''}"
        far = "" if self.ulps is None else f" ({self.ulps} ULP apart)"
        return f"{place}: {self.left} on the left, {self.right} on the right{far}"


def difference(
    left: Sequence[Value], right: Sequence[Value], most_ulps: int = 0
) -> OutputDifference | None:
    """The first output that differs by more than ``most_ulps``, at the element that differs most.

    NaNs are equal to one another, whatever their bits: the specification leaves those open. Zeros
    of different sign are one ULP apart. Both are outputs of functions of one type.
    """
    for place, (one, other) in enumerate(zip(left, right, strict=True)):
        found = _difference(place, one, other, most_ulps)
        if found is not None and (found.ulps is None or found.ulps > most_ulps):
            return found
    return None


def _difference(place: int, one: Value, other: Value, most_ulps: int) -> OutputDifference | None:
    a, b = (_parts_of(value) for value in (one, other))
    if a is None or b is None:
        return _arrays(place, np.asarray(one), np.asarray(other))
    found = difference(a, b, most_ulps)
    return None if found is None else replace(found, output=place)


def _parts_of(value: Value) -> Sequence[Value] | None:
    """What a value consists of that is no array: nothing, for a token."""
    match value:
        case Token():
            return ()
        case Future():
            return value.results
        case tuple():
            return value
        case _:
            return None


def _arrays(place: int, a: Array, b: Array) -> OutputDifference | None:
    if a.shape != b.shape or a.dtype != b.dtype:
        shown = [f"{x.dtype}{list(x.shape)}" for x in (a, b)]
        return OutputDifference(place, (), shown[0], shown[1], None)
    apart = ulps(a, b)
    if not apart.any():
        return None
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(apart)), apart.shape))
    far = float(apart[index])
    return OutputDifference(
        place, index, str(a[index]), str(b[index]), int(far) if math.isfinite(far) else None
    )


def ulps(a: Array, b: Array) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Elementwise distance of two arrays of one shape and dtype, counted in representable values.

    0 where both are NaN, infinite where one is. Exact up to 2^53.
    """
    if is_complex(a.dtype):
        return ulps(_parts(a), _parts(b)).max(axis=-1, initial=0.0)
    if not is_float(a.dtype):
        with np.errstate(all="ignore"):
            return np.asarray(np.abs(_wide(a) - _wide(b)), np.float64)
    nan = np.isnan(a), np.isnan(b)
    apart = np.asarray(np.abs(_ordered(a) - _ordered(b)), np.float64)
    return np.where(nan[0] & nan[1], 0.0, np.where(nan[0] ^ nan[1], np.inf, apart))


def _parts(a: Array) -> Array:
    """Complex numbers as pairs of real ones, in a last dimension of two."""
    return np.asarray(a[..., np.newaxis], order="C").view(part_dtype(a.dtype))


def _wide(a: Array) -> Array:
    """Integers as Python's, so that no difference overflows, where 64 bits are not enough."""
    return a.astype(object) if a.dtype.itemsize == 8 else a.astype(np.int64)


def _ordered(a: Array) -> Array:
    """Integers in the order of the numbers: -0 is followed by +0."""
    width = bit_width(a.dtype)
    top = 1 << (width - 1)
    unsigned = np.asarray(a, order="C").view(f"u{a.dtype.itemsize}")
    # Python's integers, where 64 bits are not enough for a difference.
    raw = np.asarray(unsigned.astype(object if width == 64 else np.int64) & (2 * top - 1))
    return np.where(raw & top, top - 1 - raw, raw)
