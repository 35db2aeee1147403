"""Elementwise functions of two operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np

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
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import UnsupportedError
from irkit.interpreter.numbers import (
    BOOL,
    F32,
    F64,
    as_bits,
    bit_width,
    complex_dtype,
    from_bits,
    integer_range,
    is_complex,
    is_float,
    is_unsigned,
    narrow,
    quiet,
    widen,
)
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array

Binary: TypeAlias = Callable[[Array, Array], Array]
BinaryT = TypeVar("BinaryT", bound=Binary)


def _binary(operation: type[Any]) -> Callable[[BinaryT], BinaryT]:
    """Registers a function of two arrays of one dtype."""

    def register(function: BinaryT) -> BinaryT:
        silent = quiet(function)

        @implements(operation, elementwise=True)
        def evaluate(op: Any, operands: list[Any], context: Context) -> Array:  # pyright: ignore[reportUnusedFunction]
            return silent(operands[0], operands[1])

        return function

    return register


def _arithmetic(function: Any, x: Array, y: Array) -> Array:
    """``+``, ``-``, ``*`` or ``/`` in numpy: ``f32`` and ``f64`` as the processor rounds them,
    narrower floats through ``f64``."""
    if x.dtype in (F32, F64) or x.dtype.kind in "ciu":
        return cast(Array, function(x, y))
    return narrow(function(widen(x), widen(y)), x.dtype)


# -- arithmetic --------------------------------------------------------------------------------


@_binary(AddOp)
def add(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#add

    Integers wrap around; of booleans it is ``or``.
    """
    return np.logical_or(x, y) if x.dtype == BOOL else _arithmetic(np.add, x, y)


