"""Special functions, against scipy's; and the operations of ``chlo``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given
from hypothesis import strategies as st

from irkit.interpreter import run, special_functions
from irkit.interpreter.closeness import ulp_distance
from irkit.interpreter.numbers import bit_width, integer_range, is_unsigned, narrow, widen
from tests.irkit.interpreter.programs import evaluate, type_of
from tests.irkit.interpreter.test_numbers import INTEGERS

REAL = np.concatenate([np.linspace(-40, 40, 4001), np.geomspace(1e-12, 1e6, 400)])


@pytest.mark.parametrize(
    ("ours", "theirs", "inputs"),
    [
        (special_functions.erf, scipy.special.erf, REAL),
        (special_functions.erfc, scipy.special.erfc, REAL[REAL < 26]),
        (special_functions.erf_inv, scipy.special.erfinv, np.linspace(-1, 1, 2001)),
        (special_functions.erf_inv, scipy.special.erfinv, 1 - np.geomspace(1e-15, 0.5, 200)),
        (special_functions.lgamma, scipy.special.gammaln, REAL[REAL > 0.01]),
        (special_functions.digamma, scipy.special.digamma, REAL[REAL > 0.01]),
        (special_functions.bessel_i1e, scipy.special.i1e, REAL),
    ],
)
def test_as_scipy(ours: Callable[..., Any], theirs: Callable[..., Any], inputs: np.ndarray) -> None:
    found, expected = ours(inputs), theirs(inputs)
    assert np.allclose(found, expected, rtol=2e-14, atol=2e-15, equal_nan=True)


def test_zeta_and_polygamma_as_scipy() -> None:
    s, q = np.meshgrid([1.5, 2, 3, 7.25, 20], [0.1, 1, 2.5, 30, 1e4])
    assert np.allclose(special_functions.zeta(s, q), scipy.special.zeta(s, q), rtol=1e-13, atol=0)
    n, x = np.meshgrid(np.arange(6), [0.2, 1, 3.5, 12, 100])
    found = special_functions.polygamma(n.astype(float), x)
    assert np.allclose(found, scipy.special.polygamma(n, x), rtol=1e-12, atol=1e-14)


NEGATIVE = (-0.25, -0.5, -1e-20, -8.5, -15.5, -20.25, -100.3, -1e5 - 0.3)


@pytest.mark.parametrize("s", [1.0 + 1e-9, 1.5, 2, 3, 7, 20, 100, np.inf])
def test_zeta_far_out_as_scipy(s: float) -> None:
    q = np.asarray([5e-324, 1e-300, 1e-10, 1.0, 1e20, 1e100, 1e308, np.inf])
    found = special_functions.zeta(np.asarray(float(s)), q)
    expected = scipy.special.zeta(s, q)
    if s == np.inf:
        # scipy gives NaN for some numbers above 1, whose powers vanish.
        expected = np.where(q > 1, 0.0, expected)
    assert np.allclose(found, expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("s", [2, 3, 6, 7, 20, 30])
def test_zeta_of_negative_numbers_as_scipy(s: int) -> None:
    q = np.asarray(NEGATIVE)
    found = special_functions.zeta(np.asarray(float(s)), q)
    # Of odd powers the sums on both sides of 0 cancel in part.
    size = scipy.special.zeta(s, q - np.floor(q)) + scipy.special.zeta(s, np.ceil(q) - q)
    with np.errstate(all="ignore"):
        near = np.abs(found - scipy.special.zeta(s, q)) <= 1e-13 * size
        assert np.all(near | (found == scipy.special.zeta(s, q)))
        derivative = special_functions.polygamma(np.asarray(s - 1.0), q)
        expected = scipy.special.polygamma(s - 1, q)
        near = np.abs(derivative - expected) <= 1e-13 * size * scipy.special.gamma(s)
        assert np.all(near | (derivative == expected))


def test_zeta_has_no_broken_powers_of_negative_numbers() -> None:
    s = np.asarray([1.5, 2.5, np.inf, np.nan])
    assert np.all(np.isnan(special_functions.zeta(s, np.asarray(-0.5))))


def test_digamma_beside_its_poles_as_scipy() -> None:
    x = np.asarray([-5e-324, -1e-310, -1e-20, 1e-20, 5e-324, -1e-5, -2 - 5e-16])
    with np.errstate(all="ignore"):
        expected = scipy.special.digamma(x)
    assert np.allclose(special_functions.digamma(x), expected, rtol=1e-14, atol=0)


def test_poles() -> None:
    x = np.asarray([0.0, -1.0, -2.0])
    assert np.all(np.isposinf(special_functions.lgamma(x)))
    assert np.all(np.isnan(special_functions.digamma(x)))
    large = np.asarray([2.5e305, 1e306, 1.7e308])
    assert np.array_equal(special_functions.lgamma(large), scipy.special.gammaln(large))
    assert np.isposinf(special_functions.zeta(np.asarray(1.0), np.asarray(2.0)))
    ends = special_functions.erf_inv(np.asarray([1.0, -1.0, 1.5]))
    assert ends[0] == np.inf
    assert ends[1] == -np.inf
    assert np.isnan(ends[2])


@given(st.floats(width=32), st.floats(width=32))
def test_next_after(x: float, y: float) -> None:
    """Against C's, by numpy."""
    a, b = np.asarray([x], np.float32), np.asarray([y], np.float32)
    text = "%r = chlo.next_after %a, %b : tensor<1xf32>, tensor<1xf32> -> tensor<1xf32>"
    found = evaluate(text, a, b, result="tensor<1xf32>")
    with np.errstate(all="ignore"):
        expected = np.nextafter(a, b)
    assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda d: d.name)
def test_mulhi_is_the_high_half(dtype: np.dtype) -> None:
    least, greatest = integer_range(dtype)
    numbers = sorted({least, least + 1, -1 if least else 1, 0, 1, greatest - 1, greatest})
    numbers = [n for n in numbers if least <= n <= greatest]
    pairs = [(x, y) for x in numbers for y in numbers]
    kind = np.uint64 if is_unsigned(dtype) else np.int64
    x, y = (narrow(np.asarray(side, kind), dtype) for side in zip(*pairs, strict=True))
    t = type_of(x)
    found = evaluate(f"%r = chlo.mulhi %a, %b : {t}, {t} -> {t}", x, y, result=t)
    assert [int(v) for v in widen(found)] == [a * b >> bit_width(dtype) for a, b in pairs]


def test_top_k_takes_the_first_of_equal_ones() -> None:
    text = """func.func @main(%x: tensor<2x5xf32>) -> (tensor<2x3xf32>, tensor<2x3xi32>) {
      %v, %i = chlo.top_k(%x, k = 3) : tensor<2x5xf32> -> (tensor<2x3xf32>, tensor<2x3xi32>)
      return %v, %i : tensor<2x3xf32>, tensor<2x3xi32>
    }"""
    values, places = run(text, [[[1, 3, 2, 3, 0], [-0.0, 0.0, np.nan, -np.inf, 1]]])
    assert np.array_equal(places, [[1, 3, 2], [2, 4, 1]])
    assert np.array_equal(values, [[3, 3, 2], [np.nan, 1, 0]], equal_nan=True)


def test_cosh_and_sinh_are_close() -> None:
    x = np.linspace(-20, 20, 999).astype(np.float64)
    for name in ("cosh", "sinh"):
        t = type_of(x)
        found = evaluate(f"%r = chlo.{name} %a : {t} -> {t}", x, result=t)
        assert int(ulp_distance(found, getattr(np, name)(x)).max()) < 64
