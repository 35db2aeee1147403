"""``broadcast_in_dim``, ``reshape``, ``transpose`` and ``iota``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import IntegerAttr, i64
from xdsl.ir import Attribute

from dialects.stablehlo.shape import BroadcastInDimOp, IotaOp, ReshapeOp, TransposeOp
from dialects.stablehlo.syntax import i64_array
from irkit.builder import Builder
from irkit.emit import emit
from irkit.hlo.arguments import Dims, dims
from irkit.hlo.quantized_shapes import broadcast_element, reshaped_element
from irkit.hlo.result_types import name_of, reshaped, typed
from irkit.types import DTypeLike
from irkit.value import Value


def broadcast_in_dim(
    operand: Value, shape: Sequence[int], broadcast_dimensions: Sequence[int]
) -> Value:
    """The operand repeated to ``shape``; its dimension ``d`` becomes ``broadcast_dimensions[d]``.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#broadcast_in_dim
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    target, places = dims(shape), dims(broadcast_dimensions)
    type_ = reshaped(operand, target, broadcast_element(operand, target, places))
    key = (target, places)
    return operand.builder.append_many(
        BroadcastInDimOp, (operand,), key, _broadcast_dimensions, (type_,)
    )[0]


def _broadcast_dimensions(_: Dims, broadcast_dimensions: Dims) -> Mapping[str, Attribute]:
    return {"broadcast_dimensions": i64_array(broadcast_dimensions)}


def reshape(operand: Value, shape: Sequence[int]) -> Value:
    """The operand's elements, in order, under another shape of as many elements.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reshape
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    target = dims(shape)
    type_ = reshaped(operand, target, reshaped_element(operand, target))
    return operand.builder.append_many(ReshapeOp, (operand,), (target,), _none, (type_,))[0]


def _none(_: Dims) -> Mapping[str, Attribute]:
    return {}


def transpose(operand: Value, permutation: Sequence[int]) -> Value:
    """Dimension ``d`` of the result is dimension ``permutation[d]`` of the operand.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#transpose
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(TransposeOp, (operand,), dims(permutation), _permutation)


def _permutation(*permutation: int) -> Mapping[str, Attribute]:
    return {"permutation": i64_array(permutation)}


def iota(builder: Builder, shape: Sequence[int], dtype: DTypeLike, iota_dimension: int) -> Value:
    """Counts from zero along ``iota_dimension``, the same in all other dimensions.

    It has no operand that could tell which builder records it, so that is given.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#iota
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    target = dims(shape)
    type_ = typed(target, dtype)
    key = (iota_dimension, target, name_of(dtype))
    return builder.append_many(IotaOp, (), key, _iota_dimension, (type_,))[0]


def _iota_dimension(iota_dimension: int, *_: object) -> Mapping[str, Attribute]:
    return {"iota_dimension": IntegerAttr(iota_dimension, i64)}
