"""``constant``."""

from __future__ import annotations

import numpy.typing as npt

from irkit.builder import Builder
from irkit.types import DTypeLike
from irkit.value import Value


def constant(builder: Builder, value: npt.ArrayLike, dtype: DTypeLike | None = None) -> Value:
    """The elements of an array or scalar, as :meth:`irkit.builder.Builder.constant` makes them.

    It has no operand that could tell which builder records it, so that is given.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#constant
    Raises :class:`~irkit.errors.BuildError` for values of a dtype without an element type.
    """
    return builder.constant(value, dtype)
