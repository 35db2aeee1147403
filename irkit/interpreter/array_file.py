"""Arrays between two processes of irkit: a line of JSON, then their bytes; numpy's own files have
no name for the types of ``ml_dtypes``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from irkit.interpreter.values import Array


def write_arrays(path: Path, arrays: Sequence[Array], **about: str | None) -> None:
    """Writes arrays, and words ``about`` them."""
    listed = [{"dtype": array.dtype.name, "shape": array.shape} for array in arrays]
    with path.open("wb") as file:
        file.write(json.dumps({"about": about, "arrays": listed}).encode() + b"\n")
        for array in arrays:
            file.write(np.ascontiguousarray(array).tobytes())


def read_arrays(path: Path) -> tuple[list[Array], dict[str, str | None]]:
    """What :func:`write_arrays` wrote."""
    with path.open("rb") as file:
        header: dict[str, Any] = json.loads(file.readline())
        arrays: list[Array] = []
        for one in header["arrays"]:
            dtype = np.dtype(getattr(ml_dtypes, one["dtype"], one["dtype"]))
            array: Array = np.empty(one["shape"], dtype)
            file.readinto(memoryview(array.reshape(-1).view(np.uint8)))  # pyright: ignore[reportArgumentType]
            arrays.append(array)
    return arrays, header["about"]
