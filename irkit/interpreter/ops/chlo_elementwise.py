"""The elementwise operations of ``chlo``.

Source: ``ChloOps.td`` of https://github.com/openxla/stablehlo
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import numpy as np
from xdsl.dialects.builtin import TensorType

from dialects.chlo.binary import MulhiOp, NextAfterOp, PolygammaOp, ZetaOp
from dialects.chlo.broadcast_binary import (
    BroadcastAddOp,
    BroadcastAndOp,
    BroadcastAtan2Op,
    BroadcastCompareOp,
    BroadcastComplexOp,
    BroadcastDivOp,
    BroadcastMaxOp,
    BroadcastMinOp,
    BroadcastMulOp,
    BroadcastNextAfterOp,
    BroadcastOrOp,
    BroadcastPolygammaOp,
    BroadcastPowOp,
    BroadcastRemOp,
    BroadcastShiftLeftOp,
    BroadcastShiftRightArithmeticOp,
    BroadcastShiftRightLogicalOp,
    BroadcastSubOp,
    BroadcastXorOp,
    BroadcastZetaOp,
)
from dialects.chlo.select import BroadcastSelectOp
from dialects.chlo.unary import (
    AcoshOp,
    AcosOp,
    AsinhOp,
    AsinOp,
    AtanhOp,
    AtanOp,
    BesselI1eOp,
    ConjOp,
    CoshOp,
    DigammaOp,
    ErfcOp,
    ErfInvOp,
    ErfOp,
    IsInfOp,
    IsNegInfOp,
    IsPosInfOp,
    LgammaOp,
    SinhOp,
    SquareOp,
    TanOp,
)
from dialects.constraints import ConstraintError
from dialects.stablehlo.attributes import ComparisonDirection
from dialects.stablehlo.binary import (
    AddOp,
    AndOp,
    Atan2Op,
    ComplexOp,
    DivOp,
    MaxOp,
    MinOp,
    MulOp,
    OrOp,
    PowOp,
    RemOp,
    ShiftLeftOp,
    ShiftRightArithmeticOp,
    ShiftRightLogicalOp,
    SubtractOp,
    XorOp,
)
from dialects.stablehlo.unranked import element_of
from dialects.stablehlo.windows import integers
from irkit.interpreter import special_functions
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import UnsupportedError
from irkit.interpreter.numbers import (
    F32,
    F64,
    as_bits,
    bit_width,
    from_bits,
    is_complex,
    is_unsigned,
    narrow,
    quiet,
    widen,
)
from irkit.interpreter.ops import binary
from irkit.interpreter.ops.comparison import compared
from irkit.interpreter.ops.shape import placed
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array

Unary: TypeAlias = Callable[[Array], Array]
Binary: TypeAlias = Callable[[Array, Array], Array]


# -- one operand -------------------------------------------------------------------------------


def _register_unary(operation: type[Any], function: Unary) -> None:
    """A function of ``f64`` or ``c128``; its result is rounded to the operand's type."""
    silent = quiet(function)

    @implements(operation, elementwise=True)
    def evaluate(op: Any, operands: list[Any], context: Context) -> Array:  # pyright: ignore[reportUnusedFunction]
        return narrow(silent(widen(operands[0])), operands[0].dtype)


def square(x: Array) -> Array:
    """The product with itself; of ``a + bi`` the real part is ``(a - b) (a + b)``."""
    if not is_complex(x.dtype):
        return x * x
    numbers: Any = x
    a, b = numbers.real, numbers.imag
    result = np.empty_like(x)
    parts: Any = result
    parts.real, parts.imag = (a - b) * (a + b), 2 * a * b
    return result


def _stepwise(x: Array) -> Array:
    """The numbers in the type in which ``cosh`` and ``sinh`` go step by step."""
    if is_complex(x.dtype) or x.dtype == F64:
        return widen(x)
    return x.astype(F32)


def bessel_i1e(x: Array) -> Array:
    """The modified Bessel function of order 1, scaled.

    Raises :class:`UnsupportedError` for complex numbers, which upstream does not lower either.
    """
    if is_complex(x.dtype):
        raise UnsupportedError("the Bessel function of complex numbers")
    return special_functions.bessel_i1e(x)


_LOG_HALF = math.log(0.5)


