"""The shape that several tensors are broadcast to, as numpy does it and by named dimensions.

Shapes that do not fit give a type without a rank, which every result agrees with: CHLO leaves it
to its lowering to refuse them. Source: ``getNumpyBroadcastType`` and
``getBroadcastTypeWithBroadcastDimensions`` in ChloOps.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import zip_longest

from xdsl.ir import Attribute

from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.bounded_types import Extent, bounded, extents
from dialects.stablehlo.tensors import rank
from dialects.stablehlo.unranked import AnyRank, is_unranked, unranked

Extents = Sequence[Extent]
Rule = Callable[[Extent, Extent], Extent | None]
"""What two dimensions are broadcast to; ``None`` if they can not be."""


def broadcast_type(types: Sequence[Attribute], element: Attribute) -> AnyRank:
    """The type of several operands broadcast together, the last dimensions aligned."""
    if any(map(is_unranked, types)):
        return unranked(element)
    shapes = [extents(type_) for type_ in types]
    known = all(extent.most != DYNAMIC for shape in shapes for extent in shape)
    rule = _with_bounds if known else _without_bounds

    def both(left: Extents | None, right: Extents | None) -> Extents | None:
        return None if left is None or right is None else _aligned(left, right, rule)

    result = reduce(both, shapes, [])
    return unranked(element) if result is None else bounded(element, result)


def broadcast_type_along(
    lhs: Attribute, rhs: Attribute, dimensions: Sequence[int], element: Attribute
) -> AnyRank:
    """The type of two operands; ``dimensions`` are those of the larger that the smaller has."""
    if is_unranked(lhs) or is_unranked(rhs):
        return unranked(element)
    small, large = (lhs, rhs) if rank(lhs) <= rank(rhs) else (rhs, lhs)
    sizes, result = extents(small), [Extent(extent.size) for extent in extents(large)]
    if len(dimensions) != len(sizes) or not all(0 <= dim < len(result) for dim in dimensions):
        return unranked(element)
    # All are taken from the larger shape before any is put back: a dimension may repeat.
    pairs = zip(sizes, [result[dim] for dim in dimensions], strict=True)
    found = [_without_bounds(*pair) for pair in pairs]
    for dim, extent in zip(dimensions, found, strict=True):
        if extent is None:
            return unranked(element)
        result[dim] = extent
    return bounded(element, result)


def _aligned(left: Extents, right: Extents, rule: Rule) -> Extents | None:
    pairs = zip_longest(reversed(left), reversed(right), fillvalue=Extent(1))
    found = [rule(*pair) for pair in pairs]
    known = [extent for extent in found if extent is not None]
    return known[::-1] if len(known) == len(found) else None


def _with_bounds(left: Extent, right: Extent) -> Extent | None:
    """Where every dimension is known or bounded; a bound and a size do not mix."""
    if left.most == 1:
        return right
    if right.most == 1 or left == right:
        return left
    return None


def _without_bounds(left: Extent, right: Extent) -> Extent | None:
    """Where some dimension is unknown; one that is greater than 1 decides."""
    if DYNAMIC in (left.size, right.size):
        decisive = [extent.size for extent in (left, right) if extent.size > 1]
        return Extent(decisive[0] if decisive else DYNAMIC)
    if left.size == right.size or right.size == 1:
        return Extent(left.size)
    return Extent(right.size) if left.size == 1 else None
