"""Arrays in memory, and numpy's own files."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit.testing.elements import DTYPES
from irkit.types import numpy_dtype
from irkit.weights import WeightError, iter_blocks, open_weights

ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "layers.0.w": np.random.default_rng(0).standard_normal((37, 41)).astype(np.float32),
    "b": np.arange(7, dtype=np.int64),
    "flag": np.array([True, False]),
    "scalar": np.array(2.5),
    "empty": np.zeros((3, 0), np.uint8),
    "c": np.array([1 + 2j], np.complex64),
}
LAYOUTS: dict[str, np.ndarray[Any, Any]] = {
    "transposed": np.arange(12, dtype=np.int16).reshape(3, 4).T,
    "strided": np.arange(20, dtype=np.float32)[::3],
    "reversed": np.arange(5, dtype=np.int64)[::-1],
    "broadcast": np.broadcast_to(np.float32(1.5), (3, 4)),
    "big-endian": np.arange(5, dtype=">f4"),
    "bf16": np.arange(9).reshape(3, 3).T.astype(ml_dtypes.bfloat16),
    "f8": np.ones((2, 2), ml_dtypes.float8_e4m3fn),
}


def read_all(source: Any, name: str, block: int) -> bytes:
    return b"".join(bytes(part) for part in iter_blocks(source, name, bytearray(block)))


@pytest.mark.parametrize("name", [*ARRAYS, *LAYOUTS])
def test_arrays_in_any_layout(name: str) -> None:
    array = (ARRAYS | LAYOUTS)[name]
    little = array.astype(array.dtype.newbyteorder("<"))
    with open_weights({name: array}) as source:
        info = source.info(name)
        assert (info.shape, info.dtype) == (array.shape, little.dtype)
        assert read_all(source, name, 24) == little.tobytes()


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_part_of_a_strided_array(data: st.DataObject) -> None:
    array = LAYOUTS["transposed"]
    begin = data.draw(st.integers(0, array.nbytes))
    end = data.draw(st.integers(begin, array.nbytes))
    buffer = bytearray(end - begin)
    open_weights({"w": array}).read_into("w", begin, buffer)
    assert bytes(buffer) == array.tobytes()[begin:end]


def test_a_large_array_is_not_copied() -> None:
    array = np.ones((1 << 12, 1 << 10), np.float32).T
    source = open_weights({"w": array})
    tracemalloc.start()
    buffer = bytearray(1 << 16)
    for _ in iter_blocks(source, "w", buffer):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 19


@pytest.mark.parametrize(
    "value",
    [
        [1.0],
        np.array([object()]),
        np.array(["a"]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
        np.array([b"ab"], dtype="V2"),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.zeros(2, np.longdouble),
    ],
)
def test_what_holds_no_numbers_is_refused(value: Any) -> None:
    with pytest.raises(WeightError, match="tensor 'w'"):
        open_weights({"w": value})


def test_a_source_is_taken_as_it_is() -> None:
    source = open_weights(ARRAYS)
    assert open_weights(source) is source


# -- files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path: Path, save: Any) -> None:
    path = tmp_path / "w.npz"
    save(path, **ARRAYS)
    with open_weights(path) as source:
        assert list(source.names) == list(ARRAYS)
        for name, array in ARRAYS.items():
            assert source.info(name).shape == array.shape
            assert source.info(name).dtype == array.dtype
            assert read_all(source, name, 1000) == array.tobytes()
        # Backwards, and between two arrays.
        w = ARRAYS["layers.0.w"].tobytes()
        for offset in (5000, 4, 4096, 0):
            buffer = bytearray(100)
            source.read_into("layers.0.w", offset, buffer)
            assert bytes(buffer) == w[offset : offset + 100]
            source.read_into("b", 8, memoryview(buffer)[:8])
            assert bytes(buffer[:8]) == (1).to_bytes(8, "little")


def test_npy(tmp_path: Path) -> None:
    path = tmp_path / "layer.w.npy"
    np.save(path, ARRAYS["layers.0.w"])
    with open_weights(path) as source:
        assert list(source.names) == ["layer.w"]
        assert read_all(source, "layer.w", 999) == ARRAYS["layers.0.w"].tobytes()


def test_a_deflated_array_is_read_in_blocks(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    np.savez_compressed(path, w=np.zeros(1 << 23, np.float32))
    with open_weights(path) as source:
        tracemalloc.start()
        for _ in iter_blocks(source, "w", bytearray(1 << 20)):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 6 << 20


def npy_bytes(array: np.ndarray[Any, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, **options)
    return out.getvalue()


NPY = npy_bytes(np.arange(4, dtype=np.float32))


def with_header(header: str) -> bytes:
    return NPY[:10] + header.encode().ljust(118) + NPY[128:]


WRONG_NPY = {
    "empty": (b"", "does not begin as a .npy file"),
    "magic": (b"\x93NUMPX" + NPY[6:], "does not begin as a .npy file"),
    "version": (NPY[:6] + b"\x09" + NPY[7:], "unknown .npy version 9"),
    "header length": (NPY[:8] + b"\xff\xff" + NPY[10:], "header has 65535 bytes"),
    "header": (with_header("("), "header is no literal"),
    "deep header": (NPY[:8] + b"\x10\x27" + b"(" * 10_000, "header is no literal"),
    "code": (with_header("__import__('os').abort()"), "is no literal"),
    "no dictionary": (with_header("1"), "header is no dictionary"),
    "no shape": (with_header("{'descr': '<f4'}"), "must have descr"),
    "long": (NPY + b"\0", r"has 17 bytes, shape \[4\] of float32 needs 16"),
    "short": (NPY[:-1], "has 15 bytes"),
    "objects": (npy_bytes(np.array([{}]), allow_pickle=True), r"'\|O' cannot be the elements"),
    "records": (npy_bytes(np.zeros(2, "i4,f4")), "cannot be the elements"),
    "bf16": (npy_bytes(np.zeros(2, "V2")), "bf16 and f8 need .safetensors"),
    "columns": (npy_bytes(np.asfortranarray(np.ones((2, 2)))), "column-major order"),
    "big-endian": (npy_bytes(np.ones(2, ">f4")), "is big-endian"),
    "negative": (NPY.replace(b"(4,), ", b"(-4,),"), r"shape \(-4,\) is no tuple"),
    "list": (
        with_header("{'descr': '<f4', 'fortran_order': False, 'shape': [4]}"),
        r"shape \[4\] is no tuple",
    ),
    "boolean": (
        with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}"),
        r"shape \(True,\) is no tuple",
    ),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", WRONG_NPY)
def test_a_wrong_array_is_one_clear_error(tmp_path: Path, name: str, packed: bool) -> None:
    content, message = WRONG_NPY[name]
    path = tmp_path / ("w.npz" if packed else "w.npy")
    if packed:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("w.npy", content)
    else:
        path.write_bytes(content)
    with pytest.raises(WeightError, match=message) as caught:
        open_weights(path)
    assert f"{path}: tensor 'w'" in str(caught.value)


def archive_bytes(names: list[str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, NPY)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no .npz archive"),
        (b"PK\5\6" + b"\0" * 10, "is no .npz archive"),
        (archive_bytes(["w.txt"]), "tensor 'w.txt': is no .npy file"),
    ],
)
def test_a_wrong_archive_is_one_clear_error(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "w.npz"
    path.write_bytes(content)
    with pytest.raises(WeightError, match=message):
        open_weights(path)


def test_a_directory_that_is_as_long_as_the_archive_says_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    size = (4 << 20) + 1
    with path.open("wb") as file:
        file.seek(size)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, size, 0, 0))
    with pytest.raises(WeightError, match=f"at byte 0: its directory has {size} bytes, over"):
        open_weights(path)


def test_an_array_that_ends_before_the_archive_says(tmp_path: Path) -> None:
    """Its checksum is that of what there is."""
    path = tmp_path / "w.npz"
    longer = npy_bytes(np.arange(8, dtype=np.float32))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", longer[:-16])
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\1\2")
    content[entry + 24 : entry + 28] = len(longer).to_bytes(4, "little")
    path.write_bytes(content)
    with open_weights(path) as source:
        assert source.info("w").shape == (8,)
        with pytest.raises(WeightError, match=r"tensor 'w'.*the archive ends inside it"):
            read_all(source, "w", 16)


def test_an_array_twice_in_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    with pytest.warns(UserWarning, match="Duplicate name"):
        path.write_bytes(archive_bytes(["w.npy", "w.npy"]))
    with pytest.raises(WeightError, match="tensor 'w': is twice"):
        open_weights(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_damaged_archive_is_noticed(tmp_path: Path, save: Any) -> None:
    path = tmp_path / "w.npz"
    save(path, w=np.random.default_rng(0).standard_normal(5000))
    content = bytearray(path.read_bytes())
    content[20_000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(WeightError, match="tensor 'w'"), open_weights(path) as source:
        read_all(source, "w", 4096)


@pytest.mark.parametrize("name", ["w.bin", "w", "w.json"])
def test_unknown_kinds(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightError, match="unknown kind"):
        open_weights(tmp_path / name)
    with pytest.raises(WeightError, match="cannot be opened: No such file"):
        open_weights(tmp_path / "missing.npz")


def test_arrays_of_every_dtype() -> None:
    """One of ``ml_dtypes``' has the character of numpy's ``clongdouble``, which is refused."""
    arrays = {f"w.{name}": np.ones(3, numpy_dtype(name)) for name in DTYPES}
    with open_weights(arrays) as source:
        for name, array in arrays.items():
            assert source.info(name).dtype == array.dtype
            assert read_all(source, name, 16) == array.tobytes()
