"""Arrays in memory as a weight source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from irkit.weights.source import CheckedSource, TensorInfo, WeightError

_REFUSED_KINDS = "OSUMm"
_REFUSED_TYPES = (np.void, np.longdouble, np.clongdouble)
"""By type: ml_dtypes gives its own types characters that are numpy's already (``G``)."""


class ArraySource(CheckedSource):
    """A mapping from names to numpy arrays, which are read where they lie, in any layout.

    Raises :class:`WeightError` for a value that is no array of numbers.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        super().__init__("arrays in memory")
        for name, array in arrays.items():
            _check_array(self.where, name, array)
        self._arrays = dict(arrays)

    @property
    def names(self) -> Sequence[str]:
        return list(self._arrays)

    def __contains__(self, name: object, /) -> bool:
        return name in self._arrays

    def _info(self, name: str) -> TensorInfo:
        array = self._arrays[name]
        return TensorInfo(array.shape, array.dtype.newbyteorder("<"))

    def _read(self, name: str, offset: int, view: memoryview) -> None:
        array = self._arrays[name]
        size = array.dtype.itemsize
        first, last = offset // size, -(-(offset + len(view)) // size)
        # `flat` copies these elements only, whatever the array's strides are.
        block = array.flat[first:last].astype(array.dtype.newbyteorder("<"), copy=False)
        start = offset - first * size
        np.frombuffer(view, np.uint8)[:] = block.view(np.uint8)[start : start + len(view)]

    def check_unchanged(self) -> None:
        """Arrays are the caller's to change or not."""

    def close(self) -> None:
        self._arrays = {}


def _check_array(where: object, name: str, array: np.ndarray[Any, Any]) -> None:
    """Raises :class:`WeightError` unless ``array`` is a numpy array of numbers or booleans.

    Objects, strings, records, dates, untyped bytes and extended precision are none.
    """
    if not isinstance(array, np.ndarray):  # pyright: ignore[reportUnnecessaryIsInstance]
        found = type(array).__name__
        raise WeightError(where, f"is a {found}, expected a numpy array", tensor=name)
    dtype = array.dtype
    if dtype.kind in _REFUSED_KINDS or dtype.type in _REFUSED_TYPES:
        raise WeightError(where, f"dtype {dtype} cannot be the elements of a tensor", tensor=name)
