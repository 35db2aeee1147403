"""Elementwise operations: one value, two values of one type, and conversions.

Nothing is broadcast: operands have one shape (see :func:`~irkit.hlo.broadcast_in_dim`). Each
function takes and gives the element types that the specification lists for its operation, and
raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, a section for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from xdsl.dialects.builtin import IntegerAttr, i32
from xdsl.ir import Attribute

from dialects.stablehlo.accuracy import ResultAccuracyAttr
from dialects.stablehlo.barrier import OptimizationBarrierOp
from dialects.stablehlo.base import StableHLOOp
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
from dialects.stablehlo.bounded_types import Extent, extents
from dialects.stablehlo.bounded_types import reshaped as retyped
from dialects.stablehlo.conversion import BitcastConvertOp, ConvertOp, ReducePrecisionOp
from dialects.stablehlo.element_types import bit_width
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
from irkit.emit import emit, emit_many
from irkit.hlo.result_types import name_of, typed, with_elements
from irkit.types import DTypeLike
from irkit.value import Value

Accuracy: TypeAlias = ResultAccuracyAttr | None
"""How exact a function must be; usually not said."""


def _accurate(cls: type[StableHLOOp], operand: Value, accuracy: Accuracy) -> Value:
    if accuracy is None:
        return emit(cls, (operand,))
    return emit(cls, (operand,), (accuracy,), _accuracy)


def _accuracy(accuracy: ResultAccuracyAttr) -> Mapping[str, Attribute]:
    return {"result_accuracy": accuracy}


def abs(operand: Value) -> Value:
    """The absolute value; of a complex number its modulus, which is real."""
    return emit(AbsOp, (operand,))


def cbrt(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """The cube root."""
    return _accurate(CbrtOp, operand, result_accuracy)


def ceil(operand: Value) -> Value:
    """The least integer that is not less."""
    return emit(CeilOp, (operand,))


def cosine(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """The cosine, of radians."""
    return _accurate(CosineOp, operand, result_accuracy)


def count_leading_zeros(operand: Value) -> Value:
    """The number of leading zero bits."""
    return emit(ClzOp, (operand,))


def exponential(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """``e ** operand``."""
    return _accurate(ExpOp, operand, result_accuracy)


def exponential_minus_one(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """``e ** operand - 1``, exact for small numbers."""
    return _accurate(Expm1Op, operand, result_accuracy)


def floor(operand: Value) -> Value:
    """The greatest integer that is not greater."""
    return emit(FloorOp, (operand,))


def imag(operand: Value) -> Value:
    """The imaginary part, which is real; zero for a real operand."""
    return emit(ImagOp, (operand,))


def is_finite(x: Value) -> Value:
    """Whether a number is neither infinite nor NaN, as booleans."""
    return emit(IsFiniteOp, (x,))


def log(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """The natural logarithm."""
    return _accurate(LogOp, operand, result_accuracy)


def log_plus_one(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """``log(1 + operand)``, exact for small numbers."""
    return _accurate(Log1pOp, operand, result_accuracy)


def logistic(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """``1 / (1 + e ** -operand)``."""
    return _accurate(LogisticOp, operand, result_accuracy)


def negate(operand: Value) -> Value:
    """``-operand``; two's complement for integers."""
    return emit(NegOp, (operand,))


def not_(operand: Value) -> Value:
    """Logical negation of booleans, bitwise of integers."""
    return emit(NotOp, (operand,))


def popcnt(operand: Value) -> Value:
    """The number of bits that are set."""
    return emit(PopulationCountOp, (operand,))


def real(operand: Value) -> Value:
    """The real part."""
    return emit(RealOp, (operand,))


def round_nearest_afz(operand: Value) -> Value:
    """The nearest integer, ties away from zero."""
    return emit(RoundOp, (operand,))


def round_nearest_even(operand: Value) -> Value:
    """The nearest integer, ties to the even one."""
    return emit(RoundNearestEvenOp, (operand,))


