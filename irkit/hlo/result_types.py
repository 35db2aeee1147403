"""The result types of operations that take a shape or an element type."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from dialects.stablehlo.base import DYNAMIC
from irkit.hlo.arguments import Dims, dims, refuse
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


def reshaped(
    operand: Value, shape: Dims, element: Attribute | None = None
) -> TensorType[Attribute]:
    """Another shape of elements of a type, by default of the operand's.

    Raises :class:`~irkit.errors.BuildError` for a negative dimension.
    """
    if shape and min(shape) < 0:
        refuse(f"shape {list(shape)} has the negative dimension {min(shape)}")
    return _reshaped(operand.type.element_type if element is None else element, shape)


def with_elements(operand: Value, element: Attribute) -> TensorType[Attribute]:
    """The operand's type with other elements; unknown dimensions and their bounds are kept.

    Raises ``TypeError`` for a token, tuple or future.
    """
    return _with_elements(element, operand.shape, operand.type)


@lru_cache(maxsize=4096)
def _with_elements(
    element: Attribute, shape: Dims, type_: TensorType[Attribute]
) -> TensorType[Attribute]:
    return TensorType(element, shape, type_.encoding)


def partly_known(element: Attribute, shape: Iterable[int | None]) -> TensorType[Attribute]:
    """The tensor type of a shape some of whose dimensions, ``None``, are known only at run time.

    Raises :class:`~irkit.errors.BuildError` for a negative dimension.
    """
    sizes = sizes_of(shape)
    for size in sizes:
        if size < 0 and size != DYNAMIC:
            refuse(f"the result's shape has the negative dimension {size}")
    return _reshaped(element, sizes)


def sizes_of(shape: Iterable[int | None]) -> Dims:
    """The shape with the dialect's number in the place of ``None``."""
    return dims(DYNAMIC if size is None else size for size in shape)


@lru_cache(maxsize=4096)
def _reshaped(element: Attribute, shape: Dims) -> TensorType[Attribute]:
    return TensorType(element, shape)
