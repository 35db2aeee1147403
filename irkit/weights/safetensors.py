"""``.safetensors``: a JSON header with names, dtypes, shapes and ranges, then the bytes.

Source: https://github.com/huggingface/safetensors#format. The header is not trusted: everything it
says is checked before a byte of data is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import ml_dtypes
import numpy as np

from irkit.errors import shown
from irkit.json_object import JsonError, parse_object
from irkit.weights.files import FileReader
from irkit.weights.source import LARGEST, CheckedSource, TensorInfo, WeightError, bytes_of

HEADER_LIMIT = 16 << 20
"""Bytes of the largest header that is read (a header has about 100 bytes a tensor)."""

DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool),
    "U8": np.dtype(np.uint8),
    "I8": np.dtype(np.int8),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "C64": np.dtype("<c8"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E4M3FNUZ": np.dtype(ml_dtypes.float8_e4m3fnuz),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "F8_E5M2FNUZ": np.dtype(ml_dtypes.float8_e5m2fnuz),
    "F8_E8M0": np.dtype(ml_dtypes.float8_e8m0fnu),
}
"""The format's dtypes. Its packed ones (F4, F6_...) have elements of less than a byte and are
refused."""


class _Entry(NamedTuple):
    info: TensorInfo
    start: int
    """Position in the file."""


class SafetensorsSource(CheckedSource):
    """One ``.safetensors`` file.

    Raises :class:`WeightError` for a header that is absurdly long, no JSON, has duplicate keys,
    unknown dtypes, or ranges that overlap, leave holes, leave the file or do not fit the shapes.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path))
        self._file = FileReader(Path(path))
        try:
            self._entries = _read_header(self._file)
        except BaseException:
            self._file.close()
            raise

    @property
    def names(self) -> Sequence[str]:
        return list(self._entries)

    def __contains__(self, name: object, /) -> bool:
        return name in self._entries

    def _info(self, name: str) -> TensorInfo:
        return self._entries[name].info

    def _read(self, name: str, offset: int, view: memoryview) -> None:
        self._file.read_into(self._entries[name].start + offset, view, name)

    def check_unchanged(self) -> None:
        self._file.check_unchanged()

    def close(self) -> None:
        self._file.close()


def _read_header(file: FileReader) -> dict[str, _Entry]:
    prefix = bytearray(8)
    file.read_into(0, memoryview(prefix))
    length = int.from_bytes(prefix, "little")
    if length > file.size - 8:
        problem = f"the header's length is {length}, after it the file has {file.size - 8} bytes"
        raise WeightError(file.path, problem, offset=0)
    if length > HEADER_LIMIT:
        problem = f"the header's length is {length}, more than the limit of {HEADER_LIMIT} bytes"
        raise WeightError(file.path, problem, offset=0)
    header = bytearray(length)
    file.read_into(8, memoryview(header))
    table = parse_json_object(header, file.path, 8)
    table.pop("__metadata__", None)
    data_start = 8 + length
    ranges: list[tuple[int, int, str]] = []
    entries: dict[str, _Entry] = {}
    for name, described in table.items():
        info, begin, end = _entry(described, file.path, name)
        if end > file.size - data_start:
            problem = f"its data end at {end}, the file's at {file.size - data_start}"
            raise WeightError(file.path, problem, tensor=name, offset=data_start + begin)
        entries[name] = _Entry(info, data_start + begin)
        ranges.append((begin, end, name))
    _check_ranges(sorted(ranges), file, data_start)
    return entries


def _entry(described: object, path: Path, name: str) -> tuple[TensorInfo, int, int]:
    """One value of the header, checked: ``{"dtype":, "shape":, "data_offsets":}``."""

    def refuse(problem: str) -> WeightError:
        return WeightError(path, problem, tensor=name)

    if not isinstance(described, dict):
        raise refuse("its entry in the header is no object")
    fields = cast("dict[str, object]", described)
    if fields.keys() != {"dtype", "shape", "data_offsets"}:
        found = shown(sorted(fields))
        raise refuse(f"its entry must have dtype, shape and data_offsets, has {found}")
    dtype = DTYPES.get(fields["dtype"]) if isinstance(fields["dtype"], str) else None
    if dtype is None:
        raise refuse(f"dtype {shown(fields['dtype'])} is unknown; known: {', '.join(DTYPES)}")
    shape = _naturals(fields["shape"])
    if shape is None:
        raise refuse(f"shape {shown(fields['shape'])} is no list of integers from 0 to 2**62")
    offsets = _naturals(fields["data_offsets"])
    if offsets is None or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise refuse(f"data_offsets {shown(fields['data_offsets'])} is no range [begin, end]")
    begin, end = offsets
    try:
        expected = bytes_of(shape, dtype.itemsize)
    except ValueError as error:
        raise refuse(str(error)) from None
    if end - begin != expected:
        raise refuse(
            f"data_offsets give {end - begin} bytes, shape {shown(list(shape))} of "
            f"{fields['dtype']} needs {expected}"
        )
    return TensorInfo(shape, dtype), begin, end


def _naturals(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list):
        return None
    items = cast("list[object]", value)
    if all(type(item) is int and 0 <= item <= LARGEST for item in items):
        return tuple(cast("list[int]", items))
    return None


def _check_ranges(ranges: list[tuple[int, int, str]], file: FileReader, data_start: int) -> None:
    """The tensors cover the data from its first byte to its last, each byte once."""
    position, before = 0, None
    for begin, end, name in ranges:
        if begin != position:
            kind = "overlaps" if begin < position else "leaves a hole after"
            other = f"tensor {shown(before)}" if before is not None else "the header"
            problem = f"its data begin at {begin}, which {kind} {other} that ends at {position}"
            raise WeightError(file.path, problem, tensor=name, offset=data_start + begin)
        position, before = end, name
    if data_start + position != file.size:
        problem = f"{file.size - data_start - position} bytes at the end belong to no tensor"
        raise WeightError(file.path, problem, offset=data_start + position)


def parse_json_object(text: bytearray, path: Path, start: int = 0) -> dict[str, object]:
    """A JSON object without duplicate keys, or :class:`WeightError` with the byte in the file."""
    try:
        return parse_object(text)
    except JsonError as fault:
        offset = None if fault.offset is None else start + fault.offset
        raise WeightError(path, f"the JSON header {fault.problem}", offset=offset) from None
