"""Operations that need more memory than there is."""

from __future__ import annotations

import math
import sys

from xdsl.ir import Attribute, Operation

from dialects.attribute_text import attribute_text
from dialects.diagnostics import brief
from dialects.element_storage import ElementTypeError
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.tensors import is_tensor, shape
from irkit.interpreter.errors import OutOfMemoryError
from irkit.interpreter.values import dtype_of


def bytes_of(type_: Attribute) -> int | None:
    """Bytes of a tensor's elements; none where that does not follow from the type."""
    return _bytes(type_, 0)


def is_addressable(type_: Attribute) -> bool:
    """Whether numpy can have arrays of this type; it counts dimensions of size 0 as 1."""
    size = _bytes(type_, 1)
    return size is None or size <= sys.maxsize


def _bytes(type_: Attribute, least: int) -> int | None:
    if not is_tensor(type_) or DYNAMIC in shape(type_):
        return None
    try:
        return math.prod(max(least, dim) for dim in shape(type_)) * dtype_of(type_).itemsize
    except ElementTypeError:
        return None


def sized(type_: Attribute) -> str:
    """``tensor<4xf32> (16 bytes)``."""
    size = bytes_of(type_)
    return attribute_text(type_) + ("" if size is None else f" ({size} bytes)")


def out_of_memory(op: Operation, reason: str = "") -> OutOfMemoryError:
    """The error of an operation for whose results, or on the way to them, memory is missing.

    ``reason`` is what numpy says of the array that it could not make.
    """
    results = ", ".join(map(sized, op.result_types)) or "no results"
    said = f"{op.name}: out of memory, it gives {results}"
    return OutOfMemoryError(brief(f"{said}: {reason}" if reason else said), op)
