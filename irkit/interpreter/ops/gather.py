"""``gather`` and ``dynamic_gather``.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#gather
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_gather
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dialects.stablehlo.dimension_numbers import GatherDimensions
from dialects.stablehlo.dynamic_gather import DynamicGatherOp
from dialects.stablehlo.gather import GatherOp, result_shape
from dialects.stablehlo.windows import integers
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.ops.indexing import Windows, operand_indices, start_vectors
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


def gather(
    operand: Array, indices: Array, dims: GatherDimensions, slice_sizes: Sequence[int]
) -> Array:
    """Slices of ``operand`` that begin where ``indices`` says.

    A start out of range is moved to the nearest at which the whole slice is in range. Whether the
    indices are said to be sorted makes no difference.
    """
    windows = Windows(
        dims.offset_dims,
        dims.collapsed_slice_dims,
        dims.operand_batching_dims,
        dims.start_indices_batching_dims,
        dims.start_index_map,
        dims.index_vector_dim,
    )
    shape = result_shape(indices.shape, slice_sizes, dims)
    if not math.prod(shape):
        return np.empty(shape, operand.dtype)
    if not operand.size:
        raise EvaluationError(f"nothing can be gathered from an operand of shape {operand.shape}")
    starts = start_vectors(indices, windows)
    limits = [operand.shape[d] - slice_sizes[d] for d in dims.start_index_map]
    clamped = [np.clip(start, 0, limit) for start, limit in zip(starts, limits, strict=True)]
    found = operand_indices(clamped, windows, operand.ndim, shape)
    return np.broadcast_to(operand[tuple(found)], shape)


@implements(GatherOp, on_storage=True)
def evaluate_gather(op: GatherOp, operands: list[Any], context: Context) -> Array:
    """Reads the attributes and calls :func:`gather`."""
    operand, indices = operands
    sizes = integers(op.slice_sizes) or ()
    return gather(operand, indices, op.dimension_numbers.data, sizes)


@implements(DynamicGatherOp, on_storage=True)
def evaluate_dynamic_gather(op: DynamicGatherOp, operands: list[Any], context: Context) -> Array:
    """:func:`gather` with the slice sizes that an operand holds."""
    operand, indices, sizes = operands
    return gather(operand, indices, op.dimension_numbers.data, [int(size) for size in sizes])
