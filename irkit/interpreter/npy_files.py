"""The arrays of ``.npy`` and ``.npz`` files, listed before any is read.

A file can claim, and an archive can inflate to, more than memory holds. So headers are read first,
and an array only when it is the one that is wanted.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from irkit.errors import shown
from irkit.interpreter.values import Array
from irkit.weights.files import FileReader
from irkit.weights.npy_format import (
    HEADER_LIMIT,
    NpyHeader,
    Trouble,
    array_name,
    open_archive,
    read_header,
)
from irkit.weights.source import WeightError, bytes_of

_PLAIN = re.compile(r"[<>|=]?([?]|[biufcV][0-9]{1,2})")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array that has not been read."""

    where: str
    """The file, and the name in it."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], Array]
    """Raises :class:`~irkit.weights.WeightError` where the bytes cannot be read."""


def stored_arrays(path: Path) -> list[StoredArray]:
    """The arrays of a file, in its order.

    Raises :class:`~irkit.weights.WeightError` for what is no such file, or has other things than
    numbers in it.
    """
    file = FileReader(path)
    start = bytearray(min(file.size, HEADER_LIMIT + 12))
    file.read_into(0, memoryview(start))
    if not start.startswith(b"PK"):
        header = read_header(io.BytesIO(start), path, path.stem)
        place = (file, header.size)
        return [_stored(str(path), path.stem, header, file.size, lambda: _Part(*place))]
    archive = open_archive(file)
    return [_member(archive, entry, path) for entry in archive.infolist()]


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> StoredArray:
    name = array_name(entry, path)
    with Trouble(path, name), archive.open(entry) as stream:
        header = read_header(stream, path, name)

    def opened() -> IO[bytes]:
        stream = archive.open(entry)
        stream.read(header.size)
        return stream

    return _stored(f"{path}: {shown(name)}", name, header, entry.file_size, opened)


class _Part:
    """The bytes of a file from a position on."""

    def __init__(self, file: FileReader, position: int) -> None:
        self._file = file
        self._position = position

    def read(self, size: int, /) -> bytes:
        block = bytearray(size)
        self._file.read_into(self._position, memoryview(block))
        self._position += size
        return bytes(block)


def _stored(
    where: str, name: str, header: NpyHeader, size: int, opened: Callable[[], Any]
) -> StoredArray:
    def refuse(problem: str) -> WeightError:
        return WeightError(where, problem)

    descr = header.descr
    if not isinstance(descr, str) or not _PLAIN.fullmatch(descr):
        raise refuse(f"dtype {shown(descr)} is none of numbers")
    try:
        dtype: np.dtype[Any] = np.dtype(descr)
        expected = bytes_of(header.shape, dtype.itemsize)
    except (TypeError, ValueError) as error:
        raise refuse(str(error)) from None
    if expected != size - header.size:
        shape = shown(list(header.shape))
        raise refuse(f"has {size - header.size} bytes, shape {shape} of {dtype} needs {expected}")

    def read() -> Array:
        flat = np.empty(expected, np.uint8)
        view = memoryview(cast(Any, flat))
        with Trouble(where, name):
            stream = opened()
            for at in range(0, expected, _BLOCK):
                wanted = min(_BLOCK, expected - at)
                block = stream.read(wanted)
                if len(block) < wanted:
                    raise refuse(f"ends after {at + len(block)} of {expected} bytes")
                view[at : at + wanted] = block
            if not isinstance(stream, _Part):
                # The archive's checksum is compared when the end has been seen.
                stream.read(1)
        order = "F" if header.column_major else "C"
        return flat.view(dtype).reshape(header.shape, order=order)

    return StoredArray(where, header.shape, dtype, read)
