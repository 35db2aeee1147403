"""Places where writing fails, made with what the machine allows."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

NOBODY = 65534


def no_file_beyond(size: int) -> Callable[[], None]:
    """For a new process: no file may be longer, which fails in the call where a full disk does.

    It works everywhere, and for whoever runs it.
    """
    return partial(_limit, resource.RLIMIT_FSIZE, size)


def few_files(number: int) -> Callable[[], None]:
    """For a new process: so many open files."""
    return partial(_limit, resource.RLIMIT_NOFILE, number)


def _limit(which: int, value: int) -> None:
    resource.setrlimit(which, (value, value))


def unprivileged() -> None:
    """For a new process: a user whom the modes of files bind; modes mean nothing to root."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


@contextmanager
def mounted(folder: Path, *options: str) -> Generator[bool]:
    """Mounts on ``folder`` for a while; false where the machine does not allow that."""
    command = ["mount", *options, str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def other_file_system(than: Path) -> Path:
    """A folder for temporary files on another file system. Raises ``OSError`` if there is none."""
    for name in ("/dev/shm", "/tmp", "/var/tmp", str(Path.home()), "/run"):
        place = Path(name)
        if (
            place.is_dir()
            and os.access(place, os.W_OK)
            and place.stat().st_dev != than.stat().st_dev
        ):
            return place
    raise OSError("one file system is all there is")
