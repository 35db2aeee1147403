"""Where text and weights are written to."""

from __future__ import annotations

from typing import Protocol


class ByteSink(Protocol):
    """Anything that takes bytes: a file, a hash, an output that is counted."""

    def write(self, data: bytes | bytearray | memoryview, /) -> object:
        """Takes all of ``data`` before it returns; the caller may change it then."""
        ...
