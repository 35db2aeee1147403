"""Opening files that may be anything: a pipe, a folder, a device, longer than memory, or changed
while they are read."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

LONGEST_NAME = 255
"""Characters of a file's name that a file system has."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells a file from another one of its name, and from itself after a change."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @staticmethod
    def of(status: os.stat_result) -> FileState:
        """The state at the time of a ``stat``."""
        return FileState(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def open_regular(path: Path) -> tuple[int, FileState]:
    """A descriptor for reading, and the file's state.

    Raises ``OSError`` whose ``strerror`` says why not: for a pipe, a device or a folder at once,
    without waiting for a writer.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except ValueError:
        raise OSError(errno.EINVAL, "its name has a NUL", str(path)) from None
    try:
        status = os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
    except BaseException:
        os.close(fd)
        raise
    return fd, FileState.of(status)


def read_bounded(path: Path, limit: int) -> bytes:
    """The whole of a regular file of at most ``limit`` bytes.

    Raises ``OSError``, for a longer one after no more than ``limit`` bytes.
    """
    fd, _ = open_regular(path)
    with os.fdopen(fd, "rb", buffering=0) as file:
        blocks: list[bytes] = []
        left = limit + 1
        while left and (block := file.read(left)):
            blocks.append(block)
            left -= len(block)
    if not left:
        raise OSError(errno.EFBIG, f"larger than {limit >> 10} KiB, the limit of such a file")
    return b"".join(blocks)


def inside(folder: Path, name: str) -> Path | None:
    """The file that ``name``, as a file in ``folder`` gives it, stands for; none if it is not in
    the folder.

    A name that is absolute, goes up, or is a link that leads out is not. The exception is the cache
    of the Hugging Face hub, whose ``models--*/snapshots/*`` hold links into ``blobs`` beside them.
    """
    relative = Path(name)
    if "\0" in name or relative.is_absolute() or ".." in relative.parts or not relative.name:
        return None
    if any(len(part) > LONGEST_NAME for part in relative.parts):
        return None
    path = folder / relative
    target = path.resolve()
    if target.is_relative_to(folder.resolve()):
        return path
    repository = folder.absolute().parent.parent
    cached = folder.absolute().parent.name == "snapshots" and repository.name.startswith("models--")
    if cached and target.parent == (repository / "blobs").resolve():
        return path
    return None
