"""Elementwise operations on one value, and on two of one type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dialects.stablehlo.accuracy import DEFAULT_ACCURACY, ResultAccuracyAttr
from dialects.stablehlo.attributes import ResultAccuracyMode
from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import like, operand
from irkit.testing.drawing import Drawing
from irkit.testing.elements import BOOLEAN, COMPLEX, DTYPES, FLOATS, INTEGERS, SIGNED
from irkit.value import Value

_BITS = (*INTEGERS, *BOOLEAN)
_FLOAT_OR_COMPLEX = (*FLOATS, *COMPLEX)
_NUMBERS = (*FLOATS, *INTEGERS, *COMPLEX)
_SIGNED_NUMBERS = (*FLOATS, *SIGNED, *COMPLEX)

_ACCURACIES: Sequence[ResultAccuracyAttr | None] = (
    None,
    DEFAULT_ACCURACY,
    ResultAccuracyAttr.of(ResultAccuracyMode.HIGHEST),
    ResultAccuracyAttr.of(ResultAccuracyMode.TOLERANCE, 1e-5, 0.25, 3),
    ResultAccuracyAttr.of(ResultAccuracyMode.TOLERANCE, ulps=2),
)


def _unary(
    function: Callable[[Value], Value], dtypes: Sequence[str], *, quantized: bool = True
) -> Generator:
    return lambda d: function(operand(d, dtypes, quantized=quantized))


def _accurate(function: Callable[[Value, ResultAccuracyAttr | None], Value]) -> Generator:
    def generate(d: Drawing) -> Value:
        x = operand(d, _FLOAT_OR_COMPLEX, quantized=True)
        return function(x, d.picks.choose(_ACCURACIES))

    return generate


def _binary(
    function: Callable[[Value, Value], Value],
    dtypes: Sequence[str],
    *,
    quantized: bool = True,
    per_axis: bool = False,
) -> Generator:
    def generate(d: Drawing) -> Value:
        lhs = operand(d, dtypes, quantized=quantized, per_axis=per_axis)
        return function(lhs, like(d, lhs))

    return generate


GENERATORS: Mapping[str, Generator] = {
    "abs": _unary(hlo.abs, _SIGNED_NUMBERS),
    "add": _binary(hlo.add, DTYPES, per_axis=True),
    "and": _binary(hlo.and_, _BITS, quantized=False),
    "atan2": _binary(hlo.atan2, _FLOAT_OR_COMPLEX),
    "cbrt": _accurate(hlo.cbrt),
    "ceil": _unary(hlo.ceil, FLOATS),
    "complex": _binary(hlo.complex, ("f32", "f64"), quantized=False),
    "cosine": _accurate(hlo.cosine),
    "count_leading_zeros": _unary(hlo.count_leading_zeros, INTEGERS, quantized=False),
    "divide": _binary(hlo.divide, _NUMBERS),
    "exponential": _accurate(hlo.exponential),
    "exponential_minus_one": _accurate(hlo.exponential_minus_one),
    "floor": _unary(hlo.floor, FLOATS),
    "imag": _unary(hlo.imag, _FLOAT_OR_COMPLEX[::-1], quantized=False),
    "is_finite": _unary(hlo.is_finite, FLOATS),
    "log": _accurate(hlo.log),
    "log_plus_one": _accurate(hlo.log_plus_one),
    "logistic": _accurate(hlo.logistic),
    "maximum": _binary(hlo.maximum, DTYPES),
    "minimum": _binary(hlo.minimum, DTYPES),
    "multiply": _binary(hlo.multiply, DTYPES),
    "negate": _unary(hlo.negate, _NUMBERS),
    "not": _unary(hlo.not_, _BITS, quantized=False),
    "or": _binary(hlo.or_, _BITS, quantized=False),
    "popcnt": _unary(hlo.popcnt, INTEGERS, quantized=False),
    "power": _binary(hlo.power, _NUMBERS),
    "real": _unary(hlo.real, _FLOAT_OR_COMPLEX[::-1], quantized=False),
    "remainder": _binary(hlo.remainder, _NUMBERS),
    "round_nearest_afz": _unary(hlo.round_nearest_afz, FLOATS),
    "round_nearest_even": _unary(hlo.round_nearest_even, FLOATS),
    "rsqrt": _accurate(hlo.rsqrt),
    "shift_left": _binary(hlo.shift_left, INTEGERS, quantized=False),
    "shift_right_arithmetic": _binary(hlo.shift_right_arithmetic, INTEGERS, quantized=False),
    "shift_right_logical": _binary(hlo.shift_right_logical, INTEGERS, quantized=False),
    "sign": _unary(hlo.sign, _SIGNED_NUMBERS),
    "sine": _accurate(hlo.sine),
    "sqrt": _accurate(hlo.sqrt),
    "subtract": _binary(hlo.subtract, _NUMBERS),
    "tan": _accurate(hlo.tan),
    "tanh": _accurate(hlo.tanh),
    "xor": _binary(hlo.xor, _BITS, quantized=False),
}
