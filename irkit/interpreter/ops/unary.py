"""Elementwise functions of one operand.

Transcendental functions are evaluated in ``f64`` (``c128``) and rounded once; ``result_accuracy``
asks for no less, so it is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

from dialects.stablehlo.unary import (
    AbsOp,
    CbrtOp,
    CeilOp,
    ClzOp,
    CosineOp,
    Expm1Op,
    ExpOp,
    FloorOp,
    ImagOp,
    IsFiniteOp,
    Log1pOp,
    LogisticOp,
    LogOp,
    NegOp,
    NotOp,
    PopulationCountOp,
    RealOp,
    RoundNearestEvenOp,
    RoundOp,
    RsqrtOp,
    SignOp,
    SineOp,
    SqrtOp,
    TanhOp,
    TanOp,
)
from irkit.interpreter.engine import Context
from irkit.interpreter.numbers import (
    as_bits,
    bit_width,
    is_complex,
    is_float,
    narrow,
    part_dtype,
    parts,
    quiet,
    widen,
)
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array

Unary: TypeAlias = Callable[[Array], Array]
UnaryT = TypeVar("UnaryT", bound=Unary)


def _unary(operation: type[Any]) -> Callable[[UnaryT], UnaryT]:
    """Registers a function of an array."""

    def register(function: UnaryT) -> UnaryT:
        silent = quiet(function)

        @implements(operation, elementwise=True)
        def evaluate(op: Any, operands: list[Any], context: Context) -> Array:  # pyright: ignore[reportUnusedFunction]
            return silent(operands[0])

        return function

    return register


def _real_or_complex(operation: type[Any]) -> Callable[[UnaryT], UnaryT]:
    """Registers a function of ``f64`` or ``c128``; its result is rounded to the operand's type."""

    def register(function: UnaryT) -> UnaryT:
        silent = quiet(function)

        @implements(operation, elementwise=True)
        def evaluate(op: Any, operands: list[Any], context: Context) -> Array:  # pyright: ignore[reportUnusedFunction]
            return narrow(silent(widen(operands[0])), operands[0].dtype)

        return function

    return register


# -- arithmetic --------------------------------------------------------------------------------


@_unary(AbsOp)
def absolute(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#abs

    The least integer has no positive counterpart and stays. Of complex numbers the modulus.
    """
    return narrow(np.abs(widen(x)), part_dtype(x.dtype))


@_unary(NegOp)
def negate(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#negate

    Integers wrap around.
    """
    return narrow(np.negative(widen(x)), x.dtype)


@_unary(SignOp)
def sign(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#sign

    NaN and -0 stay.
    """
    wide = widen(x)
    if is_complex(x.dtype):
        modulus = widen(absolute(x))
        unit = np.where(wide == 0, 0, wide / np.where(modulus == 0, 1, modulus))
        return narrow(np.where(np.isnan(wide), complex(np.nan, np.nan), unit), x.dtype)
    if is_float(x.dtype):
        return narrow(np.where((wide == 0) | np.isnan(wide), wide, np.sign(wide)), x.dtype)
    return narrow(np.sign(wide), x.dtype)


@_unary(NotOp)
def invert(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#not"""
    return narrow(np.invert(widen(x)), x.dtype)


@_unary(PopulationCountOp)
def population_count(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#popcnt"""
    return narrow(np.bitwise_count(as_bits(x)), x.dtype)


@_unary(ClzOp)
def count_leading_zeros(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#count_leading_zeros"""
    bits = as_bits(x)
    for shift in (1, 2, 4, 8, 16, 32):
        if shift < 8 * bits.dtype.itemsize:
            bits = bits | bits >> bits.dtype.type(shift)
    return narrow(bit_width(x.dtype) - np.bitwise_count(bits).astype(np.int64), x.dtype)


# -- parts of numbers --------------------------------------------------------------------------


@_unary(RealOp)
def real(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#real"""
    return parts(x)[0].copy() if is_complex(x.dtype) else x


@_unary(ImagOp)
def imaginary(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#imag"""
    return parts(x)[1].copy() if is_complex(x.dtype) else np.zeros_like(x)


@_unary(IsFiniteOp)
def is_finite(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#is_finite"""
    return np.isfinite(widen(x))


# -- rounding ----------------------------------------------------------------------------------


@_real_or_complex(CeilOp)
def ceil(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#ceil"""
    return np.ceil(x)


@_real_or_complex(FloorOp)
def floor(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#floor"""
    return np.floor(x)


@_real_or_complex(RoundNearestEvenOp)
def round_nearest_even(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#round_nearest_even"""
    return np.rint(x)


@_real_or_complex(RoundOp)
def round_nearest_afz(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#round_nearest_afz"""
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(1.0, x), whole)


# -- transcendental functions ------------------------------------------------------------------


@_real_or_complex(CbrtOp)
def cbrt(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#cbrt

    Of complex numbers the principal root.
    """
    if not is_complex(x.dtype):
        return np.cbrt(x)
    radius, angle = np.cbrt(np.abs(x)), np.angle(x) / 3
    return _complex(radius * np.cos(angle), radius * np.sin(angle))


@_real_or_complex(CosineOp)
def cosine(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#cosine"""
    return np.cos(x)


@_real_or_complex(SineOp)
def sine(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#sine"""
    return np.sin(x)


@_real_or_complex(TanOp)
def tan(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#tan"""
    return np.tan(x)


@_real_or_complex(TanhOp)
def tanh(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#tanh"""
    return np.tanh(x)


@_real_or_complex(ExpOp)
def exponential(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#exponential"""
    return np.exp(x)


@_real_or_complex(Expm1Op)
def exponential_minus_one(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#exponential_minus_one"""
    return np.expm1(x)


@_real_or_complex(LogOp)
def log(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#log"""
    return np.log(x)


@_real_or_complex(Log1pOp)
def log_plus_one(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#log_plus_one"""
    if not is_complex(x.dtype):
        return np.log1p(x)
    a, b = parts(x)
    size = np.hypot(1 + a, b)
    # numpy adds 1 first, which loses the digits of small numbers.
    beside_one = 0.5 * np.log1p(a * (2 + a) + b * b)
    near = (size > 0.5) & (size < 2) & (np.hypot(a, b) < 2)
    return np.where(near, _complex(beside_one, np.arctan2(b, 1 + a)), np.log1p(x))


@_real_or_complex(LogisticOp)
def logistic(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#logistic"""
    return _reciprocal(1 + np.exp(-x))


@_real_or_complex(SqrtOp)
def sqrt(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#sqrt"""
    return np.sqrt(x)


@_real_or_complex(RsqrtOp)
def rsqrt(x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#rsqrt"""
    return _reciprocal(np.sqrt(x))


def _reciprocal(x: Array) -> Array:
    """``1 / x``; of an infinite complex number zero, as C has it, where numpy gives NaN."""
    if not is_complex(x.dtype):
        return 1 / x
    a, b = parts(x)
    zero = _complex(np.copysign(0.0, a), np.copysign(0.0, -b))
    return np.where(np.isinf(x), zero, 1 / x)


def _complex(real_part: Array, imaginary_part: Array) -> Array:
    result = np.empty(real_part.shape, np.complex128)
    result.real, result.imag = real_part, imaginary_part
    return result
