"""Tensors made of nothing, for operands that do not exist yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, NoneAttr, TensorType
from xdsl.ir import Attribute

from dialects.quant.types import UniformType
from irkit import hlo
from irkit.testing.elements import some_elements, some_number
from irkit.testing.parameters import parameter_types
from irkit.testing.type_facts import dtype_of, is_static_tensor
from irkit.types import numpy_dtype, tensor
from irkit.value import Value

if TYPE_CHECKING:
    from irkit.testing.drawing import Drawing


def new_tensor(d: Drawing, type_: TensorType[Attribute]) -> Value:
    """A tensor of this type: a constant, an iota, a parameter, a broadcast or a conversion.

    Raises ``TypeError`` for element types that no value can be made of.
    """
    if isinstance(type_.element_type, UniformType):
        return _quantized(d, type_)
    if not is_static_tensor(type_):
        return _unknown_shape(d, type_)
    makers = (splat, array, iota, parameter, broadcast, converted)
    return makers[d.picks.below(len(makers))](d, type_)


def splat(d: Drawing, type_: TensorType[Attribute]) -> Value:
    """A constant whose elements are all equal."""
    number = some_number(numpy_dtype(type_.element_type), d.picks.number())
    return d.b.splat(number, type_)


def array(d: Drawing, type_: TensorType[Attribute]) -> Value:
    """A constant of several numbers."""
    dtype = numpy_dtype(type_.element_type)
    return d.b.constant(some_elements(type_.get_shape(), dtype, d.picks.below(7)))


def iota(d: Drawing, type_: TensorType[Attribute]) -> Value:
    """Ascending numbers along a dimension, where the type allows them."""
    shape = type_.get_shape()
    if not shape or dtype_of(type_) == "i1":
        return splat(d, type_)
    return hlo.iota(d.b, shape, dtype_of(type_), d.picks.below(len(shape)))


def parameter(d: Drawing, type_: TensorType[Attribute]) -> Value:
    """A parameter of this type; a constant where there is none, or none may be declared."""
    shape, dtype = type_.get_shape(), dtype_of(type_)
    names = [name for name, known in parameter_types().items() if known == (shape, dtype)]
    if not names or not d.may_declare_parameters():
        return array(d, type_)
    return d.b.parameter(d.picks.choose(names), shape, dtype)


def broadcast(d: Drawing, type_: TensorType[Attribute]) -> Value:
    """A scalar or a vector in every place, there is one or not."""
    shape, dtype = type_.get_shape(), dtype_of(type_)
    if not shape:
        return splat(d, type_)
    if d.picks.flag():
        axis = d.picks.below(len(shape))
        operand = d.value((shape[axis],), dtype)
        return hlo.broadcast_in_dim(operand, shape, [axis])
    return hlo.broadcast_in_dim(d.value((), dtype), shape, [])


def converted(d: Drawing, type_: TensorType[Attribute]) -> Value:
    """A value of the same shape with its elements converted; a constant where there is none."""
    shape, dtype = type_.get_shape(), dtype_of(type_)
    found = d.find(
        lambda v: is_static_tensor(v.type) and v.shape == shape and dtype_of(v.type) != dtype
    )
    return splat(d, type_) if found is None else hlo.convert(found, dtype)


def _quantized(d: Drawing, type_: TensorType[Attribute]) -> Value:
    element = cast("UniformType", type_.element_type)
    real = TensorType(element.expressed, type_.get_shape(), type_.encoding)
    return hlo.uniform_quantize(d.value_of(real), element)


def _unknown_shape(d: Drawing, type_: TensorType[Attribute]) -> Value:
    if not isinstance(type_.encoding, NoneAttr):
        raise TypeError(f"no value of type {type_} can be made of nothing")
    shape = [None if size == DYNAMIC_INDEX else size for size in type_.get_shape()]
    sizes = np.array([1 if size is None else size for size in shape], np.int32)
    scalar = d.value_of(tensor((), dtype_of(type_)))
    return hlo.dynamic_broadcast_in_dim(scalar, d.b.constant(sizes), [], result_shape=shape)
