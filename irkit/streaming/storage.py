"""Bytes by their offset, in memory up to a limit and then in an unnamed private file."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, cast

from irkit.errors import LogError

GATHERED = 1 << 13
"""Bytes appended before they go to the file."""


class Storage:
    """Grows at its end, can be changed in place, and belongs to the process that made its file.

    A forked process shares the file and not what is known about it, so there it can be read and not
    be changed. Raises :class:`~irkit.errors.LogError`.
    """

    def __init__(self, memory_limit: int, directory: Path | None) -> None:
        self._limit = memory_limit
        self._directory = directory
        self._held: bytearray | None = bytearray()
        """All of it, or what is not in the file yet; None when closed."""
        self._start = 0
        """Of what is held."""
        self._file: IO[bytes] | None = None
        self._process = 0
        if memory_limit <= 0:
            self._open()

    @property
    def in_memory(self) -> bool:
        """Whether there is no file."""
        return self._file is None

    def _open(self) -> None:
        folder = None if self._directory is None else str(self._directory)
        try:
            # Closed by close(), or when nobody refers to the storage any more.
            file = cast("IO[bytes]", TemporaryFile(dir=folder, buffering=0))  # noqa: SIM115
        except OSError as error:
            where = "" if folder is None else f" in {folder}"
            why = error.strerror or str(error)
            raise LogError(f"the op log can not be created{where}: {why}") from None
        weakref.finalize(self, file.close)
        self._file = file
        self._process = os.getpid()

    def write(self, offset: int, *parts: bytes) -> None:
        """Appends, or replaces what was appended before."""
        held = self._held
        if held is None:
            raise LogError("the op log can not be written: it is closed")
        if self._file is not None and self._process != os.getpid():
            raise LogError(
                f"the op log can not be written: it is that of process {self._process}, which "
                "forked this one; record the forward anew here"
            )
        try:
            for part in parts:
                self._put(held, offset, part)
                offset += len(part)
        except OSError as error:
            raise LogError(f"the op log can not be written: {error.strerror or error}") from None

    def _put(self, held: bytearray, offset: int, data: bytes) -> None:
        place = offset - self._start
        if place == len(held):
            held += data
            if self._file is None and len(held) > self._limit:
                self._open()
                self.flush()
            elif self._file is not None and len(held) > GATHERED:
                self.flush()
        elif place >= 0:
            held[place : place + len(data)] = data
        else:
            self.flush()  # It may reach into what is held.
            self._put_in_file(offset, data)

    def flush(self) -> None:
        """Writes what is held to the file, if there is one."""
        held = self._held
        if self._file is None or not held:
            return
        size = len(held)
        self._put_in_file(self._start, held)
        held.clear()
        self._start += size

    def _put_in_file(self, offset: int, data: bytes | bytearray) -> None:
        assert self._file is not None
        rest = memoryview(data)
        while rest:
            written = os.pwrite(self._file.fileno(), rest, offset)
            offset += written
            rest = rest[written:]

    def read(self, offset: int, length: int) -> bytes:
        """So many bytes from ``offset`` on, or as many as there are."""
        held = self._held
        if held is None:
            raise LogError("the op log can not be read: it is closed")
        place = offset - self._start
        if place >= 0:
            return bytes(held[place : place + length])
        assert self._file is not None
        parts: list[bytes] = []
        before = min(length, -place)
        try:
            while before and (part := os.pread(self._file.fileno(), before, offset)):
                parts.append(part)
                offset += len(part)
                before -= len(part)
        except OSError as error:
            raise LogError(f"the op log can not be read: {error.strerror or error}") from None
        if not before:
            parts.append(bytes(held[: max(0, length + place)]))
        return b"".join(parts)

    def truncate(self, size: int) -> None:
        """Cuts off what lies beyond ``size``."""
        held = self._held
        if held is None:
            raise LogError("the op log can not be truncated: it is closed")
        self.flush()
        if self._file is not None:
            os.truncate(self._file.fileno(), size)
            self._start = size
        else:
            del held[size:]

    def close(self) -> None:
        """Frees memory and disk."""
        self._held = None
        if self._file is not None:
            self._file.close()
