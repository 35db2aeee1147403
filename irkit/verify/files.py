"""Reading the files under judgement."""

from __future__ import annotations

import stat
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, cast

from irkit.errors import IRKitError

BLOCK_BYTES = 1 << 20


class InputError(IRKitError):
    """A file that can not be judged; the message names it and what is wrong."""


def open_input(path: Path) -> BinaryIO:
    """Opens a file without a buffer of its own.

    Raises :class:`InputError`, for what is no regular file without waiting for it: each tier reads
    it again, and a pipe would be empty then.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{path}: is a folder")
        if not stat.S_ISREG(mode):
            raise InputError(f"{path}: is not a regular file, and is read more than once")
        return cast("BinaryIO", path.open("rb", buffering=0))
    except OSError as error:
        raise InputError(f"{path}: can not be read: {error.strerror}") from None


def fill(file: BinaryIO, buffer: bytearray, path: Path) -> int:
    """Reads until the buffer is full or the file ends; gives the bytes read."""
    view = memoryview(buffer)
    total = 0
    raw = cast(RawIOBase, file)
    try:
        while total < len(buffer):
            count = raw.readinto(view[total:])
            if not count:
                break
            total += count
    except OSError as error:
        raise InputError(f"{path}: can not be read: {error.strerror}") from None
    return total
