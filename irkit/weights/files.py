"""Reading parts of a file, with errors that name it."""

from __future__ import annotations

import os
from pathlib import Path

from irkit.input_file import FileState, open_regular
from irkit.weights.source import WeightError


class FileReader:
    """A regular file, opened once, read by position, that must stay as it was when opened."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`WeightError` where there is no such readable regular file."""
        self.path = path
        self._absolute = path.absolute()
        self.fd = -1
        try:
            self.fd, self._state = open_regular(path)
        except OSError as error:
            raise WeightError(path, f"cannot be opened: {error.strerror}") from None

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._state.size

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
        self._check(os.fstat(self.fd), tensor, position)

    def check_unchanged(self) -> None:
        """Raises :class:`WeightError` unless the path still leads to the file as it was opened."""
        try:
            self._check(self._absolute.stat())
        except OSError as error:
            problem = f"changed while it was read: {error.strerror}"
            raise WeightError(self.path, problem) from None

    def _check(
        self, status: os.stat_result, tensor: str | None = None, offset: int | None = None
    ) -> None:
        state = FileState.of(status)
        if state == self._state:
            return
        if (state.device, state.inode) != (self._state.device, self._state.inode):
            what = "another file has its name now"
        elif state.size != self._state.size:
            what = f"it had {self._state.size} bytes, it has {state.size}"
        else:
            what = "it was written to"
        problem = f"changed while it was read: {what}; run again when nobody writes it"
        raise WeightError(self.path, problem, tensor=tensor, offset=offset)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; again does nothing."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