@implements(CoshOp, elementwise=True)
@quiet
def cosh(op: CoshOp, operands: list[Any], context: Context) -> Array:
    """The hyperbolic cosine.

    Of real numbers it is the sum of two exponentials, each step rounded to ``f32`` (``f64`` for
    ``f64``): upstream defines it by this expansion, and its tests expect no better.
    """
    x = operands[0]
    if is_complex(x.dtype):
        return narrow(np.cosh(widen(x)), x.dtype)
    wide = _stepwise(x)
    half = wide.dtype.type(_LOG_HALF)
    return narrow(_exp(wide + half) + _exp(half - wide), x.dtype)


@implements(SinhOp, elementwise=True)
@quiet
def sinh(op: SinhOp, operands: list[Any], context: Context) -> Array:
    """The hyperbolic sine; as :func:`cosh`, but where ``abs(x) < 1`` from ``expm1``."""
    x = operands[0]
    if is_complex(x.dtype):
        return narrow(np.sinh(widen(x)), x.dtype)
    wide = _stepwise(x)
    half = wide.dtype.type(_LOG_HALF)
    large = _exp(wide + half) - _exp(half - wide)
    less = narrow(np.expm1(widen(wide)), wide.dtype)
    small = wide.dtype.type(0.5) * (less + less / (less + wide.dtype.type(1)))
    return narrow(np.where(np.abs(wide) < 1, small, large), x.dtype)


def _exp(x: Array) -> Array:
    return narrow(np.exp(widen(x)), x.dtype)


_UNARY: dict[type[Any], Any] = {
    AcosOp: np.arccos,
    AcoshOp: np.arccosh,
    AsinOp: np.arcsin,
    AsinhOp: np.arcsinh,
    AtanOp: np.arctan,
    AtanhOp: np.arctanh,
    BesselI1eOp: bessel_i1e,
    ConjOp: np.conjugate,
    DigammaOp: special_functions.digamma,
    ErfInvOp: special_functions.erf_inv,
    ErfOp: special_functions.erf,
    ErfcOp: special_functions.erfc,
    LgammaOp: special_functions.lgamma,
    SquareOp: square,
    TanOp: np.tan,
}
for _operation, _function in _UNARY.items():
    _register_unary(_operation, _function)


@implements(IsInfOp, elementwise=True)
def is_inf(op: IsInfOp, operands: list[Any], context: Context) -> Array:
    """Whether each element is infinite."""
    return np.isinf(widen(operands[0]))


@implements(IsPosInfOp, elementwise=True)
def is_pos_inf(op: IsPosInfOp, operands: list[Any], context: Context) -> Array:
    """Whether each element is positive infinity."""
    return np.isposinf(widen(operands[0]))


@implements(IsNegInfOp, elementwise=True)
def is_neg_inf(op: IsNegInfOp, operands: list[Any], context: Context) -> Array:
    """Whether each element is negative infinity."""
    return np.isneginf(widen(operands[0]))


# -- two operands ------------------------------------------------------------------------------


def mulhi(x: Array, y: Array) -> Array:
    """The high half of the product of two integers of a width, which has twice the width."""
    width = bit_width(x.dtype)
    if width < 64:
        product = widen(x).astype(np.int64) * widen(y).astype(np.int64)
        if width == 32 and is_unsigned(x.dtype):
            product = x.astype(np.uint64) * y.astype(np.uint64)
        return narrow(product >> product.dtype.type(width), x.dtype)
    a, b = x.view(np.uint64), y.view(np.uint64)
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    cross = (a >> half) * (b & low) + ((a & low) * (b & low) >> half)
    middle = (cross & low) + (a & low) * (b >> half)
    high = (a >> half) * (b >> half) + (cross >> half) + (middle >> half)
    if not is_unsigned(x.dtype):
        # As unsigned numbers, negative ones are 2^64 more.
        high = high - np.where(x < 0, b, 0) - np.where(y < 0, a, 0)
    return np.asarray(high).view(x.dtype)


def next_after(x: Array, y: Array) -> Array:
    """The number of the type that follows ``x`` in the direction of ``y``."""
    a, b = widen(x), widen(y)
    bits = as_bits(x).astype(np.uint64)
    sign, one = np.uint64(1 << bit_width(x.dtype) - 1), np.uint64(1)
    away = (a < b) == (a > 0)
    near = np.where(away, bits + one, bits - one)
    stepped = np.where(a == 0, np.where(b < 0, sign | one, one), near)
    found = from_bits(stepped.astype(np.dtype(f"u{x.dtype.itemsize}")), x.dtype)
    # No step leads to NaN, but the bits of -0 are NaN in formats that have one zero.
    found = np.where(np.isnan(widen(found)), np.zeros((), x.dtype), found)
    found = np.where(a == b, y, found)
    return np.where(np.isnan(a) | np.isnan(b), narrow(a + b, x.dtype), found)


