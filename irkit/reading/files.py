"""Opening what is to be read."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO, cast

COPY_BYTES = 1 << 20


@contextmanager
def open_text(path: str | Path) -> Generator[BinaryIO]:
    """A seekable file of the text; ``-`` is standard input.

    What cannot be sought in (a pipe, a terminal) is first copied to a temporary file, so that no
    length of text needs memory. Raises ``OSError``.
    """
    if str(path) == "-":
        with _seekable(sys.stdin.buffer) as file:
            yield file
        return
    with Path(path).open("rb", buffering=0) as raw:
        file = cast("BinaryIO", raw)
        if raw.seekable():
            yield file
            return
        with _seekable(file) as copy:
            yield copy


@contextmanager
def _seekable(stream: IO[bytes]) -> Generator[BinaryIO]:
    with TemporaryFile(buffering=0) as copy:
        shutil.copyfileobj(stream, copy, COPY_BYTES)
        copy.seek(0)
        yield cast("BinaryIO", copy)
