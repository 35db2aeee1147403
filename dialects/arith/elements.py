"""Operands that are numbers, or tensors or vectors of numbers, and what rows say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from xdsl.dialects.builtin import (
    AnyFloat,
    IndexType,
    IntegerType,
    Signedness,
    TensorType,
    UnrankedTensorType,
    VectorType,
)
from xdsl.ir import Attribute

Kind = Callable[[Attribute], bool]
"""Whether a type of one number is of the kind."""


def element_or_self(type_: Attribute) -> Attribute:
    """The type of one number: of the elements where there are several."""
    if isinstance(type_, TensorType | UnrankedTensorType | VectorType):
        return cast("TensorType[Attribute]", type_).element_type
    return type_


def is_signless(type_: Attribute) -> bool:
    """``i32``, but neither ``si32`` nor ``ui32``."""
    match type_:
        case IntegerType():
            return type_.signedness.data is Signedness.SIGNLESS
        case _:
            return False


def is_index(type_: Attribute) -> bool:
    """``index``."""
    return isinstance(type_, IndexType)


def is_float(type_: Attribute) -> bool:
    """A floating-point type."""
    return isinstance(type_, AnyFloat)


def containers_agree(left: Attribute, right: Attribute) -> bool:
    """Whether both are numbers, or tensors or vectors of one shape, unknown in the same places."""
    return _container(left) == _container(right)


def _container(type_: Attribute) -> object:
    """What tells a tensor or vector from others, its elements apart; nothing for a number."""
    match type_:
        case VectorType():
            vector = cast("VectorType[Any]", type_)
            return VectorType, vector.shape, vector.scalable_dims
        case TensorType():
            return TensorType, cast("TensorType[Any]", type_).shape
        case UnrankedTensorType():
            return UnrankedTensorType
        case _:
            return None
