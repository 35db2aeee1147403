"""What ``gather`` and ``scatter`` share: which elements their start indices mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from irkit.interpreter.values import Array


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of an operand, as the dimension numbers of ``gather`` and ``scatter`` place them.

    "Spread" is what has the result of ``gather``, or an update of ``scatter``, as its shape.
    """

    window_dims: Sequence[int]
    """Dimensions of the spread that run along a window."""
    dropped_dims: Sequence[int]
    """Dimensions of the operand in which a window has one element, which the spread lacks."""
    operand_batching_dims: Sequence[int]
    indices_batching_dims: Sequence[int]
    index_map: Sequence[int]
    """Dimensions of the operand that the elements of an index vector are for."""
    index_vector_dim: int


def start_vectors(indices: Array, windows: Windows) -> Array:
    """The index vectors as ``[element, *batch]`` in int64, too large unsigned ones cut down."""
    if indices.dtype == np.uint64:
        indices = np.minimum(indices, np.uint64(np.iinfo(np.int64).max // 2))
    indices = indices.astype(np.int64)
    if windows.index_vector_dim == indices.ndim:
        return indices[np.newaxis]
    return np.moveaxis(indices, windows.index_vector_dim, 0)


def operand_indices(
    starts: Iterable[Array], windows: Windows, operand_rank: int, spread_shape: Sequence[int]
) -> list[Array]:
    """For each dimension of the operand, the index that each element of the spread stands for.

    ``starts`` is as :func:`start_vectors` gives it, ``[element, *batch]``. The arrays broadcast to
    ``spread_shape``.
    """
    rank = len(spread_shape)
    batch_dims = [d for d in range(rank) if d not in windows.window_dims]
    dropped = (*windows.dropped_dims, *windows.operand_batching_dims)
    window_of = dict(
        zip((d for d in range(operand_rank) if d not in dropped), windows.window_dims, strict=True)
    )
    found = [np.zeros((1,) * rank, np.int64) for _ in range(operand_rank)]
    for start, dimension in zip(starts, windows.index_map, strict=True):
        shape = [1] * rank
        for size, d in zip(start.shape, batch_dims, strict=True):
            shape[d] = size
        found[dimension] = found[dimension] + start.reshape(shape)
    pairs = zip(windows.operand_batching_dims, windows.indices_batching_dims, strict=True)
    for dimension, source in pairs:
        # Batch dimensions are those of the indices without the one of the index vectors.
        d = batch_dims[source - (source > windows.index_vector_dim)]
        found[dimension] = found[dimension] + _counting(spread_shape, d)
    for dimension, d in window_of.items():
        found[dimension] = found[dimension] + _counting(spread_shape, d)
    return found


def _counting(shape: Sequence[int], dimension: int) -> Array:
    """0, 1, 2, ... along one dimension, to be broadcast along the others."""
    sizes = [1] * len(shape)
    sizes[dimension] = shape[dimension]
    return np.arange(shape[dimension]).reshape(sizes)


def rounds(places: Array) -> Iterator[Array]:
    """Splits positions of ``places`` (shape ``[n]``) so that in each part no place occurs twice.

    The parts in order, and each part in itself, keep what meets in one place in its order. So
    updates may be applied a part at a time, and all of a part at once.
    """
    by_place = np.argsort(places, kind="stable")
    ordered = places[by_place]
    position = np.arange(len(places))
    is_first = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(places)]
    occurrence = np.empty(len(places), np.int64)
    occurrence[by_place] = position - np.maximum.accumulate(np.where(is_first, position, 0))
    in_rounds = np.argsort(occurrence, kind="stable")
    start = 0
    for count in np.bincount(occurrence):
        yield in_rounds[start : start + count]
        start += count
