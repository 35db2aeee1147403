"""Whether an array has the dimensions that a type declares."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute

from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.bounds import TypeExtensionsAttr
from dialects.stablehlo.tensors import is_tensor, shape, tensor


def known_shape(type_: Attribute) -> tuple[int, ...] | None:
    """The dimensions of a tensor type that says them all; None for any other type."""
    if not is_tensor(type_) or DYNAMIC in shape(type_):
        return None
    return shape(type_)


def shape_problem(type_: Attribute, dims: Sequence[int]) -> str | None:
    """Why an array of this shape is no value of the tensor type, if it is not."""
    found = tensor(type_)
    declared = found.get_shape()
    bounds = found.encoding.data if isinstance(found.encoding, TypeExtensionsAttr) else declared
    fits = len(dims) == len(declared) and all(
        DYNAMIC in (size, dim) or size == dim for size, dim in zip(declared, dims, strict=True)
    )
    if not fits:
        return f"has the shape {list(dims)}, the type is {type_}"
    for dim, bound in zip(dims, bounds, strict=True):
        if bound != DYNAMIC and dim > bound:
            return f"has the shape {list(dims)}, which is past the bounds of {type_}"
    return None
