"""Elementwise operations: corner cases of the specification, and integers against Python's."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from irkit.interpreter.errors import UnsupportedError
from irkit.interpreter.numbers import bit_width, integer_range, is_unsigned, narrow, widen
from tests.irkit.interpreter.programs import binary, evaluate, type_of, unary
from tests.irkit.interpreter.test_numbers import INTEGERS

NAN, INF = math.nan, math.inf


def same(found: np.ndarray, expected: list[float]) -> None:
    """Equal, the sign of zero included; NaN equals NaN."""
    assert np.array_equal(widen(found), expected, equal_nan=True)
    zero = widen(found) == 0
    assert np.array_equal(np.signbit(widen(found))[zero], np.signbit(expected)[zero])


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64, ml_dtypes.bfloat16])
def test_maximum_and_minimum_of_nan_and_zeros(dtype: type) -> None:
    x = np.asarray([NAN, 1, 0.0, -0.0, -0.0, -INF, 3], dtype)
    y = np.asarray([1, NAN, -0.0, 0.0, -0.0, INF, 2], dtype)
    same(binary("maximum", x, y), [NAN, NAN, 0.0, 0.0, -0.0, INF, 3])
    same(binary("minimum", x, y), [NAN, NAN, -0.0, -0.0, -0.0, -INF, 2])


def test_the_remainder_of_complex_numbers_is_not_defined() -> None:
    x = np.asarray([1 + 2j], np.complex64)
    with pytest.raises(UnsupportedError, match="remainder of complex numbers"):
        binary("remainder", x, x)


def test_maximum_of_complex_numbers_is_lexicographic() -> None:
    x, y = np.asarray([1 + 2j, 1 - 1j, 3j], np.complex64), np.asarray([1 + 1j, 2 - 9j, 2j], "c8")
    assert np.array_equal(binary("maximum", x, y), np.asarray([1 + 2j, 2 - 9j, 3j], "c8"))
    assert np.array_equal(binary("minimum", x, y), np.asarray([1 + 1j, 1 - 1j, 2j], "c8"))


def test_rounding() -> None:
    x = np.asarray([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, -0.0, INF, 2251799813685249.5])
    same(unary("round_nearest_even", x), [0, 2, 2, -0.0, -2, 0, -0.0, INF, 2251799813685250])
    same(unary("round_nearest_afz", x), [1, 2, 3, -1, -2, 0, -0.0, INF, 2251799813685250])
    same(unary("ceil", x), [1, 2, 3, -0.0, -1, 1, -0.0, INF, 2251799813685250])
    same(unary("floor", x), [0, 1, 2, -1, -2, 0, -0.0, INF, 2251799813685249])
    same(unary("sign", np.asarray([-2.0, -0.0, 0.0, NAN, 5])), [-1, -0.0, 0, NAN, 1])


def test_remainder_has_the_sign_of_the_dividend() -> None:
    x, y = np.asarray([7.5, -7.5, 7.5, -0.0, INF, 1]), np.asarray([2.0, 2, -2, 1, 1, INF])
    same(binary("remainder", x, y), [1.5, -1.5, 1.5, -0.0, NAN, 1])


def test_operations_of_booleans() -> None:
    x, y = np.asarray([False, False, True, True]), np.asarray([False, True, False, True])
    for name, expected in (
        ("add", [0, 1, 1, 1]),
        ("multiply", [0, 0, 0, 1]),
        ("maximum", [0, 1, 1, 1]),
        ("minimum", [0, 0, 0, 1]),
        ("and", [0, 0, 0, 1]),
        ("or", [0, 1, 1, 1]),
        ("xor", [0, 1, 1, 0]),
    ):
        assert [int(v) for v in binary(name, x, y)] == expected
    assert [int(v) for v in unary("not", x)] == [1, 1, 0, 0]


def test_small_floats_are_rounded_once() -> None:
    """1 + 2^-4 + 2^-20 rounds up in f8E4M3FN, whose middle is 1 + 2^-4; via f32 sums it is exact,
    so a division, which is not, is taken: 1/3 to three bits is 0.34375."""
    dtype = ml_dtypes.float8_e4m3fn
    found = binary("divide", np.asarray([1, 2, 448], dtype), np.asarray([3, 3, 0.5], dtype))
    assert [float(x) for x in found[:2]] == [0.34375, 0.6875]
    # Past the greatest number there is only NaN.
    assert np.isnan(float(found[2]))


def compare(x: np.ndarray, y: np.ndarray, direction: str, kind: str) -> list[bool]:
    types = f"({type_of(x)}, {type_of(y)})"
    result = type_of(np.zeros(x.shape, bool))
    body = f"%r = stablehlo.compare {direction}, %a, %b, {kind} : {types} -> {result}"
    return [bool(v) for v in evaluate(body, x, y, result=result)]


def test_total_order() -> None:
    ordered = np.asarray([-NAN, -INF, -1, -0.0, 0.0, 1, INF, NAN], np.float32)
    ordered[0] = np.copysign(np.float32(NAN), -1)
    assert compare(ordered[:-1], ordered[1:], "LT", "TOTALORDER") == [True] * 7
    assert compare(ordered, ordered, "EQ", "TOTALORDER") == [True] * 8
    plain = compare(ordered[:-1], ordered[1:], "LT", "FLOAT")
    assert plain == [False, True, True, False, True, True, False]
    assert compare(ordered, ordered, "NE", "FLOAT") == [True, *[False] * 6, True]


def test_complex_numbers_compare_lexicographically() -> None:
    x, y = np.asarray([1 + 1j, 1 + 1j, 2], np.complex64), np.asarray([1 + 2j, 1 + 1j, 1 + 9j], "c8")
    assert compare(x, y, "LT", "FLOAT") == [True, False, False]
    assert compare(x, y, "GE", "FLOAT") == [False, True, True]
    assert compare(x, y, "EQ", "FLOAT") == [False, True, False]


def test_clamp_and_select_take_scalars() -> None:
    x = np.asarray([-5, 0, 5, 9], np.int32)
    body = "%r = stablehlo.clamp %b, %a, %c : (tensor<i32>, tensor<4xi32>, tensor<i32>) -> " + (
        type_of(x)
    )
    found = evaluate(body, x, np.int32(-1), np.int32(6), result=type_of(x))
    assert [int(v) for v in found] == [-1, 0, 5, 6]
    body = f"%r = stablehlo.select %c, %a, %b : tensor<i1>, {type_of(x)}"
    assert np.array_equal(evaluate(body, x, -x, np.asarray(True), result=type_of(x)), x)


def test_complex_numbers_are_converted_part_by_part() -> None:
    x = np.asarray([1 / 3 - 1e40j, complex(math.inf, -0.0), complex(NAN, 2)], np.complex128)
    narrow_type, wide_type = "tensor<3xcomplex<f32>>", "tensor<3xcomplex<f64>>"
    body = f"%r = stablehlo.convert %a : ({wide_type}) -> {narrow_type}"
    found = evaluate(body, x, result=narrow_type)
    assert found.dtype == np.complex64
    same(found.real, [np.float32(1 / 3), INF, NAN])
    same(found.imag, [-INF, -0.0, 2])
    body = f"%r = stablehlo.convert %a : ({narrow_type}) -> {wide_type}"
    again = evaluate(body, found, result=wide_type)
    assert again.dtype == np.complex128
    same(again.real, [np.float32(1 / 3), INF, NAN])
    same(again.imag, [-INF, -0.0, 2])


@pytest.mark.parametrize("name", ["int32", "float16", "complex64", "bool"])
def test_complex_numbers_become_others_by_their_real_part(name: str) -> None:
    x = np.asarray([2.5 + 9j, -3 - 1j, 0 + 1j], np.complex64)
    expected = {
        "int32": [2, -3, 0],
        "float16": [2.5, -3, 0],
        "complex64": x.tolist(),
        "bool": [True, True, False],
    }[name]
    result = type_of(np.zeros(3, name))
    found = evaluate(f"%r = stablehlo.convert %a : ({type_of(x)}) -> {result}", x, result=result)
    assert found.dtype == np.dtype(name)
    assert found.tolist() == expected


@pytest.mark.parametrize("name", ["int8", "uint64", "float32", "complex128"])
def test_true_is_one(name: str) -> None:
    x = np.asarray([True, False])
    result = type_of(np.zeros(2, name))
    found = evaluate(f"%r = stablehlo.convert %a : (tensor<2xi1>) -> {result}", x, result=result)
    assert found.dtype == np.dtype(name)
    assert found.tolist() == [1, 0]


# -- integers, against Python's, which have no width -------------------------------------------


def wrapped(number: int, dtype: np.dtype) -> int:
    least, _ = integer_range(dtype)
    return (number - least) % (1 << bit_width(dtype)) + least


def unsigned(number: int, dtype: np.dtype) -> int:
    return number % (1 << bit_width(dtype))


def divided(x: int, y: int, dtype: np.dtype) -> int:
    if y == 0:
        return wrapped(-1, dtype)
    quotient = abs(x) // abs(y)
    return wrapped(quotient if (x < 0) == (y < 0) else -quotient, dtype)


def remainder(x: int, y: int) -> int:
    if y == 0:
        return x
    rest = abs(x) % abs(y)
    return -rest if x < 0 else rest


def shifted_right(x: int, y: int, dtype: np.dtype) -> int:
    width = bit_width(dtype)
    signed = (unsigned(x, dtype) ^ (1 << width - 1)) - (1 << width - 1)
    return wrapped(signed >> min(unsigned(y, dtype), width), dtype)


def raised(x: int, y: int, dtype: np.dtype) -> int:
    if y < 0:
        return {1: 1, -1: -1 if y % 2 else 1}.get(x, 0)
    return wrapped(pow(x, y, 1 << bit_width(dtype)), dtype)


EXPECTED = {
    "add": lambda x, y, d: wrapped(x + y, d),
    "subtract": lambda x, y, d: wrapped(x - y, d),
    "multiply": lambda x, y, d: wrapped(x * y, d),
    "divide": divided,
    "remainder": lambda x, y, d: remainder(x, y),
    "power": raised,
    "maximum": lambda x, y, d: max(x, y),
    "minimum": lambda x, y, d: min(x, y),
    "and": lambda x, y, d: x & y,
    "or": lambda x, y, d: x | y,
    "xor": lambda x, y, d: x ^ y,
    "shift_left": lambda x, y, d: wrapped(
        0 if unsigned(y, d) >= bit_width(d) else x << unsigned(y, d), d
    ),
    "shift_right_logical": lambda x, y, d: wrapped(unsigned(x, d) >> min(unsigned(y, d), 64), d),
    "shift_right_arithmetic": shifted_right,
}
UNARY = {
    "abs": lambda x, d: wrapped(abs(x), d),
    "negate": lambda x, d: wrapped(-x, d),
    "not": lambda x, d: wrapped(~x, d),
    "sign": lambda x, d: (x > 0) - (x < 0),
    "popcnt": lambda x, d: wrapped(unsigned(x, d).bit_count(), d),
    "count_leading_zeros": lambda x, d: wrapped(bit_width(d) - unsigned(x, d).bit_length(), d),
}


def interesting(dtype: np.dtype) -> list[int]:
    least, greatest = integer_range(dtype)
    near = {0, 1, 2, 3, -1, -2, least, least + 1, greatest, greatest - 1, bit_width(dtype)}
    return sorted(n for n in near if least <= n <= greatest)


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda d: d.name)
@pytest.mark.parametrize("name", EXPECTED)
def test_integers_behave_as_pythons(name: str, dtype: np.dtype) -> None:
    numbers = interesting(dtype)
    pairs = [(x, y) for x in numbers for y in numbers]
    kind = np.uint64 if is_unsigned(dtype) else np.int64
    x, y = (narrow(np.asarray(side, kind), dtype) for side in zip(*pairs, strict=True))
    found = [int(v) for v in widen(binary(name, x, y))]
    assert found == [EXPECTED[name](*pair, dtype) for pair in pairs]


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda d: d.name)
@pytest.mark.parametrize("name", UNARY)
def test_integers_of_one_operand_behave_as_pythons(name: str, dtype: np.dtype) -> None:
    if is_unsigned(dtype) and name in ("abs", "sign"):
        return
    numbers = interesting(dtype)
    kind = np.uint64 if is_unsigned(dtype) else np.int64
    found = widen(unary(name, narrow(np.asarray(numbers, kind), dtype)))
    assert [int(v) for v in found] == [UNARY[name](n, dtype) for n in numbers]


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.integers(-(1 << 63), (1 << 63) - 1))
def test_division_of_any_two_integers(x: int, y: int) -> None:
    dtype = np.dtype(np.int64)
    a, b = np.asarray([x]), np.asarray([y])
    assert int(binary("divide", a, b)[0]) == divided(x, y, dtype)
    assert int(binary("remainder", a, b)[0]) == remainder(x, y)
