"""The arithmetic of dimensions that may have a bound, and the types made of them.

The specification has no bounds; the rules are those that upstream states for inference
(``inferMostSpecificDimAndBound`` and its kin in Base.cpp).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

from xdsl.dialects.builtin import NoneAttr, TensorType, TupleType
from xdsl.ir import Attribute

from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.bounds import bounds, bounds_encoding, within_bounds
from dialects.stablehlo.tensors import AnyTensor, is_tensor, shapes_agree, tensor, tuple_of


class Extent(NamedTuple):
    """The size of one dimension, and what it may be at most where it is unknown."""

    size: int
    bound: int = DYNAMIC

    @property
    def most(self) -> int:
        """The size, or else the bound; unknown if both are."""
        return self.bound if self.size == DYNAMIC else self.size


Rule = Callable[[Extent, Extent], Extent]
"""What one dimension of two types becomes in a third."""


def extents(type_: Attribute) -> list[Extent]:
    """The dimensions of a tensor type."""
    dims = tensor(type_).get_shape()
    return list(map(Extent, dims, bounds(type_) or [DYNAMIC] * len(dims)))


def most_specific(left: Extent, right: Extent) -> Extent:
    """Of two dimensions that agree: the known size, else the smaller bound."""
    for found in (left, right):
        if found.size != DYNAMIC:
            return Extent(found.size)
    known = [found.bound for found in (left, right) if found.bound != DYNAMIC]
    return Extent(DYNAMIC, min(known, default=DYNAMIC))


def least_specific(left: Extent, right: Extent) -> Extent:
    """What holds for both of two dimensions: the size if it is one, else the larger bound."""
    if left.size == right.size != DYNAMIC:
        return Extent(left.size)
    limits = (left.most, right.most)
    return Extent(DYNAMIC, DYNAMIC if DYNAMIC in limits else max(limits))


def joined(left: Extent, right: Extent) -> Extent:
    """Two dimensions one after the other: the sum of the sizes, else of the bounds."""
    if DYNAMIC in (left.most, right.most):
        return Extent(DYNAMIC)
    total = left.most + right.most
    return Extent(DYNAMIC, total) if DYNAMIC in (left.size, right.size) else Extent(total)


def has_encoding(type_: Attribute) -> bool:
    """Whether a tensor type has bounds or another encoding."""
    return not isinstance(tensor(type_).encoding, NoneAttr)


def has_shape(type_: Attribute, dims: Sequence[int]) -> bool:
    """Whether a tensor type agrees with a shape, and the shape keeps within its bounds."""
    return shapes_agree(tensor(type_).get_shape(), dims) and within_bounds(dims, bounds(type_))


def reshaped(type_: Attribute, dims: Sequence[Extent]) -> AnyTensor:
    """The type with other dimensions; an encoding that is not of bounds is kept."""
    return _of(tensor(type_).element_type, dims, [type_])


def merged(types: Sequence[Attribute], rule: Rule) -> AnyTensor:
    """One type of several tensor types of one rank, dimension by dimension.

    The elements are those of the first, and so is an encoding that is not of bounds.
    """
    first = tensor(types[0])
    if all(type_ == first for type_ in types):
        return first
    dims = [reduce(rule, found) for found in zip(*map(extents, types), strict=True)]
    return _of(first.element_type, dims, types)


def bounded(element: Attribute, dims: Sequence[Extent]) -> AnyTensor:
    """The type with these dimensions and their bounds."""
    limits = [dim.bound if dim.size == DYNAMIC else DYNAMIC for dim in dims]
    return TensorType(element, [dim.size for dim in dims], bounds_encoding(limits))


def _of(element: Attribute, dims: Sequence[Extent], origins: Sequence[Attribute]) -> AnyTensor:
    if any(map(bounds, origins)):
        return bounded(element, dims)
    return TensorType(element, [dim.size for dim in dims], tensor(origins[0]).encoding)


def least_specific_type(types: Sequence[Attribute]) -> Attribute:
    """The type of which all of these agreeing types are; tuples are merged by element."""
    first = types[0]
    if isinstance(first, TupleType):
        elements = [type_.types.data for type_ in types if isinstance(type_, TupleType)]
        return tuple_of([least_specific_type(group) for group in zip(*elements, strict=True)])
    return merged(types, least_specific) if all(map(is_tensor, types)) else first
