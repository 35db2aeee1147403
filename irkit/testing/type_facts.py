"""What generators ask of types."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, NoneAttr, TensorType, TupleType
from xdsl.ir import Attribute

from dialects.quant.types import UniformType
from dialects.stablehlo.token import TokenType
from irkit.types import dtype_name, numpy_dtype


def is_tensor(type_: Attribute) -> bool:
    """Whether it is a tensor's type, of whatever elements and dimensions."""
    return isinstance(type_, TensorType)


def is_quantized(type_: Attribute) -> bool:
    """Whether it is the type of a tensor with quantized elements."""
    return isinstance(type_, TensorType) and isinstance(
        cast("TensorType[Attribute]", type_).element_type, UniformType
    )


def is_static(type_: Attribute) -> bool:
    """Whether it is a tensor's type whose dimensions are all known, without bounds or encoding."""
    if not isinstance(type_, TensorType):
        return False
    tensor_type = cast("TensorType[Attribute]", type_)
    return isinstance(tensor_type.encoding, NoneAttr) and (
        DYNAMIC_INDEX not in tensor_type.get_shape()
    )


def is_static_tensor(type_: Attribute) -> bool:
    """Whether it is a tensor's type of known dimensions with elements that numpy can hold."""
    return is_static(type_) and not is_quantized(type_)


def dtype_of(type_: Attribute) -> str:
    """MLIR's name of the elements of a tensor's type, ``quantized`` for those."""
    element = cast("TensorType[Attribute]", type_).element_type
    return "quantized" if isinstance(element, UniformType) else dtype_name(numpy_dtype(element))


def can_be_made(type_: Attribute) -> bool:
    """Whether a value of the type can be made of nothing: not of a future or a bounded shape."""
    if isinstance(type_, TupleType):
        return all(map(can_be_made, type_.types))
    if not isinstance(type_, TensorType):
        return isinstance(type_, TokenType)
    return isinstance(type_.encoding, NoneAttr)
