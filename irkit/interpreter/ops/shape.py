"""Constants, and what moves elements without looking at them."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from dialects.stablehlo.barrier import OptimizationBarrierOp
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.constant import ConstantOp
from dialects.stablehlo.dimension_size import GetDimensionSizeOp, SetDimensionSizeOp
from dialects.stablehlo.dynamic_shape import (
    DynamicBroadcastInDimOp,
    DynamicIotaOp,
    DynamicReshapeOp,
)
from dialects.stablehlo.joining import ConcatenateOp
from dialects.stablehlo.reverse import ReverseOp
from dialects.stablehlo.shape import BroadcastInDimOp, IotaOp, ReshapeOp, TransposeOp
from dialects.stablehlo.tensors import shape
from dialects.stablehlo.windows import integers
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.numbers import DType
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of


@implements(ConstantOp, elementwise=True, on_storage=True)
def constant(op: ConstantOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#constant"""
    return context.program.elements(op.value)


@implements(IotaOp)
def iota(op: IotaOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#iota"""
    return counted(shape(op.output), op.iota_dimension.value.data, dtype_of(op.output))


@implements(DynamicIotaOp)
def dynamic_iota(op: DynamicIotaOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_iota"""
    dims = sizes(operands[0])
    return counted(dims, op.iota_dimension.value.data, dtype_of(op.result))


def counted(dims: Sequence[int], dimension: int, dtype: DType) -> Array:
    """0, 1, 2, ... along a dimension, the same along all others."""
    if dims[dimension] > sys.maxsize // 8:
        # numpy takes the greatest sizes for none.
        raise MemoryError(f"{dims[dimension]} numbers of int64")
    numbers = converted(np.arange(dims[dimension], dtype=np.int64), dtype)
    spread = [1] * len(dims)
    spread[dimension] = dims[dimension]
    return np.broadcast_to(numbers.reshape(spread), tuple(dims))


def sizes(values: Array) -> tuple[int, ...]:
    """A shape given as a tensor.

    Raises :class:`EvaluationError` for a negative size.
    """
    dims = tuple(int(value) for value in values.reshape(-1))
    if any(dim < 0 for dim in dims):
        raise EvaluationError(f"the shape {list(dims)} has a negative size")
    return dims


@implements(BroadcastInDimOp, on_storage=True)
def broadcast_in_dim(op: BroadcastInDimOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#broadcast_in_dim"""
    return broadcast(operands[0], integers(op.broadcast_dimensions) or (), shape(op.result))


@implements(DynamicBroadcastInDimOp, on_storage=True)
def dynamic_broadcast_in_dim(
    op: DynamicBroadcastInDimOp, operands: list[Any], context: Context
) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_broadcast_in_dim"""
    return broadcast(operands[0], integers(op.broadcast_dimensions) or (), sizes(operands[1]))


def broadcast(values: Array, dimensions: Sequence[int], dims: Sequence[int]) -> Array:
    """Dimension ``i`` of the operand becomes ``dimensions[i]`` of the result, size 1 repeated.

    Raises :class:`EvaluationError` where the sizes do not agree.
    """
    for size, dimension in zip(values.shape, dimensions, strict=True):
        if size not in (1, dims[dimension]):
            raise EvaluationError(
                f"a dimension of size {size} cannot become dimension {dimension} of {list(dims)}"
            )
    return np.broadcast_to(placed(values, dimensions, len(dims)), tuple(dims))


def placed(values: Array, dimensions: Sequence[int], rank: int) -> Array:
    """Dimension ``i`` of the operand as ``dimensions[i]`` of ``rank``, all others of size 1."""
    spread = values.reshape((*values.shape, *[1] * (rank - values.ndim)))
    return np.moveaxis(spread, range(values.ndim), dimensions)


@implements(ReshapeOp, on_storage=True)
def reshape(op: ReshapeOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reshape"""
    dims = [-1 if dim == DYNAMIC else dim for dim in shape(op.result)]
    return cast(Array, operands[0]).reshape(dims)


@implements(DynamicReshapeOp, on_storage=True)
def dynamic_reshape(op: DynamicReshapeOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_reshape"""
    values, dims = cast(Array, operands[0]), sizes(operands[1])
    if math.prod(dims) != values.size:
        raise EvaluationError(f"{values.size} elements cannot take the shape {list(dims)}")
    return values.reshape(dims)


@implements(TransposeOp, on_storage=True)
def transpose(op: TransposeOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#transpose"""
    return cast(Array, operands[0]).transpose(integers(op.permutation) or ())


@implements(ReverseOp, on_storage=True)
def reverse(op: ReverseOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reverse"""
    return np.flip(operands[0], integers(op.dimensions) or ())


@implements(ConcatenateOp, on_storage=True)
def concatenate(op: ConcatenateOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#concatenate"""
    return np.concatenate(operands, axis=op.dimension.value.data)


@implements(GetDimensionSizeOp, on_storage=True)
def get_dimension_size(op: GetDimensionSizeOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#get_dimension_size"""
    return np.asarray(operands[0].shape[op.dimension.value.data], np.int32)


@implements(SetDimensionSizeOp, on_storage=True)
def set_dimension_size(op: SetDimensionSizeOp, operands: list[Any], context: Context) -> Array:
    """The first ``size`` elements of a dimension whose bound stays what it was.

    An operation outside the specification: StableHLO's ``StablehloOps.td``.
    """
    values, dimension = cast(Array, operands[0]), op.dimension.value.data
    size = int(operands[1])
    if not 0 <= size <= values.shape[dimension]:
        raise EvaluationError(
            f"size {size} is not in [0, {values.shape[dimension]}], the size of dimension "
            f"{dimension}"
        )
    return values[(slice(None),) * dimension + (slice(size),)]


@implements(OptimizationBarrierOp, on_storage=True)
def optimization_barrier(
    op: OptimizationBarrierOp, operands: list[Any], context: Context
) -> list[Any]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#optimization_barrier"""
    return list(operands)
