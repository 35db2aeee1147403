"""The op log: closed chunks in order, read forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from irkit.streaming.record import ChunkRecord
from irkit.streaming.spool import Spool
from irkit.streaming.template import TemplateStore


class OpLog:
    """Chunk records and the templates they name, each in a spool of its own.

    ``memory_limit`` bounds what both hold in memory, in bytes; 0 puts both on disk.
    """

    def __init__(self, memory_limit: int, directory: Path | None = None) -> None:
        self._records = Spool(memory_limit // 2, directory)
        self.templates = TemplateStore(Spool(memory_limit // 2, directory))
        self.chunks = 0

    @property
    def size(self) -> int:
        """Bytes written, templates included."""
        return self._records.size + self.templates.bytes_written

    def append(self, record: ChunkRecord) -> None:
        """Adds a closed chunk."""
        self._records.append(record.encode())
        self.chunks += 1

    def __iter__(self) -> Iterator[ChunkRecord]:
        """The records in the order of recording."""
        yield from map(ChunkRecord.decode, self._records)

    def rewrite_backward(self, visit: Callable[[ChunkRecord], None]) -> None:
        """Calls ``visit`` on each record, last first; the flags it sets are written back."""
        offset = self._records.size
        while offset > 0:
            offset = self._records.previous_offset(offset)
            record = ChunkRecord.decode(self._records.read(offset))
            visit(record)
            self._records.rewrite(offset, record.encode())

    def close(self) -> None:
        """Frees memory and disk."""
        self._records.close()
        self.templates.close()
