"""Saving arrays in each kind of file that :func:`irkit.open_weights` opens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from irkit.weights import WeightError
from irkit.weights.safetensors import DTYPES
from irkit.weights.sharded import INDEX_NAME

Arrays = Mapping[str, npt.NDArray[Any]]

_NAMES = {dtype: name for name, dtype in DTYPES.items()}
NPZ_DTYPES = frozenset(np.dtype(char) for char in "?bBhHiIqQefdFD")
"""What numpy's own files can hold."""


def fits_safetensors(array: npt.NDArray[Any]) -> bool:
    """Whether the format has a dtype for the array's elements."""
    return array.dtype in _NAMES


def save_safetensors(path: Path, arrays: Arrays) -> Path:
    """Writes one ``.safetensors`` file and gives its path.

    Raises ``WeightError`` for a dtype that the format lacks.
    """
    header: dict[str, object] = {}
    data: list[bytes] = []
    end = 0
    for name, array in arrays.items():
        if not fits_safetensors(array):
            raise WeightError(path, f"dtype {array.dtype} has no place in it", tensor=name)
        begin, end = end, end + array.nbytes
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [begin, end],
        }
        data.append(array.tobytes())
    text = json.dumps(header, ensure_ascii=False).encode()
    path.write_bytes(b"".join([len(text).to_bytes(8, "little"), text, *data]))
    return path


def save_sharded(folder: Path, arrays: Arrays, shards: int = 2) -> Path:
    """Writes the arrays in turn to so many ``.safetensors`` files and their index, and gives its
    path."""
    parts = [dict([*arrays.items()][number::shards]) for number in range(shards)]
    weight_map: dict[str, str] = {}
    for number, part in enumerate(parts):
        file = save_safetensors(folder / f"model-{number}.safetensors", part)
        weight_map |= dict.fromkeys(part, file.name)
    index = folder / INDEX_NAME
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}, ensure_ascii=False))
    return index


def save_npz(path: Path, arrays: Arrays, *, compressed: bool = False) -> Path:
    """Writes an ``.npz`` file and gives its path; only dtypes of numpy's own come back."""
    save = np.savez_compressed if compressed else np.savez
    save(path, **arrays)  # pyright: ignore[reportArgumentType]
    return path
