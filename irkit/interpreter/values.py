"""What an SSA value is while a module runs.

======================  ==========================================================================
type                    value
======================  ==========================================================================
``tensor<...>``         ``numpy`` array of the dtype that
                        :func:`dialects.element_storage.element_dtype` gives (``ml_dtypes`` for
                        ``bf16``, ``f8*``, ``f6*``, ``f4*``, ``i2``, ``i4``, ``ui2``, ``ui4``;
                        ``bool`` for ``i1``), with the concrete shape where the type says ``?``.
                        Never written in place once it is the result of an operation.
quantized tensor        the array of its *storage* integers; the SSA value's type has the scales
``!stablehlo.token``    :data:`TOKEN`
``tuple<...>``          Python ``tuple`` of values
``!stablehlo.future``   :class:`Future`
======================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, Union, cast

import numpy as np
from xdsl.dialects.builtin import IntegerType, Signedness
from xdsl.ir import Attribute, SSAValue

from dialects.element_storage import element_dtype
from dialects.quant.types import UniformType
from dialects.stablehlo.tensors import tensor

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


class Token:
    """Orders effects; it has no contents."""

    def __repr__(self) -> str:
        return "token"


TOKEN: Final = Token()


@dataclass(frozen=True)
class Future:
    """The results of an asynchronous operation."""

    results: Sequence[Value]


Value: TypeAlias = Union[Array, Token, Future, "tuple[Value, ...]"]


def array(value: Value) -> Array:
    """The value of a tensor.

    Raises ``TypeError`` for a token, tuple or future.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(f"expected an array, got {value!r}")
    return value


def arrays(values: Sequence[Value]) -> list[Array]:
    """The values of tensors."""
    return [array(value) for value in values]


def dtype_of(value: SSAValue | Attribute) -> np.dtype[Any]:
    """The dtype of a tensor value's (or type's) elements, of quantized ones what is stored.

    Raises :class:`~dialects.element_storage.ElementTypeError` where numpy has none.
    """
    element = tensor(value).element_type
    return element_dtype(_storage(element) if isinstance(element, UniformType) else element)


def _storage(element: UniformType) -> Attribute:
    """What the elements of a quantized type are stored as."""
    stored = element.storage.type
    if not isinstance(stored, IntegerType):
        return stored
    width = cast("IntegerType[int, Signedness]", stored).width.data
    sign = Signedness.SIGNLESS if element.storage.signed else Signedness.UNSIGNED
    return IntegerType(width, sign)
