"""Weights: named tensors that are read in blocks and never held.

A source is a ``.safetensors`` file, a sharded set of them, an ``.npz`` or ``.npy`` file, or arrays
in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from irkit.input_file import inside
from irkit.weights.arrays import ArraySource
from irkit.weights.safetensors import SafetensorsSource
from irkit.weights.sharded import INDEX_NAME, ShardedSource
from irkit.weights.source import (
    TensorInfo,
    WeightError,
    WeightSource,
    check_unchanged,
    iter_blocks,
)

WeightsLike: TypeAlias = str | Path | Mapping[str, np.ndarray[Any, Any]] | WeightSource
"""What :func:`open_weights` takes."""

__all__ = [
    "TensorInfo",
    "WeightError",
    "WeightSource",
    "WeightsLike",
    "check_unchanged",
    "iter_blocks",
    "open_weights",
]


def open_weights(weights: WeightsLike) -> WeightSource:
    """The source behind a file, a folder with a model's files, a mapping of arrays, or a source.

    Raises :class:`WeightError` where there is nothing of that kind or it cannot be trusted.
    """
    if isinstance(weights, Mapping):
        return ArraySource(weights)
    if not isinstance(weights, str | Path):
        return weights
    path = Path(weights)
    if path.is_dir():
        path = _in_folder(path)
    if path.suffix == ".safetensors":
        return SafetensorsSource(path)
    if path.name.endswith(".safetensors.index.json"):
        return ShardedSource(path)
    if path.suffix in (".npz", ".npy"):
        # zipfile and what it imports are not needed for the other kinds.
        from irkit.weights.npz import NpySource, NpzSource

        return NpzSource(path) if path.suffix == ".npz" else NpySource(path)
    raise WeightError(
        path, "unknown kind; give a .safetensors, .safetensors.index.json, .npz or .npy file"
    )


def _in_folder(folder: Path) -> Path:
    """The index, or the one weight file, of a model's folder."""
    for name in (INDEX_NAME, "model.safetensors"):
        if (folder / name).exists():
            return _within(folder, name)
    found = sorted(folder.glob("*.safetensors"))
    if len(found) == 1:
        return _within(folder, found[0].name)
    if not found:
        raise WeightError(folder, "has no .safetensors file")
    names = ", ".join(path.name for path in found[:5])
    raise WeightError(folder, f"has {len(found)} files ({names} ...) but no {INDEX_NAME}")


def _within(folder: Path, name: str) -> Path:
    """A file that the folder's content, not the user, chose: it may not lie elsewhere."""
    path = inside(folder, name)
    if path is None:
        raise WeightError(folder / name, "is a link out of its folder; give the file that it names")
    return path
