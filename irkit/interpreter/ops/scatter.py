"""``scatter`` and ``select_and_scatter``.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#scatter
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#select_and_scatter
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from xdsl.ir import Region

from dialects.stablehlo.scatter import ScatterOp
from dialects.stablehlo.scatter_dimension_numbers import ScatterDimensions
from dialects.stablehlo.select_and_scatter import SelectAndScatterOp
from dialects.stablehlo.windows import WindowDimension, integers, padding_pairs, window_dimensions
from irkit.interpreter.numbers import DType
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.ops.indexing import Windows, operand_indices, rounds, start_vectors
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context

Combine = Callable[[Sequence[Array]], Sequence[Array]]
"""Maps a function of scalars over arrays of one shape."""


def scatter(
    inputs: Sequence[Array],
    indices: Array,
    updates: Sequence[Array],
    dims: ScatterDimensions,
    combine: Combine,
) -> list[Array]:
    """``inputs`` with ``updates`` combined into them, in the row-major order of the updates.

    ``combine`` gets the present values, then the updates, and gives the new values. An update that
    falls outside is left out, each element of a window for itself. Inputs and updates have the
    element types that ``combine`` takes.
    """
    windows = Windows(
        dims.update_window_dims,
        dims.inserted_window_dims,
        dims.input_batching_dims,
        dims.scatter_indices_batching_dims,
        dims.scatter_dims_to_operand_dims,
        dims.index_vector_dim,
    )
    shape = inputs[0].shape
    starts = start_vectors(indices, windows)
    found = operand_indices(starts, windows, len(shape), updates[0].shape)
    inside = np.ones(updates[0].shape, np.bool)
    for index, size in zip(found, shape, strict=True):
        inside &= (index >= 0) & (index < size)
    places = _row_major(found, shape, updates[0].shape)
    chosen = np.flatnonzero(inside)
    return combined(
        inputs,
        places.reshape(-1)[chosen],
        [update.reshape(-1)[chosen] for update in updates],
        combine,
    )


def combined(
    inputs: Sequence[Array], places: Array, updates: Sequence[Array], combine: Combine
) -> list[Array]:
    """The inputs with the updates ``[n]`` combined in order into their elements at ``places``."""
    results = [np.array(array).reshape(-1) for array in inputs]
    for part in rounds(places):
        where = places[part]
        present = [result[where] for result in results]
        new = combine([*present, *(update[part] for update in updates)])
        for result, values in zip(results, new, strict=True):
            result[where] = values
    return [result.reshape(array.shape) for result, array in zip(results, inputs, strict=True)]


def _row_major(indices: Sequence[Array], shape: Sequence[int], spread: Sequence[int]) -> Array:
    """The position of each element in the flattened array; meaningless where it is outside."""
    place = np.zeros((), np.int64)
    for index, size in zip(indices, shape, strict=True):
        place = place * size + index
    return np.broadcast_to(place, spread)


def select_and_scatter(
    operand: Array,
    source: Array,
    initial: Array,
    slides: Sequence[WindowDimension],
    selects: Callable[[Array, Array], Array],
    combine: Combine,
) -> Array:
    """Each element of ``source`` combined into the element that its window selects.

    ``selects`` tells, over arrays, whether the first value stays before the second; a window is
    walked in row-major order from its first element inside the operand, and one without any
    contributes nothing. The sums start from ``initial``, a scalar, and grow in the order of
    ``source``.
    """
    chosen = _selected(operand, source.shape, slides, selects)
    whole = chosen >= 0
    start = np.full(operand.shape, initial, initial.dtype)
    return combined([start], chosen[whole], [source[whole]], combine)[0]


def _selected(
    operand: Array,
    windows: Sequence[int],
    slides: Sequence[WindowDimension],
    selects: Callable[[Array, Array], Array],
) -> Array:
    """The row-major position of the element that each window selects; -1 for none."""
    place = np.full(tuple(windows), -1)
    value = np.zeros(tuple(windows), operand.dtype)
    flat = operand.reshape(-1)
    for offsets in itertools.product(*(range(slide.size) for slide in slides)):
        indices = [
            (np.arange(count) * slide.stride + offset - slide.low).reshape(
                [-1 if axis == other else 1 for other in range(len(windows))]
            )
            for axis, (count, slide, offset) in enumerate(
                zip(windows, slides, offsets, strict=True)
            )
        ]
        inside = np.ones(tuple(windows), np.bool)
        for index, size in zip(indices, operand.shape, strict=True):
            inside &= (index >= 0) & (index < size)
        here = _row_major(indices, operand.shape, windows)
        first = inside & (place < 0)
        later = inside & (place >= 0)
        taken = first
        if later.any():
            replaced = np.zeros_like(later)
            replaced[later] = ~selects(value[later], flat[here[later]])
            taken = first | replaced
        place = np.where(taken, here, place)
        value[taken] = flat[here[taken]]
    return place


def _argument_dtypes(region: Region) -> list[DType]:
    return [dtype_of(argument) for argument in region.block.args]


@implements(ScatterOp, on_storage=True)
def evaluate_scatter(op: ScatterOp, operands: list[Any], context: Context) -> list[Array]:
    """Reads the attributes and calls :func:`scatter`, everything promoted as the body asks."""
    count = len(operands) // 2
    dtypes = _argument_dtypes(op.update_computation)
    arrays = [*operands[:count], *operands[count + 1 :]]
    promoted = [converted(array, dtype) for array, dtype in zip(arrays, dtypes, strict=True)]
    return scatter(
        promoted[:count],
        operands[count],
        promoted[count:],
        op.scatter_dimension_numbers.data,
        lambda values: context.apply(op.update_computation, values),
    )


@implements(SelectAndScatterOp, on_storage=True)
def evaluate_select_and_scatter(
    op: SelectAndScatterOp, operands: list[Any], context: Context
) -> Array:
    """Reads the attributes and calls :func:`select_and_scatter`."""
    operand, source, initial = operands
    dtype = dtype_of(op.result)
    sizes = integers(op.window_dimensions) or (1,) * operand.ndim
    slides = window_dimensions(
        sizes, integers(op.window_strides), padding_pairs(op.padding), None, None
    )
    return select_and_scatter(
        operand,
        converted(source, dtype),
        converted(initial, dtype),
        slides,
        lambda first, second: context.apply(op.select, [first, second])[0],
        lambda values: context.apply(op.scatter, values),
    )
