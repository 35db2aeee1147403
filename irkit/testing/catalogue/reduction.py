"""``reduce``, ``reduce_window``, ``select_and_scatter``, ``sort`` and ``map``."""

from __future__ import annotations

from collections.abc import Mapping

from irkit import hlo
from irkit.hlo.reducers import scalar_of
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import operand, plain
from irkit.testing.catalogue.reducers import ScalarFunction, predicate, reducer, same_shape
from irkit.testing.catalogue.windows import window
from irkit.testing.drawing import Drawing
from irkit.testing.type_facts import dtype_of
from irkit.types import tensor
from irkit.value import Value

REGIONS: Mapping[str, int] = {
    "map": 1,
    "reduce": 1,
    "reduce_window": 1,
    "select_and_scatter": 2,
    "sort": 1,
}


def reduce(d: Drawing) -> tuple[Value, ...]:
    """One to three inputs over no dimensions, some, or all, in any order."""
    inputs = same_shape(d, operand(d), d.picks.between(1, 3))
    initial = [d.value_of(scalar_of(value.type)) for value in inputs]
    rank = inputs[0].ndim
    dimensions = d.picks.distinct(range(rank), d.picks.between(0, rank))
    return hlo.reduce(inputs, initial, dimensions, reducer(d, inputs))


def reduce_window(d: Drawing) -> tuple[Value, ...]:
    """One or two inputs; windows with strides, dilations and padding, or without."""
    inputs = same_shape(d, plain(d, most_rank=4), d.picks.between(1, 2))
    initial = [d.value_of(scalar_of(value.type)) for value in inputs]
    windows = [window(d.picks, size, largest=2) for size in inputs[0].shape]
    given = [d.picks.flag() for _ in range(4)]
    return hlo.reduce_window(
        inputs,
        initial,
        window_dimensions=[w.size for w in windows],
        window_strides=[w.stride for w in windows] if given[0] else None,
        base_dilations=[w.base_dilation for w in windows] if given[1] else None,
        window_dilations=[w.dilation for w in windows] if given[2] else None,
        padding=[(w.low, w.high) for w in windows] if given[1] and given[3] else None,
        body=reducer(d, inputs),
    )


def select_and_scatter(d: Drawing) -> Value:
    """A source with an element for each window of the operand."""
    x = plain(d, most_rank=4)
    windows = [window(d.picks, size, largest=2) for size in x.shape]
    strides = [w.stride for w in windows] if d.picks.flag() else None
    padding = [(w.low, w.high) for w in windows] if d.picks.flag() else None
    shape = [
        _positions(
            size + sum(padding[dim] if padding else (0, 0)),
            windows[dim].size,
            strides[dim] if strides else 1,
        )
        for dim, size in enumerate(x.shape)
    ]
    return hlo.select_and_scatter(
        x,
        d.value(shape, dtype_of(x.type)),
        d.value_of(scalar_of(x.type)),
        window_dimensions=[w.size for w in windows],
        window_strides=strides,
        padding=padding,
        select=predicate(d),
        scatter=reducer(d, [x], index=1),
    )


def _positions(size: int, window_size: int, stride: int) -> int:
    """How many windows there are (the specification's C2)."""
    return 0 if size <= 0 or window_size > size else (size - window_size) // stride + 1


def sort(d: Drawing) -> tuple[Value, ...]:
    """One to three inputs along any dimension, counted from the first or the last."""
    first = operand(d)
    if not first.ndim:
        first = plain(d, least_rank=1)
    inputs = same_shape(d, first, d.picks.between(1, 3))
    rank = first.ndim
    return hlo.sort(inputs, d.picks.between(0, 2 * rank - 1) - rank, d.picks.flag(), predicate(d))


def map(d: Drawing) -> Value:
    """One to three inputs, to elements of any dtype."""
    inputs = same_shape(d, operand(d), d.picks.between(1, 3))
    result = scalar_of(inputs[0].type) if d.picks.flag() else tensor((), d.dtype())
    return hlo.map(inputs, range(inputs[0].ndim), ScalarFunction(d, 0, result, d.picks.flag()))


GENERATORS: Mapping[str, Generator] = {
    "map": map,
    "reduce": reduce,
    "reduce_window": reduce_window,
    "select_and_scatter": select_and_scatter,
    "sort": sort,
}