def rsqrt(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """``1 / sqrt(operand)``."""
    return _accurate(RsqrtOp, operand, result_accuracy)


def sign(operand: Value) -> Value:
    """-1, 0 or 1; of a complex number ``operand / abs(operand)``."""
    return emit(SignOp, (operand,))


def sine(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """The sine, of radians."""
    return _accurate(SineOp, operand, result_accuracy)


def sqrt(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """The square root."""
    return _accurate(SqrtOp, operand, result_accuracy)


def tan(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """The tangent, of radians."""
    return _accurate(TanOp, operand, result_accuracy)


def tanh(operand: Value, result_accuracy: Accuracy = None) -> Value:
    """The hyperbolic tangent."""
    return _accurate(TanhOp, operand, result_accuracy)


def add(lhs: Value, rhs: Value) -> Value:
    """``lhs + rhs``; logical OR of booleans."""
    return emit(AddOp, (lhs, rhs))


def and_(lhs: Value, rhs: Value) -> Value:
    """Logical AND of booleans, bitwise of integers."""
    return emit(AndOp, (lhs, rhs))


def atan2(lhs: Value, rhs: Value) -> Value:
    """The angle of the point ``(rhs, lhs)``, in radians."""
    return emit(Atan2Op, (lhs, rhs))


def complex(lhs: Value, rhs: Value) -> Value:
    """``lhs + rhs * 1j``, of f32 or f64."""
    return emit(ComplexOp, (lhs, rhs))


def divide(lhs: Value, rhs: Value) -> Value:
    """``lhs / rhs``, of integers rounded towards zero."""
    return emit(DivOp, (lhs, rhs))


def maximum(lhs: Value, rhs: Value) -> Value:
    """The greater one; logical OR of booleans."""
    return emit(MaxOp, (lhs, rhs))


def minimum(lhs: Value, rhs: Value) -> Value:
    """The lesser one; logical AND of booleans."""
    return emit(MinOp, (lhs, rhs))


def multiply(lhs: Value, rhs: Value) -> Value:
    """``lhs * rhs``; logical AND of booleans."""
    return emit(MulOp, (lhs, rhs))


def or_(lhs: Value, rhs: Value) -> Value:
    """Logical OR of booleans, bitwise of integers."""
    return emit(OrOp, (lhs, rhs))


def power(lhs: Value, rhs: Value) -> Value:
    """``lhs ** rhs``."""
    return emit(PowOp, (lhs, rhs))


def remainder(lhs: Value, rhs: Value) -> Value:
    """The remainder of ``lhs / rhs``, with the sign of ``lhs``."""
    return emit(RemOp, (lhs, rhs))


def shift_left(lhs: Value, rhs: Value) -> Value:
    """The bits of ``lhs`` moved up by ``rhs`` places, zeros filled in."""
    return emit(ShiftLeftOp, (lhs, rhs))


def shift_right_arithmetic(lhs: Value, rhs: Value) -> Value:
    """The bits of ``lhs`` moved down by ``rhs`` places, the sign filled in."""
    return emit(ShiftRightArithmeticOp, (lhs, rhs))


def shift_right_logical(lhs: Value, rhs: Value) -> Value:
    """The bits of ``lhs`` moved down by ``rhs`` places, zeros filled in."""
    return emit(ShiftRightLogicalOp, (lhs, rhs))


def subtract(lhs: Value, rhs: Value) -> Value:
    """``lhs - rhs``."""
    return emit(SubtractOp, (lhs, rhs))


def xor(lhs: Value, rhs: Value) -> Value:
    """Logical exclusive OR of booleans, bitwise of integers."""
    return emit(XorOp, (lhs, rhs))


def convert(operand: Value, dtype: DTypeLike) -> Value:
    """The same numbers in another element type: ``convert(x, "bf16")``."""
    type_ = with_elements(operand, typed((), dtype).element_type)
    key = (name_of(dtype),)
    return operand.builder.append_many(ConvertOp, (operand,), key, _none, (type_,))[0]


def bitcast_convert(operand: Value, dtype: DTypeLike) -> Value:
    """The same bits under another element type.

    A narrower type adds a last dimension that holds the parts of each element; a wider one takes
    the last dimension away.
    """
    element = typed((), dtype).element_type
    old, new = bit_width(operand.type.element_type), bit_width(element)
    type_ = with_elements(operand, element)
    if new < old:
        type_ = retyped(type_, [*extents(type_), Extent(old // new)])
    elif new > old:
        type_ = retyped(type_, extents(type_)[:-1])
    key = (name_of(dtype),)
    return operand.builder.append_many(BitcastConvertOp, (operand,), key, _none, (type_,))[0]


def _none(*_: object) -> Mapping[str, Attribute]:
    return {}


def reduce_precision(operand: Value, exponent_bits: int, mantissa_bits: int) -> Value:
    """Rounds to a floating-point format of these numbers of bits, and back."""
    return emit(ReducePrecisionOp, (operand,), (exponent_bits, mantissa_bits), _format)


def _format(exponent_bits: int, mantissa_bits: int) -> Mapping[str, Attribute]:
    return {
        "exponent_bits": IntegerAttr(exponent_bits, i32),
        "mantissa_bits": IntegerAttr(mantissa_bits, i32),
    }


def optimization_barrier(*operand: Value) -> tuple[Value, ...]:
    """The operands, once all of them are computed; nothing is moved across."""
    return emit_many(OptimizationBarrierOp, operand)
