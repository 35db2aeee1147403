"""The private file that an output is until it is whole.

It lies beside its target, locked. Whatever ends the process in order removes it; what a killed
process left is recognised by the lock that nobody holds any more, and removed by the next run to
the same target.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import weakref
from pathlib import Path

SUFFIX = ".partial"


class PartialFile:
    """A new locked file in the target's folder; :meth:`place` gives it the target's name.

    Until then only this user can read it; then it has the permissions ``mode``, if given, else
    those of any new file. Raises ``OSError``. It belongs to the process that made it: a forked one
    can neither place nor remove it.
    """

    def __init__(self, target: Path, mode: int | None = None) -> None:
        self.fd = -1
        self._target = target
        self._mode = 0o666 & ~_umask() if mode is None else mode & 0o777
        self._state = _State(os.getpid(), _open_folder(target.parent))
        # An interruption can come between any two steps, so the end of the object, or of the
        # process, removes the file, too.
        self._end = weakref.finalize(self, _State.remove, self._state)
        try:
            self._create()
        except BaseException:
            self._end()
            raise

    def _create(self) -> None:
        """A run that clears leftovers could take the file between its creation and its lock; then
        the locked file has no name any more, and another is made."""
        while True:
            token = f"{os.getpid()}-{os.urandom(4).hex()}"
            name = f"{_prefix(self._target)}{token}{SUFFIX}"
            # Known before it exists, so that it can not be forgotten.
            self._state.name = name
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                self.fd = self._state.fd = os.open(self._target.with_name(name), flags, 0o600)
            except FileExistsError:
                self._state.name = ""
                continue
            if not _lock(self.fd):
                return  # No locks on this file system: nobody clears, either.
            try:
                if self._target.with_name(name).stat().st_ino == os.fstat(self.fd).st_ino:
                    return
            except FileNotFoundError:
                pass
            os.close(self.fd)
            self.fd = self._state.fd = -1

    def place(self) -> None:
        """Gives the file, and what it holds, its name on the disk."""
        os.fchmod(self.fd, self._mode)
        os.fsync(self.fd)
        self._target.with_name(self._state.name).replace(self._target)
        self._state.name = ""
        _sync_folder(self._state.folder)

    def unlink(self) -> None:
        """Takes the file's name away, unless it was placed; what is being written may go on."""
        self._state.unlink()

    def remove(self) -> None:
        """Removes the file, unless it was placed, and closes it."""
        self._end()


class _State:
    """What is left to be done, apart from the object that may go before it is done."""

    def __init__(self, process: int, folder: int) -> None:
        self.process = process
        self.folder = folder
        """The target's folder, which may have moved since."""
        self.fd = -1
        self.name = ""

    def unlink(self) -> None:
        if self.name and self.process == os.getpid():
            # Gone, or on a disk that takes no changes any more: nothing to be done about.
            with contextlib.suppress(OSError):
                os.unlink(self.name, dir_fd=self.folder)
            self.name = ""

    def remove(self) -> None:
        self.unlink()
        for fd in (self.fd, self.folder):
            if fd >= 0:
                with contextlib.suppress(OSError):
                    os.close(fd)


def _open_folder(folder: Path) -> int:
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        # One that can be written and not listed.
        return os.open(folder, getattr(os, "O_PATH", 0) | os.O_DIRECTORY | os.O_CLOEXEC)


def _sync_folder(fd: int) -> None:
    """The name's way to the disk, where the file system has one."""
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF):
            raise


def _umask() -> int:
    """The permissions that new files of this process do not get."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("\nUmask:")[2].split(None, 1)[0], 8)
    except (OSError, IndexError, ValueError):
        # Elsewhere it can only be known by changing it.
        mask = os.umask(0o077)
        os.umask(mask)
        return mask


def _prefix(target: Path) -> str:
    # File names end at 255 bytes on every common file system.
    return f".{os.fsdecode(os.fsencode(target.name)[:180])}.irkit-"


def _lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def clear_leftovers(target: Path) -> list[Path]:
    """Removes what killed runs to this target left behind, and says which files those were."""
    cleared: list[Path] = []
    prefix = _prefix(target)
    try:
        entries = list(os.scandir(target.parent))
    except PermissionError:
        return []  # A folder that can be written and not listed.
    for entry in entries:
        if not (entry.name.startswith(prefix) and entry.name.endswith(SUFFIX)):
            continue
        if not entry.is_file(follow_symlinks=False):
            continue
        try:
            fd = os.open(entry.path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue  # Gone, or another user's: not ours to clear.
        try:
            if _lock(fd):
                path = Path(entry.path)
                path.unlink(missing_ok=True)
                cleared.append(path)
        finally:
            os.close(fd)
    return cleared
