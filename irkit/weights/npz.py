"""``.npy`` and ``.npz``: numpy's own files, read by position or, where deflated, as a stream.

Pickled objects are refused.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from irkit.errors import shown
from irkit.weights.files import FileReader
from irkit.weights.npy_format import (
    HEADER_LIMIT,
    Readable,
    Trouble,
    array_name,
    open_archive,
    read_header,
)
from irkit.weights.source import CheckedSource, TensorInfo, WeightError, bytes_of

BLOCK_BYTES = 1 << 20
"""Bytes inflated at once."""

_DTYPES = frozenset(np.dtype(char).newbyteorder("<").str for char in "?bBhHiIqQefdFD")


class NpySource(CheckedSource):
    """One ``.npy`` file: a tensor named as the file without its suffix."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path))
        self._file = FileReader(Path(path))
        self._name = Path(path).stem
        try:
            head = bytearray(min(self._file.size, HEADER_LIMIT + 12))
            self._file.read_into(0, memoryview(head))
            self._tensor, self._start = _read_tensor(io.BytesIO(head), self.where, self._name)
            _check_size(self.where, self._name, self._tensor, self._file.size - self._start)
        except BaseException:
            self._file.close()
            raise

    @property
    def names(self) -> Sequence[str]:
        return [self._name]

    def __contains__(self, name: object, /) -> bool:
        return name == self._name

    def _info(self, name: str) -> TensorInfo:
        return self._tensor

    def _read(self, name: str, offset: int, view: memoryview) -> None:
        self._file.read_into(self._start + offset, view, name)

    def check_unchanged(self) -> None:
        self._file.check_unchanged()

    def close(self) -> None:
        self._file.close()


@dataclass(slots=True)
class _Member:
    entry: zipfile.ZipInfo
    tensor: TensorInfo
    data_start: int
    """Bytes of the ``.npy`` header before the elements."""


class NpzSource(CheckedSource):
    """The arrays of an ``.npz`` archive, stored or deflated, by their names in it.

    Reading one array from front to back inflates it once; going back starts it again.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path))
        self._members: dict[str, _Member] = {}
        self._stream: IO[bytes] | None = None
        self._streamed = ""
        self._position = 0
        self._file = FileReader(Path(path))
        try:
            self._zip = open_archive(self._file)
        except BaseException:
            self._file.close()
            raise
        try:
            for entry in self._zip.infolist():
                self._add(entry)
        except BaseException:
            self.close()
            raise

    def _add(self, entry: zipfile.ZipInfo) -> None:
        name = array_name(entry, self._file.path)
        if name in self._members:
            raise WeightError(self.where, "is twice in the archive", tensor=name)
        with Trouble(self.where, name), self._zip.open(entry) as stream:
            tensor, start = _read_tensor(stream, self.where, name)
        _check_size(self.where, name, tensor, entry.file_size - start)
        self._members[name] = _Member(entry, tensor, start)

    @property
    def names(self) -> Sequence[str]:
        return list(self._members)

    def __contains__(self, name: object, /) -> bool:
        return name in self._members

    def _info(self, name: str) -> TensorInfo:
        return self._members[name].tensor

    def _read(self, name: str, offset: int, view: memoryview) -> None:
        member = self._members[name]
        position = member.data_start + offset
        with Trouble(self.where, name, offset):
            if self._stream is None or self._streamed != name or position < self._position:
                self._open(name, member)
            stream = cast("IO[bytes]", self._stream)
            while self._position < position:
                self._position += len(self._take(stream, position - self._position, name))
            done = 0
            while done < len(view):
                block = self._take(stream, len(view) - done, name)
                view[done : done + len(block)] = block
                done += len(block)
                self._position += len(block)
            if self._position == member.entry.file_size:
                # The archive's checksum is compared when the end has been seen.
                stream.read(1)

    def _open(self, name: str, member: _Member) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = self._zip.open(member.entry)
        self._streamed, self._position = name, 0

    def _take(self, stream: Readable, wanted: int, name: str) -> bytes:
        block = stream.read(min(wanted, BLOCK_BYTES))
        if not block:
            raise WeightError(
                self.where, "the archive ends inside it", tensor=name, offset=self._position
            )
        return block

    def check_unchanged(self) -> None:
        self._file.check_unchanged()

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._zip.close()
        self._file.close()


def _read_tensor(stream: Readable, where: object, name: str) -> tuple[TensorInfo, int]:
    """The tensor of a ``.npy`` stream, and the position of its elements."""

    def refuse(problem: str) -> WeightError:
        return WeightError(where, problem, tensor=name)

    header = read_header(stream, where, name)
    dtype = _dtype(header.descr, refuse)
    try:
        bytes_of(header.shape, dtype.itemsize)
    except ValueError as error:
        raise refuse(str(error)) from None
    if header.column_major and math.prod(header.shape) > 1:
        raise refuse("is in column-major order; save it with numpy.ascontiguousarray")
    return TensorInfo(header.shape, dtype), header.size


def _dtype(descr: object, refuse: Callable[[str], WeightError]) -> np.dtype[Any]:
    if isinstance(descr, str) and descr in _DTYPES:
        return np.dtype(descr)
    hint = ""
    if isinstance(descr, str) and descr.startswith(">"):
        hint = ": it is big-endian; save it little-endian"
    elif isinstance(descr, str) and "V" in descr:
        hint = ": it is untyped; bf16 and f8 need .safetensors"
    raise refuse(f"dtype {shown(descr)} cannot be the elements of a tensor{hint}")


def _check_size(where: object, name: str, tensor: TensorInfo, size: int) -> None:
    if tensor.nbytes != size:
        shape = shown(list(tensor.shape))
        problem = f"has {size} bytes, shape {shape} of {tensor.dtype} needs {tensor.nbytes}"
        raise WeightError(where, problem, tensor=name)
