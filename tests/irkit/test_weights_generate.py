"""Generated weights: the same for a seed however they are written, and in bounded memory."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from irkit.weights import WeightError, generate, open_weights
from irkit.weights.generate import write_random_safetensors


@dataclass(frozen=True)
class Tensor:
    shape: tuple[int, ...]
    dtype: str = "bf16"
    mean: float = 0.0
    std: float = 0.02


TENSORS: Mapping[str, Tensor] = {
    "embed": Tensor((100, 33), "f32"),
    "norm": Tensor((513,), "f16", mean=1.0, std=0.1),
    "w": Tensor((301, 77)),
    "scalar": Tensor((), "f64"),
    "empty": Tensor((0, 4), "bf16"),
}


def read(path: Path) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    with open_weights(path) as source:
        for name in source.names:
            info = source.info(name)
            buffer = bytearray(info.nbytes)
            source.read_into(name, 0, buffer)
            arrays[name] = np.frombuffer(buffer, info.dtype).reshape(info.shape)
    return arrays


def digests(path: Path) -> dict[str, str]:
    return {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in read(path).items()}


def test_shapes_dtypes_and_distribution(tmp_path: Path) -> None:
    (path,) = write_random_safetensors(tmp_path / "w.safetensors", TENSORS, seed=0)
    arrays = read(path)
    assert list(arrays) == list(TENSORS)
    for name, tensor in TENSORS.items():
        assert arrays[name].shape == tensor.shape
    norm, w = arrays["norm"].astype(np.float64), arrays["w"].astype(np.float64)
    assert norm.mean() == pytest.approx(1.0, abs=0.02)
    assert norm.std() == pytest.approx(0.1, rel=0.15)
    assert w.mean() == pytest.approx(0.0, abs=0.001)
    assert w.std() == pytest.approx(0.02, rel=0.03)
    assert len(np.unique(arrays["embed"])) > 3000


def test_a_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_random_safetensors(tmp_path / f"{name}.safetensors", TENSORS, seed=seed)
    a, b, c = ((tmp_path / f"{name}.safetensors").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize("elements", [1, 7, 64, 1000])
def test_values_do_not_depend_on_the_block_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elements: int
) -> None:
    small = {"w": Tensor((41, 29)), "v": Tensor((999,), "f32")}
    write_random_safetensors(tmp_path / "a.safetensors", small, seed=3)
    monkeypatch.setattr(generate, "BLOCK_ELEMENTS", elements)
    write_random_safetensors(tmp_path / "b.safetensors", small, seed=3)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_values_do_not_depend_on_the_other_tensors_or_files(tmp_path: Path) -> None:
    write_random_safetensors(tmp_path / "all.safetensors", TENSORS, seed=1)
    everything = digests(tmp_path / "all.safetensors")
    write_random_safetensors(tmp_path / "one.safetensors", {"w": TENSORS["w"]}, seed=1)
    assert digests(tmp_path / "one.safetensors") == {"w": everything["w"]}
    files = write_random_safetensors(tmp_path / "sharded", TENSORS, seed=1, shard_bytes=20_000)
    assert [file.name for file in files] == [
        "model-00001-of-00003.safetensors",
        "model-00002-of-00003.safetensors",
        "model-00003-of-00003.safetensors",
        "model.safetensors.index.json",
    ]
    assert digests(tmp_path / "sharded") == everything
    index = json.loads(files[-1].read_bytes())
    assert index["metadata"]["total_size"] == sum(a.nbytes for a in read(files[-1]).values())


def test_a_folder_without_shards(tmp_path: Path) -> None:
    write_random_safetensors(tmp_path / "m", TENSORS, seed=1, shard_bytes=20_000)
    files = write_random_safetensors(tmp_path / "m", TENSORS, seed=2)
    assert files == [tmp_path / "m" / "model.safetensors"]
    with open_weights(tmp_path / "m") as source:
        assert list(source.names) == list(TENSORS)


def test_data_are_aligned(tmp_path: Path) -> None:
    write_random_safetensors(tmp_path / "w.safetensors", TENSORS, seed=0)
    length = int.from_bytes((tmp_path / "w.safetensors").read_bytes()[:8], "little")
    assert (8 + length) % 64 == 0


def test_memory_is_bounded(tmp_path: Path) -> None:
    large = {"w": Tensor((4096, 2048)), "v": Tensor((2048, 1024), "f32")}
    tracemalloc.start()
    write_random_safetensors(tmp_path / "w.safetensors", large, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_an_unknown_dtype_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(WeightError, match="tensor 'w': dtype 'i8' is none of f64"):
        write_random_safetensors(tmp_path / "w.safetensors", {"w": Tensor((1,), "i8")}, seed=0)
    assert not list(tmp_path.iterdir())
