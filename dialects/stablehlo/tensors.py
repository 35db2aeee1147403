"""Reading tensor types, and the arithmetic of known and unknown dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import cast

from xdsl.dialects.builtin import IntegerType, TensorType, TupleType
from xdsl.ir import Attribute, SSAValue, TypeAttribute

from dialects.stablehlo.base import DYNAMIC

AnyTensor = TensorType[Attribute]


def tensor(value: SSAValue | Attribute) -> AnyTensor:
    """The tensor type of a value (or of a type).

    Raises ``TypeError`` for anything else; the operand declarations of an operation, or the row
    that stands first in its table, see to it that this does not happen.
    """
    found = value.type if isinstance(value, SSAValue) else value
    if not isinstance(found, TensorType):
        raise TypeError(f"expected a tensor type, got {found}")
    return cast(AnyTensor, found)


def shape(value: SSAValue | Attribute) -> tuple[int, ...]:
    """The dimensions, :data:`~dialects.stablehlo.base.DYNAMIC` for ``?``."""
    return tensor(value).get_shape()


def rank(value: SSAValue | Attribute) -> int:
    """The number of dimensions."""
    return len(tensor(value).get_shape())


def element_type(value: SSAValue | Attribute) -> Attribute:
    """The type of the elements."""
    return tensor(value).element_type


def is_tensor(value: SSAValue | Attribute) -> bool:
    """Whether the value (or type) is a tensor."""
    return isinstance(value.type if isinstance(value, SSAValue) else value, TensorType)


def is_scalar_of(type_: Attribute, width: int) -> bool:
    """Whether the type is a 0-dimensional tensor of signless integers of this width."""
    return type_ == TensorType(IntegerType(width), ())


def tuple_of(types: Sequence[Attribute]) -> TupleType:
    """``tuple<...>``."""
    return TupleType(tuple(cast(TypeAttribute, type_) for type_ in types))


def dims_agree(left: int, right: int) -> bool:
    """Whether two dimensions are equal as far as they are known."""
    return left == right or DYNAMIC in (left, right)


def shapes_agree(left: Sequence[int], right: Sequence[int]) -> bool:
    """Whether two shapes have one rank and agree in every dimension."""
    return len(left) == len(right) and all(map(dims_agree, left, right))


def in_range(dims: Iterable[int], bound: int) -> bool:
    """Whether each is in ``[0, bound)``."""
    return all(0 <= dim < bound for dim in dims)


def is_unique(dims: Sequence[int]) -> bool:
    """Whether none repeats."""
    return len(set(dims)) == len(dims)


def is_sorted(dims: Sequence[int]) -> bool:
    """Whether none is smaller than the one before it."""
    return all(a <= b for a, b in pairwise(dims))
