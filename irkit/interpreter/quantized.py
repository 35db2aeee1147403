"""Quantized operations, evaluated through real numbers: dequantize, compute, quantize.

A quantized tensor is the array of what is stored; what that stands for is in its type.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#execution-semantics-of-quantized-operation
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#quantization-computations
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation

from dialects.element_storage import element_dtype
from dialects.quant.types import UniformType
from irkit.interpreter.errors import UnsupportedError
from irkit.interpreter.numbers import (
    float_from_integers,
    integers_from_float,
    is_integer,
    narrow,
    quiet,
    widen,
)
from irkit.interpreter.registry import Evaluate
from irkit.interpreter.values import Array, Value, array, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


def is_quantized(type_: Attribute) -> bool:
    """Whether the type is a tensor of quantized elements."""
    return quantization(type_) is not None


def quantization(type_: Attribute) -> UniformType | None:
    """The quantized type of a tensor's elements, ``None`` where they are others.

    Raises :class:`UnsupportedError` for quantized types without scales.
    """
    if not isinstance(type_, TensorType):
        return None
    element = cast("TensorType[Attribute]", type_).element_type
    if isinstance(element, UniformType):
        return element
    if element.name.startswith("quant."):
        raise UnsupportedError(f"{element} does not say what its elements stand for")
    return None


@quiet
def dequantize(stored: Array, type_: UniformType) -> Array:
    """The numbers that the stored ones stand for, in the expressed type.

    The difference to the zero point is exact, then each step is rounded to the expressed type.
    """
    dtype = element_dtype(type_.expressed)
    scales, zero_points = _parameters(type_, stored.shape)
    if is_integer(stored.dtype):
        difference = widen(stored).astype(np.int64) - zero_points
        expressed = float_from_integers(difference, dtype)
    else:
        expressed = narrow(widen(stored) - zero_points, dtype)
    return np.asarray(narrow(widen(expressed) * scales, dtype))


@quiet
def quantize(numbers: Array, type_: UniformType) -> Array:
    """What is stored for numbers of the expressed type: the nearest one in the storage's range.

    Each step is rounded to the expressed type; of two nearest integers the even one is taken, and
    NaN becomes 0.
    """
    expressed = element_dtype(type_.expressed)
    scales, zero_points = _parameters(type_, numbers.shape)
    scaled = narrow(widen(numbers) / scales, expressed)
    offsets = widen(float_from_integers(zero_points, expressed))
    shifted = widen(narrow(widen(scaled) + offsets, expressed))
    least, most = (
        widen(float_from_integers(np.array(limit), expressed))
        for limit in (type_.storage.minimum, type_.storage.maximum)
    )
    clamped = np.clip(shifted, least, most)
    storage = dtype_of(TensorType(type_, []))
    if is_integer(storage):
        return np.asarray(integers_from_float(np.rint(clamped), storage))
    return np.asarray(narrow(clamped, storage))


def _parameters(type_: UniformType, shape: Sequence[int]) -> tuple[Array, Array]:
    """Scales (rounded to the expressed type, in ``f64``) and zero points, to be broadcast."""
    expressed = element_dtype(type_.expressed)
    scales = widen(narrow(np.array(type_.scales, np.float64), expressed))
    zero_points = np.array(type_.zero_points, np.int64)
    if type_.per_tensor:
        return scales.reshape(()), zero_points.reshape(())
    if type_.per_axis:
        sizes = [1] * len(shape)
        sizes[type_.dimension] = -1
        return scales.reshape(sizes), zero_points.reshape(sizes)
    return _of_blocks(scales, type_, shape), _of_blocks(zero_points, type_, shape)


def _of_blocks(parameters: Array, type_: UniformType, shape: Sequence[int]) -> Array:
    """Each parameter once for every element of its block."""
    found = parameters.reshape(type_.data.shape)
    for axis, size in enumerate(shape):
        found = np.repeat(found, size // found.shape[axis], axis)
    return found


def zeros_of(like: Array, type_: Attribute) -> Array:
    """Zeros of a tensor type with the shape of an array; quantized ones, if they are quantized."""
    quantized = quantization(type_)
    if quantized is None:
        return np.zeros(like.shape, dtype_of(type_))
    return quantize(np.zeros(like.shape, element_dtype(quantized.expressed)), quantized)


def through_real_numbers(
    evaluate: Evaluate, op: Operation, operands: list[Value], context: Context
) -> Value | list[Value]:
    """Evaluates an operation with quantized operands or results.

    The quantized operands are dequantized, the function sees the operation as one of the expressed
    types, and its results are quantized where the operation's are.
    """
    if op.regions:
        raise UnsupportedError(f"{op.name} of quantized tensors")
    types = [quantization(type_) for type_ in op.operand_types]
    numbers = [
        value if type_ is None else dequantize(array(value), type_)
        for value, type_ in zip(operands, types, strict=True)
    ]
    operands.clear()
    found = evaluate(_expressed(op), numbers, context)
    results = found if isinstance(found, list) else [found]
    types = [quantization(type_) for type_ in op.result_types]
    return [
        value if type_ is None else quantize(np.asarray(value), type_)
        for value, type_ in zip(results, types, strict=True)
    ]


def _expressed(op: Operation) -> Operation:
    """The operation on tensors of the expressed types."""
    operands = Block(arg_types=[_expressed_type(type_) for type_ in op.operand_types])
    return type(op).create(
        operands=operands.args,
        result_types=[_expressed_type(type_) for type_ in op.result_types],
        properties=op.properties,
        attributes=op.attributes,
    )


def _expressed_type(type_: Attribute) -> Attribute:
    element = quantization(type_)
    if element is None:
        return type_
    old = cast("TensorType[Attribute]", type_)
    return TensorType(element.expressed, old.get_shape(), old.encoding)
