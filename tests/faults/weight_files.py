"""Weight files that are hostile or damaged, and what the error says of each."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

TENSORS: dict[str, np.ndarray[Any, Any]] = {
    "a": np.arange(400, dtype=np.float32).reshape(20, 20),
    "b": np.arange(6, dtype=np.int32),
}


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """A file of a header, whatever it is, and data."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def described(tensors: Mapping[str, np.ndarray[Any, Any]]) -> tuple[dict[str, Any], bytes]:
    """A header and the data of right tensors."""
    kinds = {"f": "F", "i": "I", "u": "U"}
    header: dict[str, Any] = {}
    data = b""
    for name, array in tensors.items():
        dtype = f"{kinds[array.dtype.kind]}{8 * array.dtype.itemsize}"
        end = len(data) + array.nbytes
        offsets = [len(data), end]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
        data += array.tobytes()
    return header, data


HEADER, DATA = described(TENSORS)
WHOLE = safetensors(HEADER, DATA)


def _with(name: str, **fields: object) -> bytes:
    return safetensors({**HEADER, name: {**HEADER[name], **fields}}, DATA)


def _without(name: str) -> bytes:
    return safetensors(*described({k: v for k, v in TENSORS.items() if k != name}))


def _as(name: str, array: np.ndarray[Any, Any]) -> bytes:
    return safetensors(*described({**TENSORS, name: array}))


_ENTRY = json.dumps(HEADER["a"])
_DIGITS = "9" * 4000

HOSTILE_HEADERS: dict[str, tuple[bytes, str]] = {
    "length 2**63": (safetensors(HEADER, DATA, 1 << 63), "header's length is 9223372036854775808"),
    "length 2**64 - 1": (safetensors(HEADER, DATA, (1 << 64) - 1), "length is 184467440737095516"),
    "length 0": (safetensors(HEADER, DATA, 0), "header is invalid"),
    "length beyond the file": (safetensors(HEADER, DATA, len(WHOLE)), "after it the file has"),
    "length one more": (safetensors(HEADER, DATA, len(WHOLE) - len(DATA) - 7), "header is"),
    "no object": (safetensors([1]), "is no object"),
    "no UTF-8": (safetensors(b'{"\xff": 1}'), "not UTF-8"),
    "UTF-16": (safetensors(json.dumps(HEADER).encode("utf-16"), DATA), "not UTF-8"),
    "NaN": (_with("a", shape=[float("nan")]), "is no list of integers"),
    "lone surrogate": (safetensors(b'{"\\ud800": 1}'), "its entry in the header is no object"),
    "nested 10**6 deep": (safetensors(b'{"a":' + b"[" * 10**6), "nested too deep"),
    "objects nested 10**6 deep": (safetensors(b'{"a":' * 10**6), "nested too deep"),
    "number of 10**6 digits": (safetensors(b'{"a":' + b"9" * 10**6 + b"}"), "too many digits"),
    "16 MB of empty objects": (safetensors(b'{"a":[' + b"{}," * 5_500_000 + b"1]}"), "no object"),
    "duplicate tensor": (
        safetensors(f'{{"a": {_ENTRY}, "a": {_ENTRY}}}'.encode(), DATA),
        "'a' stands twice",
    ),
    "duplicate field": (safetensors(b'{"a": {"dtype": "F32", "dtype": "F32"}}'), "stands twice"),
    "key of 10**6 characters twice": (
        safetensors(b"{" + b", ".join([b'"' + b"k" * 10**6 + b'": 1'] * 2) + b"}"),
        "characters) stands twice",
    ),
    "terminal commands in a name": (safetensors({"\x1b[2J\x07": 1}), r"tensor '\x1b[2J\x07'"),
    "overlap": (_with("b", data_offsets=[1596, 1620]), "overlaps tensor 'a'"),
    "same range": (_with("b", dtype="F32", shape=[400], data_offsets=[0, 1600]), "overlaps"),
    "outside": (_with("b", data_offsets=[1 << 40, (1 << 40) + 24]), "the file's at 1624"),
    "reversed": (_with("b", data_offsets=[1624, 1600]), "is no range"),
    "negative": (_with("b", data_offsets=[-24, 0]), "is no range"),
    "range past 64 bits": (_with("b", data_offsets=[1 << 64, (1 << 64) + 24]), "is no range"),
    "hole": (safetensors({"a": HEADER["a"]}, DATA), "bytes at the end belong to no tensor"),
    "product past 64 bits": (_with("a", shape=[1 << 33, 1 << 33]), "more than 2**62 bytes"),
    "product that wraps to the right size": (
        _with("a", shape=[(1 << 62) + 100, 4]),
        "is no list of integers",
    ),
    "dimensions of 4000 digits": (
        safetensors(WHOLE[8 : len(WHOLE) - len(DATA)].replace(
            b"[20, 20]", f"[{_DIGITS}, {_DIGITS}]".encode()), DATA),
        "is no list of integers",
    ),
    "300 dimensions of 4000 digits": (
        safetensors(WHOLE[8 : len(WHOLE) - len(DATA)].replace(
            b"[20, 20]", f"[{','.join([_DIGITS] * 300)}]".encode()), DATA),
        "is no list of integers",
    ),
    "10**5 dimensions of 2": (_with("a", shape=[2] * 10**5), "more than 2**62 bytes"),
    "unknown dtype": (_with("a", dtype="F33"), "dtype 'F33' is unknown"),
    "dtype of 10**6 characters": (_with("a", dtype="F" * 10**6), "characters) is unknown"),
    "missing tensor": (_without("b"), "tensor 'b'"),
    "wrong dtype": (_as("b", np.arange(6, dtype=np.int64)), "'b'"),
    "same bits, another dtype": (_as("b", np.arange(6, dtype=np.uint32)), "'b'"),
    "wrong shape": (_as("a", np.zeros((400, 1), np.float32)), "'a'"),
    "scalar": (_as("b", np.array(1, np.int32)), "'b'"),
}  # fmt: skip


