"""Operations that move or repeat elements: ``reshape``, ``transpose``, ``broadcast_in_dim`` ..."""

from __future__ import annotations

import math
from collections.abc import Mapping

from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import known, operand
from irkit.testing.drawing import LARGEST, Drawing
from irkit.testing.elements import COMPLEX, FLOATS, INTEGERS
from irkit.testing.picks import Picks
from irkit.value import Value


def shape_of_size(picks: Picks, count: int) -> tuple[int, ...]:
    """A shape of so many elements, in zero to five dimensions.

    No dimensions only where one element is wanted.
    """
    if count == 0:
        sizes = [picks.choose((2, 1, 0, 3)) for _ in range(picks.below(5))]
        sizes.insert(picks.between(0, len(sizes)), 0)
        return tuple(sizes)
    sizes = [1] * picks.between(0 if count == 1 else 1, 5)
    rest, divisor = count, 2
    while rest > 1:
        while rest % divisor:
            divisor += 1
        sizes[picks.below(len(sizes))] *= divisor
        rest //= divisor
    return tuple(sizes)


def reshape(d: Drawing) -> Value:
    """To any shape of as many elements."""
    x = known(d)
    return hlo.reshape(x, shape_of_size(d.picks, math.prod(x.shape)))


def broadcast_in_dim(d: Drawing) -> Value:
    """Along new dimensions and those of size 1, the operand's own in any order."""
    x = known(d, most_rank=4)
    return hlo.broadcast_in_dim(x, *broadcast_plan(d, x))


def broadcast_plan(d: Drawing, x: Value) -> tuple[list[int], list[int]]:
    """A shape to which ``x`` can be broadcast, and where its dimensions go."""
    rank = d.picks.between(x.ndim, min(5, x.ndim + 2))
    places = d.picks.distinct(range(rank), x.ndim)
    shape = [d.picks.choose((2, 1, 3, 0)) for _ in range(rank)]
    for size, place in zip(x.shape, places, strict=True):
        if size != 1 or math.prod(shape) > LARGEST:
            shape[place] = size
    return shape, places


def transpose(d: Drawing) -> Value:
    """In any order, unknown dimensions too."""
    x = operand(d, quantized=True, per_axis=True)
    return hlo.transpose(x, d.picks.permutation(x.ndim))


def iota(d: Drawing) -> Value:
    """Of any elements but booleans."""
    shape = d.shape(least_rank=1)
    dtype = d.dtype((*INTEGERS, *FLOATS, *COMPLEX))
    return hlo.iota(d.b, shape, dtype, d.picks.below(len(shape)))


def reverse(d: Drawing) -> Value:
    """Along no dimensions, some, or all, in any order."""
    x = operand(d, quantized=True)
    return hlo.reverse(x, d.picks.distinct(range(x.ndim), d.picks.between(0, x.ndim)))


GENERATORS: Mapping[str, Generator] = {
    "broadcast_in_dim": broadcast_in_dim,
    "iota": iota,
    "reshape": reshape,
    "reverse": reverse,
    "transpose": transpose,
}
