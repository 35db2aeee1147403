"""Random weights as ``.safetensors``, written in bounded memory."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import ml_dtypes
import numpy as np

from irkit.output_file import AtomicFile
from irkit.weights.safetensors import DTYPES
from irkit.weights.sharded import INDEX_NAME
from irkit.weights.source import WeightError

BLOCK_ELEMENTS = 1 << 17
"""Elements drawn at once; the values do not depend on it."""

DATA_ALIGNMENT = 64
"""The data start at a multiple of this, for readers that map the file."""

_DTYPES: dict[str, tuple[str, np.dtype[Any]]] = {
    "f64": ("F64", DTYPES["F64"]),
    "f32": ("F32", DTYPES["F32"]),
    "f16": ("F16", DTYPES["F16"]),
    "bf16": ("BF16", np.dtype(ml_dtypes.bfloat16)),
}


class RandomTensor(Protocol):
    """What is drawn for one tensor: normal numbers of this mean and standard deviation."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str:
        """``f64``, ``f32``, ``f16`` or ``bf16``."""
        ...

    @property
    def mean(self) -> float: ...
    @property
    def std(self) -> float: ...


def write_random_safetensors(
    path: str | Path,
    tensors: Mapping[str, RandomTensor],
    *,
    seed: int,
    shard_bytes: int | None = None,
) -> list[Path]:
    """Writes random tensors and returns the files, the index last.

    To a path that ends in ``.safetensors`` one file is written; to any other, a folder, one
    ``model.safetensors``, or with ``shard_bytes`` files of at most that many bytes of data (or one
    larger tensor) and their index. Each file is complete or absent.

    A tensor's values depend on ``seed`` (from 0 on), its name, shape and distribution, not on what
    else is written nor on where; they are drawn in f32 and rounded to the dtype.

    Raises :class:`WeightError` for a dtype that cannot be drawn, ``OutputError`` from the disk.
    """
    for name, tensor in tensors.items():
        if tensor.dtype not in _DTYPES:
            known = ", ".join(_DTYPES)
            raise WeightError(path, f"dtype {tensor.dtype!r} is none of {known}", tensor=name)
    path = Path(path)
    if path.suffix == ".safetensors":
        _write_file(path, tensors, list(tensors), seed)
        return [path]
    path.mkdir(parents=True, exist_ok=True)
    # A run that is killed must not leave an index over files of two runs.
    (path / INDEX_NAME).unlink(missing_ok=True)
    shards = _shards(tensors, shard_bytes)
    if len(shards) == 1:
        _write_file(path / "model.safetensors", tensors, shards[0], seed)
        return [path / "model.safetensors"]
    weight_map: dict[str, str] = {}
    files: list[Path] = []
    for number, names in enumerate(shards, 1):
        file = path / f"model-{number:05}-of-{len(shards):05}.safetensors"
        _write_file(file, tensors, names, seed)
        weight_map.update(dict.fromkeys(names, file.name))
        files.append(file)
    total = sum(map(_nbytes, tensors.values()))
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    with AtomicFile(path / INDEX_NAME, digest=False) as out:
        out.write(json.dumps(index, indent=2).encode())
    return [*files, path / INDEX_NAME]


def _nbytes(tensor: RandomTensor) -> int:
    return math.prod(tensor.shape) * _DTYPES[tensor.dtype][1].itemsize


def _shards(tensors: Mapping[str, RandomTensor], shard_bytes: int | None) -> list[list[str]]:
    """The names of each file, in order, as many as fit."""
    shards: list[list[str]] = [[]]
    filled = 0
    for name, tensor in tensors.items():
        size = _nbytes(tensor)
        if shard_bytes is not None and shards[-1] and filled + size > shard_bytes:
            shards.append([])
            filled = 0
        shards[-1].append(name)
        filled += size
    return shards


def _write_file(
    path: Path, tensors: Mapping[str, RandomTensor], names: Sequence[str], seed: int
) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name in names:
        tensor = tensors[name]
        begin, end = end, end + _nbytes(tensor)
        header[name] = {
            "dtype": _DTYPES[tensor.dtype][0],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    # Readers such as IREE compare names as they are written, so none is escaped needlessly.
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 8) % DATA_ALIGNMENT)
    with AtomicFile(path, digest=False) as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            _write_tensor(out, name, tensors[name], seed)


def _write_tensor(out: AtomicFile, name: str, tensor: RandomTensor, seed: int) -> None:
    stream = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "little")
    generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, stream])))
    dtype = _DTYPES[tensor.dtype][1]
    count = math.prod(tensor.shape)
    drawn = np.empty(min(count, BLOCK_ELEMENTS), np.float32)
    stored = drawn if dtype == drawn.dtype else np.empty(drawn.size, dtype)
    mean, std = np.float32(tensor.mean), np.float32(tensor.std)
    for start in range(0, count, BLOCK_ELEMENTS):
        block = drawn[: min(BLOCK_ELEMENTS, count - start)]
        generator.standard_normal(out=block, dtype=np.float32)
        block *= std
        block += mean
        if stored is not drawn:
            stored[: block.size] = block
        out.write(stored[: block.size].view(np.uint8).data)
