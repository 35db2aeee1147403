"""Operands that hold sizes and positions, and result shapes of which not all is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from irkit import hlo
from irkit.testing.drawing import Drawing
from irkit.value import Value

_DTYPES = ("i64", "i32", "i8", "i16", "ui8", "ui16", "ui32", "ui64")


def sizes(
    d: Drawing, numbers: npt.ArrayLike, *, signed: bool = False, dtype: str | None = None
) -> Value:
    """A tensor of these numbers, as a constant or as something that only a run can tell.

    ``dtype`` is any integer type if it is not given, one with a sign if ``signed``.
    """
    chosen = dtype or d.dtype(_DTYPES[:4] if signed else _DTYPES)
    if d.picks.flag():
        return hlo.convert(d.b.constant(np.asarray(numbers, np.int32)), chosen)
    return d.b.constant(np.asarray(numbers, np.int64), chosen)


def known_or_not(d: Drawing, shape: Sequence[int]) -> list[int | None]:
    """The shape with some sizes left out."""
    return [None if d.picks.flag() else size for size in shape]
