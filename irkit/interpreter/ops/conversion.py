"""``convert``, ``bitcast_convert`` and ``reduce_precision``."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from dialects.stablehlo.conversion import BitcastConvertOp, ConvertOp, ReducePrecisionOp
from irkit.interpreter.engine import Context
from irkit.interpreter.numbers import (
    BOOL,
    DType,
    as_bits,
    bit_width,
    float_from_integers,
    from_bits,
    integers_from_float,
    is_complex,
    is_float,
    narrow,
    part_dtype,
    parts,
    quiet,
    widen,
)
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of


@quiet
def converted(values: Array, dtype: DType) -> Array:
    """The elements in another type.

    Integers keep their low bits; floats are rounded once, to the nearest, ties to even; a float
    that becomes an integer loses its fraction, NaN becomes 0 and what is out of range the nearest
    limit. Of complex numbers that become others the real part counts.
    """
    source = values.dtype
    if source == dtype:
        return values
    if is_complex(source):
        wide = widen(values)
        if is_complex(dtype):
            return wide.astype(dtype)
        return converted(parts(wide)[0], dtype)
    if is_complex(dtype):
        return converted(values, part_dtype(dtype)).astype(dtype)
    if dtype == BOOL:
        return widen(values) != 0
    if source == BOOL:
        values = values.astype(np.uint8)
    wide = widen(values)
    if is_float(wide.dtype):
        return narrow(wide, dtype) if is_float(dtype) else integers_from_float(wide, dtype)
    return float_from_integers(wide, dtype) if is_float(dtype) else narrow(wide, dtype)


@implements(ConvertOp, elementwise=True)
def convert(op: ConvertOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#convert

    What the specification leaves open (#180) is as upstream has it: see :func:`converted`.
    """
    return converted(operands[0], dtype_of(op.result))


@implements(BitcastConvertOp, on_storage=True)
def bitcast_convert(op: BitcastConvertOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#bitcast_convert

    Little-endian: the first of several small elements is in the low bits of the large one.
    """
    values, dtype = cast(Array, operands[0]), dtype_of(op.result)
    before, after = bit_width(values.dtype), bit_width(dtype)
    if values.dtype == dtype:
        return values
    if before == after and before <= 64:
        return from_bits(as_bits(values), dtype)
    raw = np.ascontiguousarray(values).reshape(*values.shape, 1).view(np.uint8)
    bits = np.unpackbits(raw, axis=-1, bitorder="little")[..., :before]
    if after < before:
        bits = bits.reshape(*values.shape, before // after, after)
    else:
        bits = bits.reshape(*values.shape[:-1], after)
    packed = np.packbits(bits, axis=-1, bitorder="little")
    if after <= 8:
        return from_bits(packed[..., 0], dtype)
    return np.ascontiguousarray(packed).view(dtype)[..., 0]


@implements(ReducePrecisionOp, elementwise=True)
@quiet
def reduce_precision(op: ReducePrecisionOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce_precision"""
    return with_precision(operands[0], op.exponent_bits.value.data, op.mantissa_bits.value.data)


def with_precision(values: Array, exponent_bits: int, mantissa_bits: int) -> Array:
    """The numbers as the nearest ones of a format of so many bits, in their own type.

    Underflow gives zero: the format has no denormals. NaN stays, or is infinity in a format
    without mantissa bits to tell them apart.
    """
    width = bit_width(values.dtype)
    mantissa = _mantissa_bits(values.dtype)
    exponent = width - 1 - mantissa
    bits = as_bits(values).astype(np.uint64)
    infinity = ((1 << exponent) - 1) << mantissa
    endless = bits & (1 << width - 1) | infinity
    if mantissa_bits < mantissa:
        last = 1 << mantissa - mantissa_bits
        odd = (bits & last) >> (mantissa - mantissa_bits)
        bits = (bits + odd + ((last >> 1) - 1)) & np.uint64(~(last - 1) & (1 << width) - 1)
    sign = bits & (1 << width - 1)
    if exponent_bits < exponent:
        bias, narrow_bias = (1 << exponent - 1) - 1, (1 << exponent_bits - 1) - 1
        found = bits & infinity
        bits = np.where(found > bias + narrow_bias << mantissa, sign | infinity, bits)
        bits = np.where(found <= bias - narrow_bias << mantissa, sign, bits)
    size = np.dtype(f"u{values.dtype.itemsize}")
    result = from_bits(bits.astype(size), values.dtype)
    nan = values if mantissa_bits > 0 else from_bits(endless.astype(size), values.dtype)
    return np.where(np.isnan(widen(values)), nan, result)


_MANTISSA_BITS = {"float64": 52, "float32": 23, "float16": 10, "bfloat16": 7}


def _mantissa_bits(dtype: DType) -> int:
    # The names of the narrow ones say it: float8_e4m3fn has 3.
    return _MANTISSA_BITS.get(dtype.name) or int(dtype.name.partition("m")[2][:1])
