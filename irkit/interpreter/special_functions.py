"""Functions of real numbers that numpy lacks, on ``f64``.

Each is correct to a few units in the last place of ``f64``, so that rounding to a narrower format
gives what the exact value would; ``digamma`` and ``lgamma`` near their zeros to some 1e-16.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np

from irkit.interpreter.numbers import quiet
from irkit.interpreter.values import Array

_BERNOULLI: Final = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
    854513 / 138,
    -236364091 / 2730,
)
"""Bernoulli's numbers ``B2``, ``B4``, ..."""


def _each(function: Callable[[float], float]) -> Callable[[Array], Array]:
    """A function of one number for arrays."""
    spread: Any = np.frompyfunc(function, 1, 1)

    @quiet
    def on_array(x: Array) -> Array:
        return np.asarray(spread(x)).astype(np.float64)

    return on_array


erf: Final = _each(math.erf)
"""The error function."""
erfc: Final = _each(math.erfc)
"""1 less the error function."""


def _lgamma(x: float) -> float:
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return math.inf
    try:
        return math.lgamma(x)
    except OverflowError:
        return math.inf


lgamma: Final = _each(_lgamma)
"""The logarithm of the absolute value of the gamma function; infinite at its poles."""


@quiet
def erf_inv(x: Array) -> Array:
    """The number whose error function is ``x``; NaN outside of [-1, 1].

    A first approximation (Winitzki, 2008), made exact by Newton's method on ``erf`` where that has
    all its digits, and on ``erfc`` where that has.
    """
    size = np.abs(x)
    inside = np.where(size < 1, size, 0.0)
    rest = 1 - inside
    log = np.log(rest * (1 + inside))
    a = 0.147
    half = 2 / (math.pi * a) + log / 2
    y = np.sqrt(np.maximum(np.sqrt(half * half - log / a) - half, 0.0))
    for _ in range(4):
        near = erf(y) - inside
        far = rest - erfc(y)
        slope = 2 / math.sqrt(math.pi) * np.exp(-y * y)
        y = y - np.where(inside < 0.5, near, far) / slope
    y = np.where(inside == 0, inside, y)
    y = np.where(size == 1, np.inf, np.where(size < 1, y, np.nan))
    return np.copysign(y, x)


@quiet
def digamma(x: Array) -> Array:
    """The derivative of the logarithm of the gamma function; NaN at its poles, which are 0 and the
    negative integers.

    Reflected where ``x`` is negative, raised to 10 or more by its recurrence, then Stirling's
    series.
    """
    poles = (x <= 0) & (x == np.floor(x))
    reflected = x < 0.5
    z = np.where(reflected, 1 - x, x)
    result = np.zeros_like(z)
    for _ in range(10):
        low = z < 10
        result = np.where(low, result - 1 / z, result)
        z = np.where(low, z + 1, z)
    inverse = 1 / (z * z)
    series = np.zeros_like(z)
    for k in range(len(_BERNOULLI), 0, -1):
        series = (series + _BERNOULLI[k - 1] / (2 * k)) * inverse
    result = result + np.log(z) - 0.5 / z - series
    # Exact, and as close to a pole as x is.
    fraction = x - np.rint(x)
    result = np.where(reflected, result - math.pi / np.tan(math.pi * fraction), result)
    return np.where(poles | (x == -np.inf), np.nan, result)


@quiet
def zeta(s: Array, q: Array) -> Array:
    """Hurwitz's zeta function, the sum of ``(q + k) ** -s`` for ``k`` from 0.

    NaN for ``s < 1``, and for negative ``q`` where ``s`` is not a whole number; infinite for
    ``s = 1`` and at the poles of ``q``, which are 0 and the negative integers.
    """
    s, q = np.broadcast_arrays(s, q)
    below = q < 0
    result = _zeta_of_positive(s, np.where(below, q - np.floor(q), q))
    # The terms of negative numbers, from the last one (which is exact) back to that of q. Of odd
    # powers the first two parts cancel, so that these are added first.
    sign = np.where(s % 2 == 0, 1.0, -1.0)
    result = np.where(below, result + sign * _zeta_of_positive(s, np.ceil(q) - q), result)
    result = np.where(below, result - sign * _zeta_of_positive(s, 1 - q), result)
    pole = (q <= 0) & (q == np.floor(q))
    natural = np.isfinite(s) & (s == np.floor(s))
    result = np.where(pole, np.inf, np.where(below & ~natural, np.nan, result))
    return np.where(s == 1, np.inf, np.where((s < 1) | np.isnan(s) | np.isnan(q), np.nan, result))


def _zeta_of_positive(s: Array, q: Array) -> Array:
    """The function where ``s > 1`` and ``q > 0``: the first terms, then Euler and Maclaurin's
    formula."""
    result, z = np.zeros_like(q), q
    for _ in range(_ZETA_TERMS):
        result, z = result + np.power(z, -s), z + 1
    power = np.power(z, -s)
    result = result + np.power(z, 1 - s) / (s - 1) + power / 2
    factor, divisor = s * power / z, 2.0
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        result = result + bernoulli / divisor * factor
        factor = factor * (s + 2 * k - 1) * (s + 2 * k) / (z * z)
        divisor *= (2 * k + 1) * (2 * k + 2)
    # Of an infinite power the largest term is left, and of infinite numbers nothing.
    endless = np.where(q < 1, np.inf, np.where(q == 1, 1.0, 0.0))
    return np.where(np.isinf(s), endless, np.where(np.isinf(q), 0.0, result))


_ZETA_TERMS = 12


@quiet
def polygamma(n: Array, x: Array) -> Array:
    """The ``n``-th derivative of :func:`digamma`; NaN where ``n`` is not a natural number."""
    natural = (n >= 0) & (n == np.floor(n))
    order = np.where(natural, n, 1.0)
    factorial = np.exp(lgamma(order + 1))
    factorial = np.where(order <= 20, np.rint(factorial), factorial)
    sign = np.where(order % 2 == 0, -1.0, 1.0)
    found = np.where(order == 0, digamma(x), sign * factorial * zeta(order + 1, x))
    return np.where(natural, found, np.nan)


@quiet
def bessel_i1e(x: Array) -> Array:
    """The modified Bessel function of order 1, times ``exp(-abs(x))``.

    Its power series, of positive terms alone, up to 30; its asymptotic series beyond.
    """
    size = np.abs(x)
    small = np.minimum(size, _SERIES_TO)
    quarter = small * small / 4
    term = small / 2
    total = term
    for k in range(1, 150):
        term = term * quarter / (k * (k + 1))
        total = total + term
    large = np.maximum(size, _SERIES_TO)
    term, series = np.ones_like(large), np.ones_like(large)
    for k in range(1, 30):
        term = term * -(4 - (2 * k - 1) ** 2) / (8 * k * large)
        series = series + term
    far = series / np.sqrt(2 * math.pi * large)
    found = np.where(size <= _SERIES_TO, total * np.exp(-small), np.where(np.isinf(size), 0, far))
    return cast(Array, np.copysign(np.where(np.isnan(x), x, found), x))


_SERIES_TO: Final = 30.0