@_binary(SubtractOp)
def subtract(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#subtract

    Integers wrap around.
    """
    return _arithmetic(np.subtract, x, y)


@_binary(MulOp)
def multiply(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#multiply

    Integers wrap around; of booleans it is ``and``.
    """
    return np.logical_and(x, y) if x.dtype == BOOL else _arithmetic(np.multiply, x, y)


@_binary(DivOp)
def divide(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#divide

    Of integers the quotient without its fraction. By zero it is -1 (all bits set), as XLA has it;
    the least integer by -1 is itself.
    """
    if is_complex(x.dtype):
        return narrow(np.divide(widen(x), widen(y)), x.dtype)
    if is_float(x.dtype):
        return _arithmetic(np.divide, x, y)
    return narrow(_quotient(widen(x), widen(y)), x.dtype)


@_binary(RemOp)
def remainder(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#remainder

    It has the sign of the dividend. Of an integer by zero it is the dividend, as XLA has it. Raises
    :class:`UnsupportedError` for complex numbers, for which the specification does not define it.
    """
    if is_complex(x.dtype):
        raise UnsupportedError("the specification does not define the remainder of complex numbers")
    a, b = widen(x), widen(y)
    if is_float(x.dtype):
        return narrow(np.fmod(a, b), x.dtype)
    unit = (b == 0) if is_unsigned(x.dtype) else (b == 0) | (b == -1)
    found = np.fmod(a, np.where(unit, 1, b).astype(b.dtype))
    return narrow(np.where(b == 0, a, found), x.dtype)


def _quotient(a: Array, b: Array) -> Array:
    """Integer division that truncates."""
    if is_unsigned(a.dtype):
        greatest = integer_range(a.dtype)[1]
        return np.where(b == 0, a.dtype.type(greatest), a // np.where(b == 0, 1, b).astype(b.dtype))
    special = (b == 0) | (b == -1)
    divisor = np.where(special, 1, b).astype(b.dtype)
    rest = np.fmod(a, divisor)
    # Exact, so that the way // rounds does not matter.
    exact = (a - rest) // divisor
    return np.where(b == 0, a.dtype.type(-1), np.where(b == -1, np.negative(a), exact))


@_binary(PowOp)
def power(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#power

    Integers wrap around; to a negative power all but 1 and -1 are 0.
    """
    if is_float(x.dtype) or is_complex(x.dtype):
        return narrow(np.power(widen(x), widen(y)), x.dtype)
    base, exponent = np.broadcast_arrays(widen(x), widen(y))
    dtype, zero = base.dtype, base.dtype.type(0)
    negative = exponent < 0
    lost = negative & (np.abs(base) != 1)
    left = np.where(negative, np.negative(exponent), exponent).astype(dtype)
    left = left.view(np.dtype(f"u{dtype.itemsize}"))
    result = np.ones_like(base)
    while np.any(left):
        result = np.where(left & 1, result * base, result)
        base, left = base * base, left >> 1
    return narrow(np.where(lost, zero, result), x.dtype)


@_binary(MaxOp)
def maximum(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#maximum

    NaN if either is; +0 is greater than -0. Complex numbers are compared by real, then by imaginary
    part.
    """
    return _extreme(x, y, np.maximum, np.bitwise_and)


@_binary(MinOp)
def minimum(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#minimum

    NaN if either is; -0 is less than +0. Complex numbers are compared by real, then by imaginary
    part.
    """
    return _extreme(x, y, np.minimum, np.bitwise_or)


def _extreme(x: Array, y: Array, function: Any, signs: Any) -> Array:
    a, b = widen(x), widen(y)
    found = function(a, b)
    if is_float(x.dtype):
        negative = signs(np.signbit(a), np.signbit(b))
        found = np.where((a == 0) & (b == 0), np.where(negative, -0.0, 0.0), found)
    return narrow(found, x.dtype)


@_binary(Atan2Op)
def atan2(y: Array, x: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#atan2"""
    a, b = widen(y), widen(x)
    if is_float(y.dtype):
        return narrow(np.arctan2(a, b), y.dtype)
    return narrow(-1j * np.log((b + 1j * a) / np.sqrt(b * b + a * a)), y.dtype)


@_binary(ComplexOp)
def complex_of_parts(real: Array, imaginary: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#complex"""
    shape = np.broadcast_shapes(real.shape, imaginary.shape)
    result = np.empty(shape, complex_dtype(real.dtype))
    result.real, result.imag = real, imaginary
    return result


# -- bits --------------------------------------------------------------------------------------


@_binary(AndOp)
def bitwise_and(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#and"""
    return narrow(np.bitwise_and(widen(x), widen(y)), x.dtype)


@_binary(OrOp)
def bitwise_or(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#or"""
    return narrow(np.bitwise_or(widen(x), widen(y)), x.dtype)


@_binary(XorOp)
def bitwise_xor(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#xor"""
    return narrow(np.bitwise_xor(widen(x), widen(y)), x.dtype)


@_binary(ShiftLeftOp)
def shift_left(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#shift_left

    By the width or more (a negative number of bits is a large unsigned one) it is 0.
    """
    bits, by, past = _shift_operands(x, y)
    shifted = np.where(past, 0, bits << by).astype(bits.dtype)
    return from_bits(shifted & bits.dtype.type((1 << bit_width(x.dtype)) - 1), x.dtype)


@_binary(ShiftRightLogicalOp)
def shift_right_logical(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#shift_right_logical

    By the width or more (a negative number of bits is a large unsigned one) it is 0.
    """
    bits, by, past = _shift_operands(x, y)
    return from_bits(np.where(past, 0, bits >> by).astype(bits.dtype), x.dtype)


@_binary(ShiftRightArithmeticOp)
def shift_right_arithmetic(x: Array, y: Array) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#shift_right_arithmetic

    By the width or more (a negative number of bits is a large unsigned one) it is all sign bits.
    Unsigned numbers, too, are taken to have a sign bit.
    """
    _, by, past = _shift_operands(x, y)
    width = bit_width(x.dtype)
    signed = widen(x)
    if is_unsigned(x.dtype):
        signed = signed.view(np.dtype(f"i{signed.dtype.itemsize}"))
        lost = signed.dtype.type(8 * signed.dtype.itemsize - width)
        signed = signed << lost >> lost
    by = np.where(past, width - 1, by).astype(signed.dtype)
    return narrow(signed >> by, x.dtype)


def _shift_operands(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """The bits of ``x``, by how much to shift them, and where that is past the width."""
    bits, by = as_bits(x), as_bits(y)
    past = by >= bit_width(x.dtype)
    return bits, np.where(past, 0, by).astype(bits.dtype), past
