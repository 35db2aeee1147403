"""Weight files: a ``WeightError``, or tensors that another reader finds in the same bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from irkit.weights import TensorInfo, WeightError, WeightSource, open_weights

_MOST = 1 << 16
"""Bytes of a tensor that are compared."""


def run_safetensors(data: bytes) -> None:
    """The tensors of a file cover it, each byte behind the header once."""
    found = _tensors(data, "model.safetensors")
    if found is None:
        return
    start = 8 + int.from_bytes(data[:8], "little")
    pieces = sorted(content for _, content in found.values())
    size = sum(info.nbytes for info, _ in found.values())
    assert size == len(data) - start, f"{size} bytes of {len(data) - start}"
    assert sum(map(len, pieces)) == size
    rest = data[start:]
    assert all(piece in rest for piece in pieces)


def run_index(data: bytes) -> None:
    """An index of shards beside one shard; no other file is opened."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "model"
        folder.mkdir()
        tensor = b'{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}'
        shard = len(tensor).to_bytes(8, "little") + tensor + b"ab"
        (folder / "a.safetensors").write_bytes(shard)
        (Path(name) / "b.safetensors").write_bytes(shard)
        path = folder / "model.safetensors.index.json"
        path.write_bytes(data)
        try:
            with open_weights(path) as source:
                assert set(source.names) <= {"w"}
                assert all(_content(source, name) == b"ab" for name in source.names)
        except WeightError as error:
            refused = str(error)
        else:
            return
    assert str(path.parent) in refused, "the error names no file"


def run_npz(data: bytes) -> None:
    """What is read is what numpy reads."""
    found = _tensors(data, "model.npz")
    if found is None:
        return
    # numpy.load takes no archive that something precedes; the class behind it does.
    with np.lib.npyio.NpzFile(io.BytesIO(data), allow_pickle=False) as theirs:
        for name, (info, content) in found.items():
            _same(theirs[name], info, content)


def run_npy(data: bytes) -> None:
    """What is read is what numpy reads."""
    found = _tensors(data, "model.npy")
    if found is not None:
        _same(np.load(io.BytesIO(data), allow_pickle=False), *found["model"])


def _same(theirs: np.ndarray, info: TensorInfo, content: bytes) -> None:
    assert theirs.dtype == info.dtype, "another dtype than numpy's"
    assert theirs.shape == info.shape, "another shape than numpy's"
    assert theirs.tobytes()[:_MOST] == content, "other bytes than numpy's"


def _tensors(data: bytes, name: str) -> dict[str, tuple[TensorInfo, bytes]] | None:
    """The tensors with their bytes, or nothing where the file is refused."""
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        try:
            with open_weights(path) as source:
                return {n: (source.info(n), _content(source, n)) for n in source.names}
        except WeightError as error:
            refused = str(error)
    assert str(path) in refused, "the error does not name the file"
    return None


def _content(source: WeightSource, name: str) -> bytes:
    info = source.info(name)
    assert info.nbytes == math.prod(info.shape) * info.dtype.itemsize
    return b"".join(_blocks(source, name, min(info.nbytes, _MOST)))


def _blocks(source: WeightSource, name: str, size: int) -> Iterator[bytes]:
    for start in range(0, size, 1000):
        block = bytearray(min(1000, size - start))
        source.read_into(name, start, block)
        yield bytes(block)
