"""The elementwise operations of ``chlo`` beside XLA, scipy and C's functions of complex numbers."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import scipy.special  # pyright: ignore[reportMissingTypeStubs]

from irkit.interpreter import UnsupportedError
from irkit.interpreter.numbers import bit_width, narrow, widen
from tests.irkit.interpreter.beside_xla import Array, Program, assert_close, tensor
from tests.irkit.interpreter.programs import TYPES, evaluate, type_of

F16, BF16 = np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)
F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
SMALL_FLOATS = [name for name in TYPES if name.startswith(("float4_", "float6_", "float8_"))]
UNARY: dict[str, Callable[[Array], Array]] = {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "bessel_i1e": scipy.special.i1e,
    "conj": np.conjugate,
    "cosh": np.cosh,
    "digamma": scipy.special.digamma,
    "erf": scipy.special.erf,
    "erf_inv": scipy.special.erfinv,
    "erfc": scipy.special.erfc,
    "lgamma": scipy.special.gammaln,
    "sinh": np.sinh,
    "square": np.square,
    "tan": np.tan,
}
"""The function of each operation in ``f64``, by others."""
PREDICATES = ("is_inf", "is_neg_inf", "is_pos_inf")
SPECIAL = (0.0, -0.0, math.inf, -math.inf, math.nan, 1, -1, 0.5, -0.5, 0.999, -0.999)
ORDINARY = (2, -2, -3, 2.5, -2.5, 3.5, -3.5, 1e-3, -1e-3, 10, 20, -20.5, 60, -80, 100, 700, -700)


def numbers(dtype: np.dtype[Any]) -> Array:
    """Special and ordinary numbers, then random ones."""
    random = np.random.default_rng(3)
    parts = [SPECIAL, ORDINARY, random.normal(0, 3, 40), random.uniform(-1, 1, 40)]
    return np.concatenate(parts).astype(dtype).reshape(2, 1, -1)


# -- one operand -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def of_reals() -> dict[str, tuple[Array, Array]]:
    program = Program({dtype.name: numbers(dtype) for dtype in (F32, F64)})
    for name, x in program.inputs.items():
        for function in UNARY:
            program.add(f"{function} {name}", f"chlo.{function}", name, type_of(x))
        for function in PREDICATES:
            program.add(f"{function} {name}", f"chlo.{function}", name, tensor(x.shape, "i1"))
    return program.results()


@pytest.mark.parametrize(("name", "ulps"), [("float32", 32), ("float64", 64)])
@pytest.mark.parametrize("function", UNARY)
def test_a_function_of_reals_is_xlas(
    function: str, name: str, ulps: int, of_reals: dict[str, tuple[Array, Array]]
) -> None:
    assert_close(*of_reals[f"{function} {name}"], ulps)


@pytest.mark.parametrize("name", ["float32", "float64"])
@pytest.mark.parametrize("function", PREDICATES)
def test_what_is_infinite_is_so_to_xla(
    function: str, name: str, of_reals: dict[str, tuple[Array, Array]]
) -> None:
    ours, theirs = of_reals[f"{function} {name}"]
    assert ours.dtype == np.bool
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", [F16, BF16, F32], ids=str)
@pytest.mark.parametrize("function", UNARY)
def test_a_function_of_reals_is_scipys_rounded_once(function: str, dtype: np.dtype[Any]) -> None:
    """Denormals, too, which XLA takes for zero; of -0 and at poles scipy differs from XLA."""
    least = float(ml_dtypes.finfo(dtype).smallest_subnormal)
    denormals = np.asarray([least, -least, 3 * least, -5 * least]).astype(dtype)
    x = np.concatenate([numbers(dtype).reshape(-1)[len(SPECIAL) :], denormals])
    with np.errstate(all="ignore"):
        expected = narrow(UNARY[function](widen(x)), dtype)
    t = type_of(x)
    found = evaluate(f"%r = chlo.{function} %a : {t} -> {t}", x, result=t)
    # These go step by step in f32, as upstream defines them.
    stepwise = dtype == F32 and function in ("cosh", "sinh")
    assert_close(found, expected, 32 if stepwise else 1)


@pytest.mark.parametrize("function", UNARY)
def test_a_function_knows_no_shape(function: str) -> None:
    x = numbers(F32)
    found: list[bytes] = []
    for shape in ((x.size,), (3, 1, 1, x.size // 3, 1)):
        given = x.reshape(shape)
        t = type_of(given)
        result = evaluate(f"%r = chlo.{function} %a : {t} -> {t}", given, result=t)
        assert result.shape == shape
        found.append(result.tobytes())
    assert found[0] == found[1]
    for given in (np.asarray(0.25, np.float32), np.zeros((2, 0, 3), np.float32)):
        t = type_of(given)
        found_of_few = evaluate(f"%r = chlo.{function} %a : {t} -> {t}", given, result=t)
        assert found_of_few.shape == given.shape
        assert found_of_few.dtype == np.float32


COMPLEX = [name for name in UNARY if name not in ("bessel_i1e", "digamma", "lgamma")]
COMPLEX = [name for name in COMPLEX if not name.startswith("erf")]


@pytest.fixture(scope="module")
def of_complex_numbers() -> dict[str, tuple[Array, Array]]:
    random = np.random.default_rng(5)
    parts = random.normal(0, 2, (2, 60))
    z = np.concatenate([parts[0] + 1j * parts[1], [1e-3 + 1j, 3 + 80j, -40 + 1j, 2j, 2, -2]])
    program = Program({"complex64": z.astype(np.complex64), "complex128": z})
    for name, x in program.inputs.items():
        for function in COMPLEX:
            program.add(f"{function} {name}", f"chlo.{function}", name, type_of(x))
    return program.results()


@pytest.mark.parametrize("name", ["complex64", "complex128"])
@pytest.mark.parametrize("function", COMPLEX)
def test_a_function_of_complex_numbers_is_xlas(
    function: str, name: str, of_complex_numbers: dict[str, tuple[Array, Array]]
) -> None:
    ours, theirs = of_complex_numbers[f"{function} {name}"]
    assert ours.dtype == theirs.dtype
    assert np.all(np.isfinite(ours))
    assert np.all(np.abs(ours - theirs) <= 32 * np.finfo(ours.dtype).eps * np.abs(theirs))


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("function", [f for f in COMPLEX if f not in ("conj", "square")])
def test_cuts_and_infinities_of_complex_functions_are_cs(function: str, dtype: type) -> None:
    """By Python's ``cmath``: the sign of zero tells on which side of a cut a number lies. XLA
    does not look at it."""
    places = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, math.inf, -math.inf)
    z = np.asarray([complex(a, b) for a in places for b in places], dtype)
    t = type_of(z)
    found = evaluate(f"%r = chlo.{function} %a : {t} -> {t}", z, result=t)
    assert found.dtype == dtype
    eps = float(np.finfo(dtype).eps)
    for number, ours in zip(z, found, strict=True):
        try:
            theirs = getattr(cmath, function)(complex(number))
        except ValueError:
            assert not np.isfinite(ours), number
            continue
        for a, b in ((ours.real, theirs.real), (ours.imag, theirs.imag)):
            if math.isfinite(b):
                assert abs(float(a) - b) <= 2 * eps * abs(theirs), (number, ours, theirs)
                # C leaves the sign of the zero open in the tangent of an infinite angle.
                unknown = function == "tan" and math.isinf(number.real)
                assert b or unknown or math.copysign(1, a) == math.copysign(1, b), (number, ours)
            else:
                assert np.array_equal(a, b, equal_nan=True), (number, ours, theirs)


def test_the_bessel_function_of_complex_numbers_is_not_there() -> None:
    z = np.asarray([1 + 2j], np.complex64)
    t = type_of(z)
    with pytest.raises(UnsupportedError, match="Bessel function of complex numbers"):
        evaluate(f"%r = chlo.bessel_i1e %a : {t} -> {t}", z, result=t)


# -- two operands ------------------------------------------------------------------------------


def of_two(function: str, x: Array, y: Array) -> Array:
    t = type_of(x)
    return evaluate(f"%r = chlo.{function} %a, %b : {t}, {t} -> {t}", x, y, result=t)


def pairs(numbers: Array) -> tuple[Array, Array]:
    places = np.arange(len(numbers))
    x, y = np.meshgrid(places, places)
    return numbers[x.reshape(-1)], numbers[y.reshape(-1)]


@pytest.mark.parametrize("name", SMALL_FLOATS)
def test_the_next_number_of_every_pair_of_small_floats(name: str) -> None:
    dtype = np.dtype(getattr(ml_dtypes, name))
    x, y = pairs(np.arange(1 << bit_width(dtype), dtype=np.uint8).view(dtype))
    found = of_two("next_after", x, y)
    with np.errstate(all="ignore"):
        expected = np.nextafter(x, y)
    nan = np.isnan(widen(expected))
    np.testing.assert_array_equal(np.isnan(widen(found)), nan)
    np.testing.assert_array_equal(found.view(np.uint8)[~nan], expected.view(np.uint8)[~nan])


@pytest.mark.parametrize("dtype", [F16, BF16, F32, F64], ids=str)
def test_the_next_number_is_numpys(dtype: np.dtype[Any]) -> None:
    limits = ml_dtypes.finfo(dtype)
    least, most = float(limits.smallest_subnormal), float(limits.max)
    signs = [0.0, 1.0, 1.5, 2.0, least, float(limits.smallest_normal), most, math.inf]
    x, y = pairs(np.asarray([*signs, *(-number for number in signs), math.nan]).astype(dtype))
    found = of_two("next_after", x, y)
    with np.errstate(all="ignore"):
        # Of equal numbers C has the second, which numpy forgets for f16.
        expected = np.where(widen(x) == widen(y), y, np.nextafter(x, y))
    np.testing.assert_array_equal(widen(found), widen(expected))
    np.testing.assert_array_equal(np.signbit(widen(found)), np.signbit(widen(expected)))


@pytest.fixture(scope="module")
def of_two_reals() -> dict[str, tuple[Array, Array]]:
    orders = np.asarray([0, 1, 2, 3, 6, 1.5, -1, math.nan])
    places = np.asarray([0.25, 1, 1.5, 2.5, 10, 1000, math.nan])
    x, y = (side.reshape(-1, 2, 1) for side in np.meshgrid(orders, places))
    inputs = {"xf32": x.astype(F32), "yf32": y.astype(F32), "xf64": x, "yf64": y}
    program = Program(inputs)
    for kind in ("f32", "f64"):
        for function in ("polygamma", "zeta"):
            result = tensor(x.shape, kind)
            program.add(f"{function} {kind}", f"chlo.{function}", f"x{kind} y{kind}", result)
    return program.results()


@pytest.mark.parametrize("label", ["polygamma f32", "polygamma f64", "zeta f32", "zeta f64"])
def test_a_function_of_two_reals_is_xlas(
    label: str, of_two_reals: dict[str, tuple[Array, Array]]
) -> None:
    assert_close(*of_two_reals[label], 64)


@pytest.mark.parametrize("dtype", [F16, BF16], ids=str)
def test_a_function_of_two_narrow_reals_is_scipys_rounded_once(dtype: np.dtype[Any]) -> None:
    x, y = (side.reshape(-1).astype(dtype) for side in np.meshgrid([2, 3, 7], [0.3, 1, 2.5, 40]))
    a, b = widen(x), widen(y)
    assert_close(of_two("zeta", x, y), narrow(scipy.special.zeta(a, b), dtype), 1)
    expected = narrow(scipy.special.polygamma(a.astype(int), b), dtype)
    assert_close(of_two("polygamma", x, y), expected, 1)
