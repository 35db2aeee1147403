"""Operations that take shapes, sizes and positions as operands.

Where the result's shape depends on the operands, it is given as ``result_shape``: an integer for
each dimension, ``None`` for one that is known only at run time.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from xdsl.dialects.builtin import IntegerAttr, i64
from xdsl.ir import Attribute

from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.dimension_numbers import GatherDimensionNumbersAttr, GatherDimensions
from dialects.stablehlo.dimension_size import GetDimensionSizeOp, SetDimensionSizeOp
from dialects.stablehlo.dynamic_gather import DynamicGatherOp
from dialects.stablehlo.dynamic_padding import DynamicPadOp
from dialects.stablehlo.dynamic_shape import (
    DynamicBroadcastInDimOp,
    DynamicIotaOp,
    DynamicReshapeOp,
)
from dialects.stablehlo.dynamic_slicing import RealDynamicSliceOp
from dialects.stablehlo.syntax import i64_array
from irkit.emit import PropertiesOf, builder_of, emit
from irkit.hlo.arguments import Dims, dims, optional_dims
from irkit.hlo.quantized_shapes import broadcast_element, reshaped_element
from irkit.hlo.result_types import partly_known, sizes_of, typed
from irkit.types import DTypeLike
from irkit.value import Value

ResultShape = Sequence[int | None]


def get_dimension_size(operand: Value, dimension: int) -> Value:
    """The size of ``dimension``, ``i32[]``.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#get_dimension_size
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(GetDimensionSizeOp, (operand,), (dimension,), _dimension)


def set_dimension_size(operand: Value, size: Value, dimension: int) -> Value:
    """The operand, of whose ``dimension`` only the first ``size`` (``i32[]``) elements count.

    Source: ``SetDimensionSizeOp`` of upstream; the specification has no section on it.
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(SetDimensionSizeOp, (operand, size), (dimension,), _dimension)


def _dimension(dimension: int) -> Mapping[str, Attribute]:
    return {"dimension": IntegerAttr(dimension, i64)}


def dynamic_broadcast_in_dim(
    operand: Value,
    output_dimensions: Value,
    broadcast_dimensions: Sequence[int],
    *,
    result_shape: ResultShape,
    known_expanding_dimensions: Sequence[int] | None = None,
    known_nonexpanding_dimensions: Sequence[int] | None = None,
) -> Value:
    """As :func:`broadcast_in_dim`, to the shape that ``output_dimensions`` (integers) holds.

    Specification:
    https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_broadcast_in_dim
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    key = (
        dims(broadcast_dimensions),
        optional_dims(known_expanding_dimensions),
        optional_dims(known_nonexpanding_dimensions),
    )
    operands = (operand, output_dimensions)
    builder = builder_of(DynamicBroadcastInDimOp.name, operands)
    element = broadcast_element(builder.own(operand), sizes_of(result_shape), key[0])
    return _emit(DynamicBroadcastInDimOp, operands, key, _broadcast, result_shape, element)


def _broadcast(
    dimensions: Dims, expanding: Dims | None, nonexpanding: Dims | None, *_: object
) -> Mapping[str, Attribute]:
    lists = {
        "broadcast_dimensions": dimensions,
        "known_expanding_dimensions": expanding,
        "known_nonexpanding_dimensions": nonexpanding,
    }
    return {name: i64_array(values) for name, values in lists.items() if values is not None}


def dynamic_gather(
    operand: Value,
    start_indices: Value,
    slice_sizes: Value,
    *,
    offset_dims: Sequence[int],
    collapsed_slice_dims: Sequence[int],
    start_index_map: Sequence[int],
    index_vector_dim: int,
    operand_batching_dims: Sequence[int] = (),
    start_indices_batching_dims: Sequence[int] = (),
    indices_are_sorted: bool = False,
) -> Value:
    """As :func:`gather`, with the sizes of the slices from ``slice_sizes``, integers.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_gather
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    numbers = GatherDimensions(
        dims(offset_dims),
        dims(collapsed_slice_dims),
        dims(operand_batching_dims),
        dims(start_indices_batching_dims),
        dims(start_index_map),
        index_vector_dim,
    )
    operands = (operand, start_indices, slice_sizes)
    return emit(DynamicGatherOp, operands, (numbers, indices_are_sorted), _gather)


def _gather(numbers: GatherDimensions, indices_are_sorted: bool) -> Mapping[str, Attribute]:
    return {
        "dimension_numbers": GatherDimensionNumbersAttr(numbers),
        "indices_are_sorted": IntegerAttr.from_bool(indices_are_sorted),
    }


def dynamic_iota(
    output_shape: Value, iota_dimension: int, dtype: DTypeLike, *, result_shape: ResultShape
) -> Value:
    """As :func:`iota`, of the shape that ``output_shape`` (integers) holds.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_iota
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    type_ = partly_known(typed((), dtype).element_type, result_shape)
    builder = builder_of(DynamicIotaOp.name, (output_shape,))
    key = (iota_dimension, type_)
    return builder.append_many(DynamicIotaOp, (output_shape,), key, _iota, (type_,))[0]


def _iota(iota_dimension: int, *_: object) -> Mapping[str, Attribute]:
    return {"iota_dimension": IntegerAttr(iota_dimension, i64)}


def dynamic_pad(
    operand: Value,
    padding_value: Value,
    edge_padding_low: Value,
    edge_padding_high: Value,
    interior_padding: Value,
    *,
    result_shape: ResultShape,
) -> Value:
    """As :func:`pad`, with the amounts from operands, integers, one for each dimension.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_pad
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    amounts = (edge_padding_low, edge_padding_high, interior_padding)
    return _emit(DynamicPadOp, (operand, padding_value, *amounts), (), _none, result_shape)


def dynamic_reshape(operand: Value, output_shape: Value, *, result_shape: ResultShape) -> Value:
    """As :func:`reshape`, to the shape that ``output_shape`` (integers) holds.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_reshape
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    builder = builder_of(DynamicReshapeOp.name, (operand, output_shape))
    element = reshaped_element(builder.own(operand), sizes_of(result_shape))
    return _emit(DynamicReshapeOp, (operand, output_shape), (), _none, result_shape, element)


def real_dynamic_slice(
    operand: Value,
    start_indices: Value,
    limit_indices: Value,
    strides: Value,
    *,
    result_shape: ResultShape,
) -> Value:
    """As :func:`slice`, with starts, limits and strides from operands, one for each dimension.

    Source: ``RealDynamicSliceOp`` of upstream; the specification has no section on it.
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands = (operand, start_indices, limit_indices, strides)
    return _emit(RealDynamicSliceOp, operands, (), _none, result_shape)


def _none(*_: object) -> Mapping[str, Attribute]:
    return {}


def _emit(
    cls: type[StableHLOOp],
    operands: tuple[Value, ...],
    key: tuple[Hashable, ...],
    properties: PropertiesOf,
    result_shape: ResultShape,
    element: Attribute | None = None,
) -> Value:
    """Emits with an element type, by default the first operand's, under the given shape."""
    builder = builder_of(cls.name, operands)
    type_ = partly_known(element or builder.own(operands[0]).type.element_type, result_shape)
    return builder.append_many(cls, operands, (*key, type_), properties, (type_,))[0]