def zeta(x: Array, y: Array) -> Array:
    """Hurwitz's zeta function."""
    return narrow(special_functions.zeta(widen(x), widen(y)), x.dtype)


def polygamma(n: Array, x: Array) -> Array:
    """The ``n``-th derivative of ``digamma``."""
    return narrow(special_functions.polygamma(widen(n), widen(x)), x.dtype)


_BINARY: dict[type[Any], Binary] = {
    MulhiOp: mulhi,
    NextAfterOp: next_after,
    PolygammaOp: polygamma,
    ZetaOp: zeta,
}
_BROADCAST: dict[type[Any], tuple[type[Any], Binary]] = {
    BroadcastAddOp: (AddOp, binary.add),
    BroadcastAndOp: (AndOp, binary.bitwise_and),
    BroadcastAtan2Op: (Atan2Op, binary.atan2),
    BroadcastComplexOp: (ComplexOp, binary.complex_of_parts),
    BroadcastDivOp: (DivOp, binary.divide),
    BroadcastMaxOp: (MaxOp, binary.maximum),
    BroadcastMinOp: (MinOp, binary.minimum),
    BroadcastMulOp: (MulOp, binary.multiply),
    BroadcastNextAfterOp: (NextAfterOp, next_after),
    BroadcastOrOp: (OrOp, binary.bitwise_or),
    BroadcastPolygammaOp: (PolygammaOp, polygamma),
    BroadcastPowOp: (PowOp, binary.power),
    BroadcastRemOp: (RemOp, binary.remainder),
    BroadcastShiftLeftOp: (ShiftLeftOp, binary.shift_left),
    BroadcastShiftRightArithmeticOp: (ShiftRightArithmeticOp, binary.shift_right_arithmetic),
    BroadcastShiftRightLogicalOp: (ShiftRightLogicalOp, binary.shift_right_logical),
    BroadcastSubOp: (SubtractOp, binary.subtract),
    BroadcastXorOp: (XorOp, binary.bitwise_xor),
    BroadcastZetaOp: (ZetaOp, zeta),
}
"""For each operation the one on operands of one shape, and its function."""


def _register_binary(operation: type[Any], function: Binary) -> None:
    silent = quiet(function)

    @implements(operation, elementwise=True)
    def evaluate(op: Any, operands: list[Any], context: Context) -> Array:  # pyright: ignore[reportUnusedFunction]
        return silent(*operands)


def _register_broadcast(operation: type[Any], of_one_shape: type[Any], function: Binary) -> None:
    silent = quiet(function)

    @implements(operation)
    def evaluate(op: Any, operands: list[Any], context: Context) -> Array:  # pyright: ignore[reportUnusedFunction]
        scalar = TensorType(element_of(op.lhs.type), [])
        try:
            of_one_shape.infer([scalar, scalar], {})
        except ConstraintError as error:
            raise UnsupportedError(f"it stands for {error}") from None
        return silent(*_aligned(op, operands))


for _operation, _function in _BINARY.items():
    _register_binary(_operation, _function)
for _operation, (_of_one_shape, _function) in _BROADCAST.items():
    _register_broadcast(_operation, _of_one_shape, _function)


def _aligned(op: Any, operands: list[Array]) -> list[Array]:
    """The operands, that of less rank with its dimensions where ``broadcast_dimensions`` has them;
    without it they are the last ones, as numpy has it."""
    along = integers(op.broadcast_dimensions)
    if along is None:
        return operands
    left, right = operands
    if left.ndim <= right.ndim:
        return [placed(left, along, right.ndim), right]
    return [left, placed(right, along, left.ndim)]


@implements(BroadcastCompareOp)
def broadcast_compare(op: BroadcastCompareOp, operands: list[Any], context: Context) -> Array:
    """``compare`` of operands that are broadcast."""
    left, right = _aligned(op, operands)
    direction = ComparisonDirection(op.comparison_direction.data.value)
    kind = op.compare_type
    total = kind is not None and kind.data.value == "TOTALORDER"
    return compared(left, right, direction, total)


@implements(BroadcastSelectOp)
def broadcast_select(op: BroadcastSelectOp, operands: list[Any], context: Context) -> Array:
    """``select`` of operands that are broadcast as numpy has it."""
    pred, on_true, on_false = cast("list[Array]", operands)
    return np.where(pred, on_true, on_false)
