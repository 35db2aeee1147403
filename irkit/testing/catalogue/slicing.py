"""``slice``, ``dynamic_slice``, ``dynamic_update_slice``, ``concatenate`` and ``pad``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from irkit import hlo
from irkit.hlo.reducers import scalar_of
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import is_plain, known, operand, plain
from irkit.testing.drawing import Drawing
from irkit.testing.elements import INTEGERS
from irkit.testing.type_facts import dtype_of
from irkit.value import Value


def slice(d: Drawing) -> Value:
    """Any range and stride of each dimension, empty ones too."""
    x = known(d)
    starts, limits, strides = ranges(d, x.shape)
    given = any(stride > 1 for stride in strides) or d.picks.flag()
    return hlo.slice(x, starts, limits, strides if given else None)


def ranges(d: Drawing, shape: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """Starts, limits and strides, by default all of the shape."""
    limits = [size - d.picks.below(size + 1) for size in shape]
    starts = [d.picks.between(0, limit) for limit in limits]
    dense = not d.picks.flag()
    return starts, limits, [1 if dense else d.picks.between(1, 3) for _ in shape]


def dynamic_slice(d: Drawing) -> Value:
    """From positions of any integers, which need not be within the operand.

    Not of a scalar: upstream prints that as ``%x, , sizes = []``, which it can not read.
    """
    x = plain(d, least_rank=1)
    dtype = d.dtype(INTEGERS)
    starts = [d.scalar(dtype) for _ in x.shape]
    return hlo.dynamic_slice(x, starts, [size - d.picks.below(size + 1) for size in x.shape])


def dynamic_update_slice(d: Drawing) -> Value:
    """An update as large as the operand or smaller, at positions of any integers."""
    x = plain(d)
    update = d.value([size - d.picks.below(size + 1) for size in x.shape], dtype_of(x.type))
    dtype = d.dtype(INTEGERS)
    return hlo.dynamic_update_slice(x, update, [d.scalar(dtype) for _ in x.shape])


def concatenate(d: Drawing) -> Value:
    """One to four values that differ along one dimension; of unknown size, one several times."""
    first = operand(d)
    if not first.ndim:
        first = plain(d, least_rank=1)
    dimension = d.picks.below(first.ndim)
    if not is_plain(first.type):
        return hlo.concatenate([first] * d.picks.between(1, 3), dimension)
    inputs = [first]
    for _ in range(d.picks.below(4)):
        shape = list(first.shape)
        shape[dimension] = d.picks.choose((shape[dimension], 1, 0, 2))
        inputs.append(d.value(shape, dtype_of(first.type)))
    return hlo.concatenate(inputs, dimension)


def pad(d: Drawing) -> Value:
    """Elements added or cut off at both ends, and put between others."""
    x = known(d)
    low, high, interior = padding(d, x.shape)
    given = any(interior) or d.picks.flag()
    value = d.value_of(scalar_of(x.type))
    return hlo.pad(x, value, low, high, interior if given else None)


def padding(d: Drawing, shape: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """Low, high and interior padding that cut off no more than there is."""
    interior = [d.picks.below(3) for _ in shape]
    low: list[int] = []
    high: list[int] = []
    for size, between in zip(shape, interior, strict=True):
        spread = size + max(size - 1, 0) * between
        low.append(-d.picks.between(0, spread) if d.picks.flag() else d.picks.below(3))
        left = spread + low[-1]
        high.append(-d.picks.between(0, left) if d.picks.flag() else d.picks.below(3))
    return low, high, interior


GENERATORS: Mapping[str, Generator] = {
    "concatenate": concatenate,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
    "pad": pad,
    "slice": slice,
}
