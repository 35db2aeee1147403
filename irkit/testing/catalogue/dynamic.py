"""Operations that take shapes, sizes and positions as operands.

The operands hold what fits, so that a program can also be run; of the result's shape some is left
unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from dialects.stablehlo.base import DYNAMIC
from irkit import hlo
from irkit.hlo.reducers import scalar_of
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.indexing import IndexPlan, slice_sizes
from irkit.testing.catalogue.operands import known, operand, plain
from irkit.testing.catalogue.shape import broadcast_plan, shape_of_size
from irkit.testing.catalogue.sizes import known_or_not, sizes
from irkit.testing.catalogue.slicing import padding, ranges
from irkit.testing.drawing import Drawing
from irkit.testing.elements import COMPLEX, FLOATS, INTEGERS
from irkit.value import Value


def dynamic_broadcast_in_dim(d: Drawing) -> Value:
    """As ``broadcast_in_dim``, with or without knowledge of what expands."""
    x = known(d, most_rank=4)
    shape, places = broadcast_plan(d, x)
    expands = [size != shape[place] for size, place in zip(x.shape, places, strict=True)]
    told = [dim for dim in range(x.ndim) if d.picks.flag()]
    said = d.picks.flag()
    return hlo.dynamic_broadcast_in_dim(
        x,
        sizes(d, shape),
        places,
        result_shape=known_or_not(d, shape),
        known_expanding_dimensions=[i for i in told if expands[i]] if said else None,
        known_nonexpanding_dimensions=[i for i in told if not expands[i]] if said else None,
    )


def dynamic_gather(d: Drawing) -> Value:
    """As ``gather``."""
    x = plain(d, most_rank=4)
    plan = IndexPlan.of(d.picks, x.shape)
    indices = d.value(plan.indices_shape, d.dtype(INTEGERS))
    return hlo.dynamic_gather(
        x,
        indices,
        sizes(d, slice_sizes(d, plan, x.shape)),
        offset_dims=plan.offsets,
        collapsed_slice_dims=plan.collapsed,
        operand_batching_dims=plan.batching,
        start_indices_batching_dims=plan.indices_batching,
        start_index_map=plan.index_map,
        index_vector_dim=plan.index_vector_dim,
        indices_are_sorted=d.picks.flag(),
    )


def dynamic_iota(d: Drawing) -> Value:
    """Of any elements but booleans."""
    shape = d.shape(least_rank=1)
    dtype = d.dtype((*INTEGERS, *FLOATS, *COMPLEX))
    dimension = d.picks.below(len(shape))
    return hlo.dynamic_iota(sizes(d, shape), dimension, dtype, result_shape=known_or_not(d, shape))


def dynamic_pad(d: Drawing) -> Value:
    """As ``pad``; the amounts are of one type."""
    x = plain(d)
    low, high, interior = padding(d, x.shape)
    dtype = d.dtype(("i64", "i32", "i8", "i16"))
    amounts = [sizes(d, numbers, dtype=dtype) for numbers in (low, high, interior)]
    shape = [
        size + a + b + max(size - 1, 0) * c
        for size, a, b, c in zip(x.shape, low, high, interior, strict=True)
    ]
    value = d.value_of(scalar_of(x.type))
    return hlo.dynamic_pad(x, value, *amounts, result_shape=known_or_not(d, shape))


def dynamic_reshape(d: Drawing) -> Value:
    """As ``reshape``."""
    x = known(d)
    shape = shape_of_size(d.picks, math.prod(x.shape))
    return hlo.dynamic_reshape(x, sizes(d, shape), result_shape=known_or_not(d, shape))


def real_dynamic_slice(d: Drawing) -> Value:
    """As ``slice``; starts, limits and strides are of one type."""
    x = plain(d)
    dtype = d.dtype(("i64", "i32", "i8", "ui32"))
    starts, limits, strides = ranges(d, x.shape)
    shape = [
        -(-(limit - start) // stride)
        for start, limit, stride in zip(starts, limits, strides, strict=True)
    ]
    operands = [sizes(d, numbers, dtype=dtype) for numbers in (starts, limits, strides)]
    return hlo.real_dynamic_slice(x, *operands, result_shape=known_or_not(d, shape))


def get_dimension_size(d: Drawing) -> Value | None:
    """Of a dimension that is known, has a bound, or is not known."""
    x = operand(d, quantized=True, per_axis=True)
    if not x.ndim:
        x = plain(d, least_rank=1)
    return hlo.get_dimension_size(x, d.picks.below(x.ndim))


def set_dimension_size(d: Drawing) -> Value:
    """To a size that is known or not, at most what the dimension has."""
    x = operand(d, quantized=True)
    if not x.ndim:
        x = plain(d, least_rank=1)
    dimension = d.picks.below(x.ndim)
    size = x.shape[dimension]
    if size == DYNAMIC:
        return hlo.set_dimension_size(x, hlo.get_dimension_size(x, dimension), dimension)
    wanted = size - d.picks.below(size + 1)
    return hlo.set_dimension_size(x, sizes(d, wanted, dtype="i32"), dimension)


GENERATORS: Mapping[str, Generator] = {
    "dynamic_broadcast_in_dim": dynamic_broadcast_in_dim,
    "dynamic_gather": dynamic_gather,
    "dynamic_iota": dynamic_iota,
    "dynamic_pad": dynamic_pad,
    "dynamic_reshape": dynamic_reshape,
    "get_dimension_size": get_dimension_size,
    "real_dynamic_slice": real_dynamic_slice,
    "set_dimension_size": set_dimension_size,
}
