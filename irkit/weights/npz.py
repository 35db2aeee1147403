"""``.npy`` and ``.npz``: numpy's own files, read by position or, where deflated, as a stream.

Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. Pickled objects are
refused.
"""

from __future__ import annotations

import ast
import io
import math
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

import numpy as np

from irkit.weights.files import FileReader
from irkit.weights.source import CheckedSource, TensorInfo, WeightError

BLOCK_BYTES = 1 << 20
"""Bytes inflated at once."""

_HEADER_LIMIT = 10_000
_DTYPES = frozenset(np.dtype(char).newbyteorder("<").str for char in "?bBhHiIqQefdFD")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class NpySource(CheckedSource):
    """One ``.npy`` file: a tensor named as the file without its suffix."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path))
        self._file = FileReader(Path(path))
        self._name = Path(path).stem
        try:
            head = bytearray(min(self._file.size, _HEADER_LIMIT + 12))
            self._file.read_into(0, memoryview(head))
            self._tensor, self._start = _read_header(io.BytesIO(head), self.where, self._name)
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
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise WeightError(path, f"cannot be opened: {error.strerror}") from None
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise WeightError(path, f"is no .npz archive: {error}") from None
        try:
            for entry in self._zip.infolist():
                self._add(entry)
        except BaseException:
            self.close()
            raise

    def _add(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename.removesuffix(".npy")
        if name == entry.filename:
            raise WeightError(self.where, "is no .npy file in the archive", tensor=name)
        if name in self._members:
            raise WeightError(self.where, "is twice in the archive", tensor=name)
        with _Trouble(self.where, name), self._zip.open(entry) as stream:
            tensor, start = _read_header(stream, self.where, name)
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
        with _Trouble(self.where, name, offset):
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

    def _take(self, stream: _Readable, wanted: int, name: str) -> bytes:
        block = stream.read(min(wanted, BLOCK_BYTES))
        if not block:
            raise WeightError(
                self.where, "the archive ends inside it", tensor=name, offset=self._position
            )
        return block

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._zip.close()


class _Trouble:
    """Turns what zipfile and zlib raise into a :class:`WeightError`."""

    def __init__(self, where: object, name: str, offset: int | None = None) -> None:
        self._where, self._name, self._offset = where, name, offset

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, WeightError):
            return
        if isinstance(
            error,
            zipfile.BadZipFile
            | zlib.error
            | NotImplementedError
            | RuntimeError
            | EOFError
            | OSError,
        ):
            problem = f"the archive is damaged or of an unknown kind: {error or 'it ends early'}"
            raise WeightError(
                self._where, problem, tensor=self._name, offset=self._offset
            ) from None


def _read_header(stream: _Readable, where: object, name: str) -> tuple[TensorInfo, int]:
    """The tensor of a ``.npy`` stream, and the position of its elements.

    Python's own syntax in the header is read as literals only.
    """

    def refuse(problem: str) -> WeightError:
        return WeightError(where, problem, tensor=name)

    start = stream.read(8)
    if len(start) < 8 or start[:6] != b"\x93NUMPY":
        raise refuse("does not begin as a .npy file")
    if start[6] not in (1, 2, 3):
        raise refuse(f"is of unknown .npy version {start[6]}")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > _HEADER_LIMIT:
        raise refuse(f"its .npy header has {length} bytes, over {_HEADER_LIMIT}")
    try:
        found: object = ast.literal_eval(stream.read(length).decode("utf-8"))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise refuse("its .npy header is no literal") from None
    if not isinstance(found, dict):
        raise refuse("its .npy header is no dictionary")
    header = cast("dict[object, object]", found)
    if header.keys() != {"descr", "fortran_order", "shape"}:
        raise refuse("its .npy header must have descr, fortran_order and shape")
    dtype = _dtype(header["descr"], refuse)
    shape = _shape(header["shape"], refuse)
    if header["fortran_order"] and math.prod(shape) > 1:
        raise refuse("is in column-major order; save it with numpy.ascontiguousarray")
    return TensorInfo(shape, dtype), 8 + width + length


def _dtype(descr: object, refuse: Callable[[str], WeightError]) -> np.dtype[Any]:
    if isinstance(descr, str) and descr in _DTYPES:
        return np.dtype(descr)
    hint = ""
    if isinstance(descr, str) and descr.startswith(">"):
        hint = ": it is big-endian; save it little-endian"
    elif isinstance(descr, str) and "V" in descr:
        hint = ": it is untyped; bf16 and f8 need .safetensors"
    raise refuse(f"dtype {descr!r} cannot be the elements of a tensor{hint}")


def _shape(shape: object, refuse: Callable[[str], WeightError]) -> tuple[int, ...]:
    if isinstance(shape, tuple):
        dims = cast("tuple[object, ...]", shape)
        if all(type(dim) is int and dim >= 0 for dim in dims):
            return cast("tuple[int, ...]", dims)
    raise refuse(f"shape {shape!r} is no tuple of integers from 0 on")


def _check_size(where: object, name: str, tensor: TensorInfo, size: int) -> None:
    if tensor.nbytes != size:
        shape = list(tensor.shape)
        problem = f"has {size} bytes, shape {shape} of {tensor.dtype} needs {tensor.nbytes}"
        raise WeightError(where, problem, tensor=name)
