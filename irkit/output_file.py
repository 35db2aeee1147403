"""Output that is complete or absent.

Bytes go to a private file beside the target, which takes the target's name when all are on disk
(:mod:`irkit.partial_file`).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import mmap
import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from irkit.errors import IRKitError
from irkit.partial_file import PartialFile, clear_leftovers

BLOCK_BYTES = 1 << 20
"""Bytes gathered before they are written."""

BLOCKS = 4
"""Blocks in existence: one being filled, the others waiting for the disk."""


class OutputError(IRKitError):
    """Output that could not be written; the message names the file."""


class OutputClosedError(OutputError):
    """The reader of standard output went away."""


class AtomicFile:
    """A binary file that appears under its name when the ``with`` block ends without error.

    ``-`` is standard output; devices and pipes are written in place. Writing and hashing are done
    by one thread, started with the second block, so that they run beside the caller's work; at
    most ``BLOCKS * BLOCK_BYTES`` are held. Whole blocks of a regular file go to the disk past the
    page cache where the file system allows it: an output of gigabytes is not read back soon, and
    filling the cache with it costs more than writing it. It belongs to the process that opened it:
    a forked one can write nothing. Raises :class:`OutputError` for every failure.
    """

    def __init__(self, path: str | Path, *, digest: bool = True) -> None:
        self.name = "standard output" if str(path) == "-" else str(path)
        self.bytes_written = 0
        self.sha256 = ""
        """Hexadecimal SHA-256 of what was written, once the file is in place."""
        self._hash = hashlib.sha256() if digest else None
        self._partial: PartialFile | None = None
        self._process = os.getpid()
        self._fd = -1
        self._block = _new_block()
        self._filled = 0
        self._direct = False
        self._writer: _BlockWriter | None = None
        try:
            self._open(str(path))
        except OSError as error:
            raise OutputError(f"{self.name}: can not be created: {reason(error)}") from None

    def _open(self, path: str) -> None:
        if path == "-":
            if sys.stdout:  # None where the caller closed it.
                sys.stdout.flush()
            self._fd = os.dup(1)
            return
        # Asked of the path itself: /dev/stdout may lead to a pipe, which has no name.
        mode = Path(path).stat().st_mode if Path(path).exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            return
        target = Path(os.path.realpath(path))
        clear_leftovers(target)
        self._partial = PartialFile(target, mode)
        self._fd = self._partial.fd

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends bytes, which the caller may change as soon as the call returns."""
        view = memoryview(data).cast("B")
        size = len(view)
        room = BLOCK_BYTES - self._filled
        if size < room:
            self._block[self._filled : self._filled + size] = view
            self._filled += size
            return
        done = 0
        while size - done >= room:
            self._block[self._filled : BLOCK_BYTES] = view[done : done + room]
            self._filled = BLOCK_BYTES
            done += room
            self._hand_over()
            room = BLOCK_BYTES
        self._block[: size - done] = view[done:]
        self._filled = size - done

    def _check_process(self) -> None:
        if self._process != os.getpid():
            raise OutputError(
                f"{self.name}: is written by process {self._process}, which forked this one"
            )

    def _hand_over(self) -> None:
        self._check_process()
        if self._writer is None:
            self._direct = self._partial is not None and set_direct(self._fd, True)
            self._writer = _BlockWriter(self._put)
        self.bytes_written += self._filled
        self._block = self._writer.exchange(self._block)
        self._filled = 0
        if self._writer.error is not None:
            raise self._failure(self._writer.error)

    def _put(self, view: memoryview) -> None:
        if self._hash is not None:
            self._hash.update(view)
        if len(view) < BLOCK_BYTES:
            self._end_direct()  # the rest of a file is no whole block
        while view:
            try:
                written = os.write(self._fd, view)
            except OSError as error:
                if error.errno == errno.EINVAL and self._end_direct():
                    continue  # the file system wants other alignments
                raise
            view = view[written:]

    def _end_direct(self) -> bool:
        was, self._direct = self._direct, False
        return was and set_direct(self._fd, False)

    def _failure(self, error: OSError) -> OutputError:
        if self._partial is None and error.errno == errno.EPIPE:
            return OutputClosedError(f"{self.name}: the reader went away")
        return OutputError(f"{self.name}: can not be written: {reason(error)}")

    def commit(self) -> None:
        """Writes what is left, flushes to the disk, and gives the file its name."""
        try:
            self._check_process()
            if self._writer is not None:
                self._writer.stop()
                if self._writer.error is not None:
                    raise self._writer.error
                self._writer = None
            self._put(self._block[: self._filled])
            self.bytes_written += self._filled
            self._filled = 0
            if self._partial is not None:
                self._partial.place()
        except OSError as error:
            raise self._failure(error) from None
        finally:
            self.discard()
        if self._hash is not None:
            self.sha256 = self._hash.hexdigest()

    def discard(self) -> None:
        """Removes what was written; nothing happens after :meth:`commit`."""
        # First of all: another interruption may come while the disk is waited for.
        if self._partial is not None:
            self._partial.unlink()
        if self._writer is not None:
            self._writer.stop()
            self._writer = None
        if self._partial is not None:
            self._partial.remove()
            self._partial = None
        elif self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


class _BlockWriter:
    """Writes full blocks in a thread and gives empty ones back."""

    def __init__(self, put: Callable[[memoryview], None]) -> None:
        self.error: OSError | None = None
        self._put = put
        self._full: SimpleQueue[memoryview | None] = SimpleQueue()
        self._empty: SimpleQueue[memoryview] = SimpleQueue()
        self._made = 1
        # A daemon: an interpreter that ends without commit must not wait for the disk.
        thread = threading.Thread(target=self._run, name="irkit-output", daemon=True)
        self._thread: threading.Thread | None = thread
        try:
            thread.start()
        except RuntimeError:  # No thread to be had: then the caller waits for the disk.
            self._thread = None

    def exchange(self, full: memoryview) -> memoryview:
        """Takes a full block, gives an empty one, and waits for it where all are in use."""
        if self._thread is None:
            self._write(full)
            return full
        self._full.put(full)
        if self._made < BLOCKS:
            self._made += 1
            return _new_block()
        return self._empty.get()

    def stop(self) -> None:
        """Returns when all blocks handed over are written, or one has failed."""
        if self._thread is not None:
            self._full.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (block := self._full.get()) is not None:
            self._write(block)
            self._empty.put(block)

    def _write(self, block: memoryview) -> None:
        if self.error is None:
            try:
                self._put(block)
            except OSError as error:
                self.error = error


def reason(error: OSError) -> str:
    """The system's word for an error, without errno and file name."""
    return error.strerror or str(error) or type(error).__name__


def set_direct(fd: int, on: bool) -> bool:
    """Lets writes go past the page cache, or not; false where the system does not do so."""
    flag: int = getattr(os, "O_DIRECT", 0)
    if not flag:
        return False
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    try:
        fcntl.fcntl(fd, fcntl.F_SETFL, flags | flag if on else flags & ~flag)
    except OSError:
        return False
    return True


def _new_block() -> memoryview:
    """A block that begins on a page, as direct writes ask for."""
    try:
        return memoryview(mmap.mmap(-1, BLOCK_BYTES))
    except OSError:
        raise MemoryError from None
