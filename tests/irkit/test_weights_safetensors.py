"""Safetensors files, whole and sharded, right and hostile."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit.weights import WeightError, iter_blocks, open_weights
from irkit.weights.safetensors import DTYPES, HEADER_LIMIT, SafetensorsSource


def file_bytes(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors_bytes(tensors: dict[str, np.ndarray[Any, Any]]) -> bytes:
    header: dict[str, object] = {}
    names = {dtype: name for name, dtype in DTYPES.items()}
    data = b""
    for name, array in tensors.items():
        begin = len(data)
        data += array.tobytes()
        header[name] = entry(names[array.dtype], list(array.shape), begin, len(data))
    return file_bytes({"__metadata__": {"a": "b"}, **header}, data)


def read_all(source: Any, name: str, block: int = 64) -> bytes:
    return b"".join(bytes(part) for part in iter_blocks(source, name, bytearray(block)))


def test_every_dtype_comes_back(tmp_path: Path) -> None:
    raw = np.random.default_rng(0).integers(0, 2, 96, np.uint8)
    tensors = {name: raw.view(dtype).reshape(2, -1) for name, dtype in DTYPES.items()}
    tensors |= {"scalar": np.float32(3).reshape(()), "empty": np.zeros((0, 5), np.int16)}
    path = tmp_path / "w.safetensors"
    path.write_bytes(safetensors_bytes(tensors))
    with open_weights(path) as source:
        assert list(source.names) == list(tensors)
        for name, array in tensors.items():
            info = source.info(name)
            assert (info.shape, info.dtype, info.nbytes) == (
                array.shape,
                array.dtype,
                array.nbytes,
            )
            assert read_all(source, name) == array.tobytes()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_part_can_be_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    array = np.arange(100, dtype=np.float32)
    path = tmp_path_factory.mktemp("part") / "w.safetensors"
    path.write_bytes(safetensors_bytes({"a": np.zeros(3, np.int8), "w": array}))
    begin = data.draw(st.integers(0, 400))
    end = data.draw(st.integers(begin, 400))
    buffer = bytearray(end - begin)
    with open_weights(str(path)) as source:
        source.read_into("w", begin, buffer)
    assert bytes(buffer) == array.tobytes()[begin:end]


def test_blocks_are_parts_of_the_buffer_with_whole_elements(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(safetensors_bytes({"w": np.arange(10, dtype=np.float64)}))
    buffer = bytearray(30)
    with open_weights(path) as source:
        sizes = [len(part) for part in iter_blocks(source, "w", buffer)]
        assert sizes == [24, 24, 24, 8]
        assert buffer[:8] == np.float64(9).tobytes()
        with pytest.raises(ValueError, match="holds no element"):
            next(iter_blocks(source, "w", bytearray(7)))


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(safetensors_bytes({"layers.0.w": np.zeros(2, np.float32)}))
    with open_weights(path) as source:
        assert "layers.0.w" in source
        assert "w" not in source
        with pytest.raises(WeightError, match=r"tensor 'layer.0.w'.*did you mean layers.0.w"):
            source.info("layer.0.w")
        for offset, size in ((0, 9), (5, 4), (-1, 2)):
            with pytest.raises(WeightError, match="the tensor has 8"):
                source.read_into("layers.0.w", offset, bytearray(size))


F32 = entry("F32", [2], 0, 8)
HOSTILE = {
    "empty file": (b"", "the file ends here, 8 bytes are missing"),
    "length of 2**63": (b"\0" * 7 + b"\x80", "length is 9223372036854775808"),
    "length beyond the file": (
        b"\x20" + b"\0" * 7 + b"{}",
        "length is 32, after it the file has 2",
    ),
    "no JSON": (file_bytes(b"{'a': 1}"), "invalid: Expecting property name"),
    "no UTF-8": (file_bytes(b'{"\xff": 1}'), "not UTF-8"),
    "no object": (file_bytes([1]), "is no object"),
    "deep": (file_bytes(b'{"a":' + b"[" * 200_000), "nested too deep"),
    "long number": (file_bytes(b'{"a":' + b"9" * 5000 + b"}"), "too many digits"),
    "duplicate tensor": (
        file_bytes(b'{"w":' + json.dumps(F32).encode() + b',"w":1}', b"\0" * 8),
        "key 'w' stands twice",
    ),
    "duplicate field": (file_bytes(b'{"w":{"dtype":"F32","dtype":"F16"}}'), "'dtype' stands twice"),
    "entry is a list": (file_bytes({"w": []}), "tensor 'w': its entry in the header is no object"),
    "missing field": (file_bytes({"w": {"dtype": "F32"}}), "must have dtype, shape and data_off"),
    "unknown field": (file_bytes({"w": F32 | {"x": 1}}), "must have dtype, shape and data_offsets"),
    "unknown dtype": (file_bytes({"w": entry("F31", [2], 0, 8)}), "dtype 'F31' is unknown"),
    "packed dtype": (file_bytes({"w": entry("F4", [2], 0, 1)}), "dtype 'F4' is unknown"),
    "dtype is a list": (file_bytes({"w": F32 | {"dtype": ["F32"]}}), r"dtype \['F32'\] is unk"),
    "negative dimension": (file_bytes({"w": entry("F32", [-2], 0, 8)}), "shape .* is no list"),
    "fractional dimension": (file_bytes({"w": F32 | {"shape": [2.0]}}), "shape .* is no list"),
    "boolean dimension": (file_bytes({"w": F32 | {"shape": [True]}}), "shape .* is no list"),
    "no list of dimensions": (file_bytes({"w": F32 | {"shape": 2}}), "shape 2 is no list"),
    "no list of offsets": (file_bytes({"w": F32 | {"data_offsets": "8"}}), "'8' is no range"),
    "negative offset": (file_bytes({"w": entry("F32", [2], -8, 0)}), "is no range"),
    "reversed range": (file_bytes({"w": entry("F32", [2], 8, 0)}), "is no range"),
    "three offsets": (file_bytes({"w": F32 | {"data_offsets": [0, 8, 8]}}), "is no range"),
    "size against shape": (
        file_bytes({"w": entry("F32", [3], 0, 8)}, b"\0" * 8),
        r"give 8 bytes, shape \[3\] of F32 needs 12",
    ),
    "product past 64 bits": (
        file_bytes({"w": entry("F32", [1 << 32, 1 << 32], 0, 0)}),
        r"more than 2\*\*62 bytes in the shape \[4294967296, 4294967296\]",
    ),
    "out of the file": (
        file_bytes({"w": F32}, b"\0" * 7),
        r"tensor 'w' at byte \d+: its data end at 8, the file's at 7",
    ),
    "overlap": (
        file_bytes({"a": F32, "w": entry("F32", [2], 4, 12)}, b"\0" * 12),
        "begin at 4, which overlaps tensor 'a' that ends at 8",
    ),
    "same range twice": (file_bytes({"a": F32, "b": F32}, b"\0" * 8), "overlaps tensor 'a'"),
    "hole": (
        file_bytes({"a": F32, "w": entry("F32", [1], 9, 13)}, b"\0" * 13),
        "leaves a hole after tensor 'a' that ends at 8",
    ),
    "hole at the start": (
        file_bytes({"w": entry("F32", [1], 4, 8)}, b"\0" * 8),
        "hole after the h",
    ),
    "bytes at the end": (file_bytes({"w": F32}, b"\0" * 9), "1 bytes at the end belong to no ten"),
}


def open_files() -> int:
    return psutil.Process().num_fds()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_is_one_clear_error(tmp_path: Path, name: str) -> None:
    content, message = HOSTILE[name]
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(content)
    before = open_files()
    with pytest.raises(WeightError, match=message) as caught:
        open_weights(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert open_files() == before


def test_a_header_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes((HEADER_LIMIT + 1).to_bytes(8, "little"))
    os.truncate(path, HEADER_LIMIT + 100)
    with pytest.raises(WeightError, match="more than the limit"):
        open_weights(path)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_header_is_an_error_or_a_readable_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(safetensors_bytes({"w": np.zeros(2, np.float32), "v": np.ones(3, np.int8)}))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = (
        content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    )
    path = tmp_path_factory.mktemp("damaged") / "w.safetensors"
    path.write_bytes(content)
    try:
        source = open_weights(path)
    except WeightError:
        return
    with source:
        for name in source.names:
            assert len(read_all(source, name)) == source.info(name).nbytes


def test_a_file_that_shrinks_while_open(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(safetensors_bytes({"w": np.zeros(4, np.float32)}))
    size = path.stat().st_size
    with open_weights(path) as source:
        os.truncate(path, size - 6)
        problem = rf"w.safetensors: tensor 'w' at byte {size - 6}: the file ends here, 6 bytes"
        with pytest.raises(WeightError, match=problem):
            source.read_into("w", 0, bytearray(16))


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "w.safetensors"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(WeightError, match=r"cannot be opened|not a regular file|no .safetensors"):
        open_weights(path)


# -- sharded -------------------------------------------------------------------------------


def shards(folder: Path) -> dict[str, str]:
    (folder / "a.safetensors").write_bytes(safetensors_bytes({"x": np.arange(3, dtype=np.int32)}))
    (folder / "b.safetensors").write_bytes(
        safetensors_bytes({"y": np.ones(2, np.float16), "z": np.zeros(1, np.float32)})
    )
    return {"z": "b.safetensors", "x": "a.safetensors", "y": "b.safetensors"}


def write_index(folder: Path, index: object) -> Path:
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    return path


def test_a_sharded_model(tmp_path: Path) -> None:
    weight_map = shards(tmp_path)
    path = write_index(tmp_path, {"metadata": {}, "weight_map": weight_map})
    for opened in (path, tmp_path):
        with open_weights(opened) as source:
            assert list(source.names) == ["z", "x", "y"]
            assert source.info("y").dtype == np.float16
            assert read_all(source, "x") == np.arange(3, dtype=np.int32).tobytes()
            with pytest.raises(WeightError, match=r"index.json: tensor 'q'"):
                source.info("q")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ([], "is no object"),
        ({}, "has no object 'weight_map'"),
        ({"weight_map": []}, "has no object 'weight_map'"),
        ({"weight_map": {"x": 1}}, "tensor 'x': its shard 1 is no file name"),
        ({"weight_map": {"x": "../a.safetensors"}}, "tensor 'x': .* is no file in this folder"),
        ({"weight_map": {"x": "/etc/passwd"}}, "is no file in this folder"),
        ({"weight_map": {"x": "s/../../a.safetensors"}}, "is no file in this folder"),
        ({"weight_map": {"x": ""}}, "is no file in this folder"),
        ({"weight_map": {"x": "a\0b"}}, "is no file in this folder"),
        ({"weight_map": {"x": "c.safetensors"}}, "shard 'c.safetensors' does not exist"),
        ({"weight_map": {"x": "b.safetensors"}}, "tensor 'x': is not in its shard 'b.safet"),
    ],
)
def test_a_hostile_index_is_one_clear_error(tmp_path: Path, index: object, message: str) -> None:
    shards(tmp_path)
    with pytest.raises(WeightError, match=message):
        open_weights(write_index(tmp_path, index))


def test_a_broken_shard_names_itself(tmp_path: Path) -> None:
    path = write_index(tmp_path, {"weight_map": shards(tmp_path)})
    (tmp_path / "b.safetensors").write_bytes(b"")
    with pytest.raises(WeightError, match=r"b.safetensors at byte 0"):
        open_weights(path)


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(WeightError, match=r"has no .safetensors file"):
        open_weights(tmp_path)
    shards(tmp_path)
    with pytest.raises(WeightError, match="has 2 files"):
        open_weights(tmp_path)
    (tmp_path / "only").mkdir()
    only = tmp_path / "only" / "weights.safetensors"
    only.write_bytes((tmp_path / "a.safetensors").read_bytes())
    with open_weights(tmp_path / "only") as source:
        assert list(source.names) == ["x"]
    only.unlink()
    only.symlink_to(tmp_path / "a.safetensors")
    with pytest.raises(WeightError, match=r"weights\.safetensors: is a link out of its folder"):
        open_weights(tmp_path / "only")
    (tmp_path / "a.safetensors").rename(tmp_path / "model.safetensors")
    with open_weights(tmp_path) as source:
        assert isinstance(source, SafetensorsSource)
        assert list(source.names) == ["x"]
