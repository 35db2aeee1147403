"""Checksummed records in memory or on disk: the storage under the op log and its templates."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from irkit.errors import LogError
from irkit.streaming.storage import Storage

_HEADER = struct.Struct("<II")
_FOOTER = struct.Struct("<I")
OVERHEAD = _HEADER.size + _FOOTER.size
LONGEST = (1 << 32) - 1
"""Bytes of the longest record."""


class Spool:
    """Append-only records that can be read by offset, backward from the end, and rewritten.

    Up to ``memory_limit`` bytes stay in memory, then all moves to an unnamed private file in
    ``directory`` (the system's temporary folder if None). Each record carries its length on both
    sides and a CRC-32; what does not read back as written raises ``LogError``.
    """

    def __init__(self, memory_limit: int, directory: Path | None = None) -> None:
        self.storage = Storage(memory_limit, directory)
        self.size = 0

    def append(self, data: bytes) -> int:
        """Writes a record after the last one and gives its offset."""
        offset = self.size
        if len(data) > LONGEST:
            raise LogError(
                f"a record of {len(data)} bytes is too long for the op log; constants this large "
                "belong into the weights: use builder.parameter"
            )
        self.storage.write(
            offset, _HEADER.pack(len(data), zlib.crc32(data)), data, _FOOTER.pack(len(data))
        )
        self.size = offset + OVERHEAD + len(data)
        return offset

    def rewrite(self, offset: int, data: bytes) -> None:
        """Replaces the record at ``offset`` by one of the same length."""
        self.storage.write(offset, _HEADER.pack(len(data), zlib.crc32(data)), data)

    def read(self, offset: int) -> bytes:
        """The record at ``offset``."""
        header = self._read(offset, _HEADER.size)
        length, checksum = _HEADER.unpack(header)
        data = self._read(offset + _HEADER.size, length)
        if zlib.crc32(data) != checksum:
            raise LogError(f"the op log is damaged: wrong checksum at byte {offset}")
        return data

    def __iter__(self) -> Iterator[bytes]:
        """The records, first to last."""
        offset = 0
        while offset < self.size:
            data = self.read(offset)
            yield data
            offset = self.next_offset(offset, data)

    def next_offset(self, offset: int, data: bytes) -> int:
        """Where the record after the one at ``offset`` begins."""
        return offset + OVERHEAD + len(data)

    def previous_offset(self, offset: int) -> int:
        """Where the record before ``offset`` begins."""
        (length,) = _FOOTER.unpack(self._read(offset - _FOOTER.size, _FOOTER.size))
        start = offset - OVERHEAD - length
        # A wrong length could lead to the beginning of an earlier record, which would read well.
        if start < 0 or _HEADER.unpack(self._read(start, _HEADER.size))[0] != length:
            raise LogError(f"the op log is damaged: wrong length before byte {offset}")
        return start

    def _read(self, offset: int, length: int) -> bytes:
        if offset < 0 or offset + length > self.size:
            raise LogError(f"the op log is damaged: nothing at byte {offset}")
        data = self.storage.read(offset, length)
        if len(data) != length:
            raise LogError(f"the op log is truncated at byte {offset + len(data)}")
        return data

    def close(self) -> None:
        """Frees memory and disk."""
        self.storage.close()
