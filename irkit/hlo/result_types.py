"""The result types of operations that take a shape or an element type."""

from __future__ import annotations

from functools import lru_cache

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from irkit.hlo.arguments import Dims, refuse
from irkit.types import DTypeLike, dtype_name, tensor
from irkit.value import Value


def typed(shape: Dims, dtype: DTypeLike) -> TensorType[Attribute]:
    """The tensor type of a shape and dtype.

    Raises :class:`~irkit.errors.BuildError` for a negative dimension or an unknown dtype.
    """
    try:
        return tensor(shape, dtype)
    except (TypeError, ValueError) as error:
        refuse(str(error))


def name_of(dtype: DTypeLike) -> str:
    """A short key of a dtype that :func:`typed` has accepted."""
    return dtype if isinstance(dtype, str) else dtype_name(dtype)


def reshaped(operand: Value, shape: Dims) -> TensorType[Attribute]:
    """The operand's element type under another shape.

    Raises :class:`~irkit.errors.BuildError` for a negative dimension.
    """
    if shape and min(shape) < 0:
        refuse(f"shape {list(shape)} has the negative dimension {min(shape)}")
    return _reshaped(operand.type.element_type, shape)


@lru_cache(maxsize=4096)
def _reshaped(element: Attribute, shape: Dims) -> TensorType[Attribute]:
    return TensorType(element, shape)
