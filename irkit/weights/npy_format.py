"""The format of ``.npy`` and ``.npz``: headers and archives that may say anything.

Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
"""

from __future__ import annotations

import ast
import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, NamedTuple, Protocol, cast

from irkit.errors import shown
from irkit.weights.files import FileReader
from irkit.weights.source import LARGEST, WeightError

DIRECTORY_LIMIT = 4 << 20
"""Bytes of the largest directory of an archive that is read (it has about 60 bytes an array)."""

HEADER_LIMIT = 10_000
"""Bytes of the longest ``.npy`` header that is read."""

_KINDS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class NpyHeader(NamedTuple):
    """What stands before the elements."""

    descr: object
    """numpy's name of the dtype, or anything else."""
    column_major: bool
    shape: tuple[int, ...]
    size: int
    """Bytes up to the elements."""


def read_header(stream: Readable, where: object, name: str) -> NpyHeader:
    """The header of a ``.npy`` stream.

    Python's own syntax in it is read as literals only. Raises :class:`WeightError`.
    """

    def refuse(problem: str) -> WeightError:
        return WeightError(where, problem, tensor=name)

    start = stream.read(8)
    if len(start) < 8 or start[:6] != b"\x93NUMPY":
        raise refuse("does not begin as a .npy file")
    if start[6] not in (1, 2, 3) or start[7]:
        raise refuse(f"is of unknown .npy version {start[6]}.{start[7]}")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > HEADER_LIMIT:
        raise refuse(f"its .npy header has {length} bytes, over {HEADER_LIMIT}")
    text = stream.read(length)
    if b"\\" in text:  # Python would warn of an escape that it does not know.
        raise refuse("its .npy header is no literal: it has an escape")
    try:
        found: object = ast.literal_eval(text.decode("utf-8"))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise refuse("its .npy header is no literal") from None
    if not isinstance(found, dict):
        raise refuse("its .npy header is no dictionary")
    header = cast("dict[object, object]", found)
    if set(header) != {"descr", "fortran_order", "shape"}:
        raise refuse("its .npy header must have descr, fortran_order and shape")
    shape = _shape(header["shape"])
    if shape is None:
        said = shown(header["shape"])
        raise refuse(f"shape {said} is no tuple of integers from 0 to 2**62")
    return NpyHeader(header["descr"], bool(header["fortran_order"]), shape, 8 + width + length)


def _shape(value: object) -> tuple[int, ...] | None:
    if isinstance(value, tuple):
        dims = cast("tuple[object, ...]", value)
        if all(type(dim) is int and 0 <= dim <= LARGEST for dim in dims):
            return cast("tuple[int, ...]", dims)
    return None


def open_archive(file: FileReader) -> zipfile.ZipFile:
    """The archive in a file. Raises :class:`WeightError` where there is none."""
    try:
        return zipfile.ZipFile(cast("IO[bytes]", _Bounded(file)))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as error:
        if isinstance(error, WeightError):
            raise
        raise WeightError(file.path, f"is no .npz archive: {error}") from None


def array_name(entry: zipfile.ZipInfo, where: Path) -> str:
    """The name of an array in an archive. Raises :class:`WeightError` for what is no array."""
    name = entry.filename.removesuffix(".npy")
    if name == entry.filename:
        raise WeightError(where, "is no .npy file in the archive", tensor=name)
    if entry.compress_type not in _KINDS:
        # zipfile inflates the other kinds without a bound.
        problem = f"is compressed by method {entry.compress_type}; numpy stores or deflates"
        raise WeightError(where, problem, tensor=name)
    return name


class _Bounded(io.RawIOBase):
    """A file for :mod:`zipfile`, which would read as much at once as the archive says."""

    def __init__(self, file: FileReader) -> None:
        self._file = file
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        start = (0, self._position, self._file.size)[whence]
        if start + offset < 0:
            raise OSError(f"no position {start + offset}")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        rest = max(self._file.size - self._position, 0)
        wanted = rest if size is None or size < 0 else min(size, rest)
        if wanted > DIRECTORY_LIMIT:
            problem = f"its directory has {wanted} bytes, over {DIRECTORY_LIMIT}"
            raise WeightError(self._file.path, problem, offset=self._position)
        data = bytearray(wanted)
        self._file.read_into(self._position, memoryview(data))
        self._position += wanted
        return bytes(data)


class Trouble:
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
            | UnicodeDecodeError
            | RuntimeError
            | EOFError
            | OSError
            | struct.error,
        ):
            problem = f"the archive is damaged or of an unknown kind: {error or 'it ends early'}"
            raise WeightError(
                self._where, problem, tensor=self._name, offset=self._offset
            ) from None
