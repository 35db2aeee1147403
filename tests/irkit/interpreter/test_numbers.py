"""Rounding, conversion and bits, against exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from irkit.interpreter.numbers import (
    as_bits,
    bit_width,
    float_from_integers,
    from_bits,
    integer_range,
    integers_from_float,
    narrow,
    widen,
)

SMALL = [
    np.dtype(getattr(ml_dtypes, name))
    for name in (
        "bfloat16",
        "float8_e3m4",
        "float8_e4m3",
        "float8_e4m3fn",
        "float8_e4m3fnuz",
        "float8_e4m3b11fnuz",
        "float8_e5m2",
        "float8_e5m2fnuz",
        "float6_e2m3fn",
        "float6_e3m2fn",
        "float4_e2m1fn",
    )
]
FLOATS = [*SMALL, np.dtype(np.float16), np.dtype(np.float32)]
INTEGERS = [
    np.dtype(t) for t in (ml_dtypes.int2, ml_dtypes.uint2, ml_dtypes.int4, ml_dtypes.uint4)
] + [np.dtype(f"{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8)]


def all_numbers(dtype: np.dtype) -> np.ndarray:
    """Every finite number of a format of up to 16 bits, as f64, in order."""
    bits = np.arange(1 << bit_width(dtype)).astype(f"u{dtype.itemsize}")
    values = widen(from_bits(bits, dtype))
    return np.unique(values[np.isfinite(values)])


@pytest.mark.parametrize("dtype", [*SMALL, np.dtype(np.float16)], ids=lambda d: d.name)
def test_narrow_rounds_once_to_the_nearest(dtype: np.dtype) -> None:
    """Just above and just below the middle of any two neighbours, by less than f32 can tell."""
    numbers = all_numbers(dtype)
    below, above = numbers[:-1], numbers[1:]
    middle = below / 2 + above / 2
    step = np.maximum(np.abs(middle), 1e-60) * 2.0**-50
    assert np.array_equal(widen(narrow(middle + step, dtype)), above)
    assert np.array_equal(widen(narrow(middle - step, dtype)), below)
    assert np.array_equal(widen(narrow(numbers, dtype)), numbers)
    exact = widen(narrow(middle, dtype))
    even = (as_bits(narrow(below, dtype)) & 1 == 0) & (below != 0)
    settled = (below != 0) & (above != 0)
    assert np.array_equal(exact[settled], np.where(even, below, above)[settled])


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from(FLOATS))
def test_integers_become_the_nearest_float(number: int, dtype: np.dtype) -> None:
    found = widen(float_from_integers(np.asarray(number, np.int64), dtype))[()]
    numbers = all_numbers(dtype) if dtype.itemsize <= 2 else None
    if numbers is None:
        assert Fraction(float(found)) == nearest_f32(number)
    elif numbers[0] <= number <= numbers[-1]:
        distance = min(abs(Fraction(float(x)) - number) for x in neighbours(numbers, number))
        assert abs(Fraction(float(found)) - number) == distance


def neighbours(numbers: np.ndarray, number: int) -> np.ndarray:
    place = int(np.searchsorted(numbers, float(number)))
    return numbers[max(0, place - 2) : place + 2]


def nearest_f32(number: int) -> Fraction:
    """Rounded to 24 bits by integer arithmetic, ties to even."""
    shift = max(0, abs(number).bit_length() - 24)
    quotient, rest = divmod(abs(number), 1 << shift)
    half = 1 << shift >> 1
    if shift and (rest > half or (rest == half and quotient & 1)):
        quotient += 1
    return Fraction((quotient << shift) * (1 if number >= 0 else -1))


@given(st.floats(width=64), st.sampled_from(INTEGERS))
def test_floats_become_integers_within_the_limits(number: float, dtype: np.dtype) -> None:
    found = int(widen(integers_from_float(np.asarray(number), dtype)))
    least, greatest = integer_range(dtype)
    if np.isnan(number):
        assert found == 0
    elif np.isinf(number):
        assert found == (greatest if number > 0 else least)
    else:
        assert found == min(max(int(number), least), greatest)


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda d: d.name)
def test_integers_wrap(dtype: np.dtype) -> None:
    width = bit_width(dtype)
    least, greatest = integer_range(dtype)
    numbers = np.asarray([0, 1, -1, greatest - 1 if width < 64 else 5, 7, -9], np.int64)
    found = widen(narrow(numbers, dtype))
    expected = [(int(n) - least) % (1 << width) + least for n in numbers]
    assert [int(x) for x in found] == expected
    assert greatest - least + 1 == 1 << width


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS], ids=lambda d: d.name)
def test_bits_come_back(dtype: np.dtype) -> None:
    width = bit_width(dtype)
    bits = np.arange(min(1 << width, 1 << 16)).astype(f"u{dtype.itemsize}")
    assert np.array_equal(as_bits(from_bits(bits, dtype)), bits)
