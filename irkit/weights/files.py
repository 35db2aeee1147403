"""Reading parts of a file, with errors that name it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from irkit.weights.source import WeightError


class FileReader:
    """A regular file, opened once, read by position."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`WeightError` where there is no such readable regular file."""
        self.path = path
        self.fd = -1
        try:
            # A named pipe must not make the open wait for a writer.
            self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            status = os.fstat(self.fd)
        except OSError as error:
            self.close()
            raise WeightError(path, f"cannot be opened: {error.strerror}") from None
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise WeightError(path, "is not a regular file")
        self.size = status.st_size

    def read_into(self, position: int, view: memoryview, tensor: str | None = None) -> None:
        """Fills ``view`` from ``position`` on; raises :class:`WeightError` if it cannot."""
        done = 0
        while done < len(view):
            at = position + done
            try:
                count = os.preadv(self.fd, [view[done:]], at)
            except OSError as error:
                raise WeightError(
                    self.path, f"cannot be read: {error.strerror}", tensor=tensor, offset=at
                ) from None
            if not count:
                raise WeightError(
                    self.path,
                    f"the file ends here, {len(view) - done} bytes are missing",
                    tensor=tensor,
                    offset=at,
                )
            done += count

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; again does nothing."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