def _npy(header: str | bytes, data: bytes = b"", version: int = 1) -> bytes:
    text = header if isinstance(header, bytes) else header.encode()
    width = 2 if version == 1 else 4
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(width, "little") + text + data


def _array(descr: str = "'<f4'", shape: str = "(20, 20)", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


def _saved(array: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def _archive(
    entries: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED, twice: str | None = None
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        if twice is not None:
            archive.fp.seek(archive.start_dir)  # type: ignore[union-attr]
            archive.filelist.append(archive.getinfo(twice))
    return out.getvalue()


def _members() -> dict[str, bytes]:
    return {f"{name}.npy": _saved(array) for name, array in TENSORS.items()}


def _bomb(kind: int) -> bytes:
    """64 MiB of nothing in few bytes, called a tensor of the model."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive, archive.open("a.npy", "w") as member:
        member.write(_npy(_array("'|i1'", f"({1 << 26},)")))
        for _ in range(1 << 6):
            member.write(bytes(1 << 20))
    return out.getvalue()


def _patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


def _encrypted() -> bytes:
    data = bytearray(_archive(_members()))
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def _wrong_checksum() -> bytes:
    stored = bytearray(_archive(_members(), zipfile.ZIP_STORED))
    at = stored.find(TENSORS["a"].tobytes())
    stored[at + 1599] ^= 1
    return bytes(stored)


def _directory_size(size: int) -> bytes:
    """An archive that says its directory has ``size`` bytes."""
    data = bytearray(_archive(_members()))
    struct.pack_into("<I", data, len(data) - 22 + 12, size)
    return bytes(data)


NPZ: dict[str, tuple[Callable[[], bytes], str]] = {
    "pickled objects": (
        lambda: _archive({"a.npy": _saved(np.array([{}, ()], object))}),
        "cannot be the elements",
    ),
    "a pickle": (lambda: _archive({"a.npy": b"\x80\x04cos\nsystem\n."}), "not begin as a .npy"),
    "deflated bomb": (lambda: _bomb(zipfile.ZIP_DEFLATED), "'a'"),
    "bzip2 bomb": (lambda: _bomb(zipfile.ZIP_BZIP2), "compressed by method 12"),
    "lzma bomb": (lambda: _bomb(zipfile.ZIP_LZMA), "compressed by method 14"),
    "bomb in a header": (
        lambda: _archive({"a.npy": b"\x93NUMPY\x02\0\xff\xff\xff\xff" + bytes(1 << 28)}),
        "header has 4294967295 bytes",
    ),
    "directory of 4 GB": (lambda: _directory_size(0xFFFFFFF0), "no .npz archive"),
    "100,000 arrays": (
        lambda: _archive(
            dict.fromkeys((f"{n}.npy" for n in range(100_000)), b""), zipfile.ZIP_STORED
        ),
        "its directory has",
    ),
    "name that goes up": (lambda: _archive({"../../a.npy": _saved(TENSORS["a"])}), "'a'"),
    "absolute name": (lambda: _archive({"/etc/a.npy": _saved(TENSORS["a"])}), "'a'"),
    "no array": (lambda: _archive({**_members(), "x.sh": b"rm"}), "no .npy file in the archive"),
    "array twice": (lambda: _archive(_members(), twice="a.npy"), "is twice in the archive"),
    "encrypted": (_encrypted, "damaged or of an unknown kind"),
    "wrong checksum": (_wrong_checksum, "Bad CRC-32"),
    "truncated": (lambda: _archive(_members())[:-30], "no .npz archive"),
    "another size than declared": (
        lambda: _archive({"a.npy": _npy(_array(), bytes(4))}),
        "needs 1600",
    ),
    "no archive": (lambda: b"PK\5\6" + bytes(3), "no .npz archive"),
    "empty file": (lambda: b"", "no .npz archive"),
    "missing array": (lambda: _archive({"a.npy": _saved(TENSORS["a"])}), "'b'"),
}

NPY: dict[str, tuple[bytes, str]] = {
    "expression": (_npy("__import__('os').system('touch ran')"), "no literal"),
    "call in the shape": (_npy(_array(shape="(open('ran', 'w'),)")), "no literal"),
    "nested 9000 deep": (_npy("(" * 9000), "no literal"),
    "9000 signs": (_npy("-" * 9000 + "1"), "no literal"),
    "9000 sums": (_npy("1" + "+1j" * 3000), "no literal"),
    "escape without a meaning": (_npy(_array(r"'\d'")), "no literal"),
    "shape of two numbers of 4000 digits": (
        _npy(_array(shape=f"({_DIGITS}, {_DIGITS})")),
        "no tuple of integers",
    ),
    "shape past 64 bits": (_npy(_array(shape=f"({1 << 61}, {1 << 61})")), "more than 2**62"),
    "negative shape": (_npy(_array(shape="(-20, -20)")), "no tuple of integers"),
    "boolean shape": (_npy(_array(shape="(True, 400)"), DATA[:1600]), "no tuple of integers"),
    "list": (_npy("[1]"), "no dictionary"),
    "set in place of a dictionary": (_npy("{1, 2}"), "no dictionary"),
    "unhashable key": (_npy("{[]: 1}"), "no literal"),
    "missing key": (_npy("{'descr': '<f4'}"), "must have descr"),
    "objects": (_npy(_array("'|O'")), "cannot be the elements"),
    "records": (_npy(_array("[('x', '<f4')]")), "cannot be the elements"),
    "big-endian": (_npy(_array("'>f4'"), DATA[:1600]), "big-endian"),
    "column-major": (_npy(_array(order="True"), DATA[:1600]), "column-major"),
    "no UTF-8": (_npy(b"{'descr': '\xff'}"), "no literal"),
    "NUL": (_npy("{'a'\0: 1}"), "no literal"),
    "header of 4 GB": (b"\x93NUMPY\x02\0\xff\xff\xff\xff{", "header has 4294967295 bytes"),
    "version 9": (b"\x93NUMPY\x09\0\x01\0{", "unknown .npy version 9"),
    "truncated": (_npy(_array(), DATA[:1599]), "needs 1600"),
    "too long": (_npy(_array(), DATA[:1601]), "needs 1600"),
    "empty": (b"", "does not begin"),
}


def _index(folder: Path, shard: object, name: str = "model.safetensors.index.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"weight_map": {"a": shard, "b": shard}}))
    return path


def _linked(folder: Path, target: str) -> Path:
    (folder / "x.safetensors").symlink_to(target)
    return _index(folder, "x.safetensors")


def _outside(folder: Path) -> Path:
    """Weights beside the folder that is given."""
    (folder / "beside.safetensors").write_bytes(WHOLE)
    inner = folder / "model"
    inner.mkdir()
    return inner


def _fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _folder_named(path: Path) -> Path:
    path.mkdir()
    return path


def _long(folder: Path) -> Path:
    path = folder / "model.safetensors"
    path.write_bytes((100 << 20).to_bytes(8, "little"))
    os.truncate(path, 200 << 20)
    return path


def _itself(folder: Path) -> Path:
    return _index(folder, "model.safetensors.index.json")


def _chosen_link(folder: Path) -> Path:
    inner = _outside(folder)
    (inner / "model.safetensors").symlink_to("../beside.safetensors")
    return inner


def _through_folder(folder: Path) -> Path:
    inner = _outside(folder)
    (inner / "sub").symlink_to("..")
    return _index(inner, "sub/beside.safetensors")


def _long_index(folder: Path) -> Path:
    path = folder / "model.safetensors.index.json"
    path.write_bytes(b"{}")
    os.truncate(path, 100 << 20)
    return path


INDEXES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "goes up": (lambda f: _index(f, "../../etc/passwd"), "no file in this folder"),
    "goes up to right weights": (
        lambda f: _index(_outside(f), "../beside.safetensors"),
        "no file in this folder",
    ),
    "goes down and up": (
        lambda f: _index(_outside(f), "x/../../beside.safetensors"),
        "no file in this folder",
    ),
    "absolute": (lambda f: _index(f, "/etc/passwd"), "no file in this folder"),
    "link to /etc/passwd": (lambda f: _linked(f, "/etc/passwd"), "no file in this folder"),
    "link to right weights outside": (
        lambda f: _linked(_outside(f), "../beside.safetensors"),
        "no file in this folder",
    ),
    "through a linked folder": (_through_folder, "no file in this folder"),
    "link to itself": (lambda f: _linked(f, "x.safetensors"), "shard 'x.safetensors'"),
    "link to nothing": (lambda f: _linked(f, "none.safetensors"), "does not exist"),
    "the folder": (lambda f: _index(f, "."), "no file in this folder"),
    "empty name": (lambda f: _index(f, ""), "no file in this folder"),
    "NUL": (lambda f: _index(f, "a\0b"), "no file in this folder"),
    "name of 10**6 characters": (lambda f: _index(f, "x" * 10**6), "no file in this folder"),
    "lone surrogate": (lambda f: _index(f, "\ud800"), r"'\ud800'"),
    "number": (lambda f: _index(f, 3), "is no file name"),
    "missing": (lambda f: _index(f, "none.safetensors"), "does not exist"),
    "folder for a shard": (
        lambda f: _index(f, _folder_named(f / "d.safetensors").name),
        "Is a directory",
    ),
    "pipe for a shard": (
        lambda f: _index(f, _fifo(f / "p.safetensors").name),
        "not a regular file",
    ),
    "device for a shard": (lambda f: _linked(f, "/dev/zero"), "no file in this folder"),
    "itself": (_itself, "header"),
    "no map": (
        lambda f: [p := f / "x.safetensors.index.json", p.write_text('{"weight_map": []}')][0],
        "has no object 'weight_map'",
    ),
    "100 MB": (_long_index, "the index has 104857600 bytes"),
    "link out, chosen by the folder": (_chosen_link, "link out of its folder"),
    "100 MB header": (_long, "more than the limit"),
    "pipe": (lambda f: _fifo(f / "w.safetensors"), "not a regular file"),
    "pipe as .npz": (lambda f: _fifo(f / "w.npz"), "not a regular file"),
    "pipe as .npy": (lambda f: _fifo(f / "w.npy"), "not a regular file"),
    "folder as .npz": (lambda f: _folder_named(f / "w.npz"), "has no .safetensors file"),
    "pipe in the folder": (
        lambda f: _fifo(_folder_named(f / "m") / "model.safetensors").parent,
        "not a regular file",
    ),
}  # fmt: skip
