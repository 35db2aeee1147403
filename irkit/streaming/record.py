"""One closed chunk as numbers: which templates ran, and which values they read.

Values are numbered locally: live-ins first, then the results of every operation in order. Words
name values across chunks; an argument's word is its position with ``ARGUMENT`` set.
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass, field

from irkit.errors import LogError

ARGUMENT = 1 << 62
"""Flag of a word: the value is the function's argument of that position."""

PARAMETER = 1 << 61
"""Flag of a word or template number: the parameter of that position."""

FLAG = 1 << 63
"""In ``live_ins``: read here for the last time. In ``live_outs``: read by nothing that is kept."""

WORD = ~FLAG

DEAD = 1 << 31
"""Flag of an entry of ``operations``: the operation is not emitted."""


HEAD_BYTES = 7 * 8
"""Of an encoded record: the first word and six lengths."""


@dataclass(slots=True)
class ChunkRecord:
    """A closed chunk; ``array`` typecodes: I is 4 bytes, Q is 8 bytes, an element."""

    first_word: int
    """The word of the first live-out; the others follow."""

    templates: array[int] = field(default_factory=lambda: array("Q"))
    """Offsets of the distinct templates; ``PARAMETER | n`` declares parameter n."""

    operations: array[int] = field(default_factory=lambda: array("I"))
    """For each operation, the position of its template in ``templates``."""

    operands: array[int] = field(default_factory=lambda: array("I"))
    """The local numbers that the operations read, one operation after the other."""

    live_ins: array[int] = field(default_factory=lambda: array("Q"))
    """Words."""

    live_outs: array[int] = field(default_factory=lambda: array("Q"))
    """Local numbers."""

    scope: str = ""
    """The scope in which the chunk was closed, for people."""

    def encode(self) -> bytes:
        """The record as bytes; rewriting flags does not change their number."""
        scope = self.scope.encode()
        head = array(
            "Q",
            [
                self.first_word,
                len(self.templates),
                len(self.operations),
                len(self.operands),
                len(self.live_ins),
                len(self.live_outs),
                len(scope),
            ],
        )
        body = (head, self.templates, self.live_ins, self.live_outs, self.operations, self.operands)
        return b"".join([*(part.tobytes() for part in body), scope])

    @staticmethod
    def decode(data: bytes) -> ChunkRecord:
        """The inverse of :meth:`encode`; raises ``LogError`` on bytes it did not make."""
        if len(data) < HEAD_BYTES:
            raise LogError("a record of the op log is too short")
        view = memoryview(data)
        first_word, *lengths, scope_length = array("Q", bytes(view[:HEAD_BYTES]))
        record = ChunkRecord(first_word)
        templates, operations, operands, live_ins, live_outs = lengths
        parts = (
            (record.templates, templates),
            (record.live_ins, live_ins),
            (record.live_outs, live_outs),
            (record.operations, operations),
            (record.operands, operands),
        )
        total = HEAD_BYTES + sum(part.itemsize * length for part, length in parts) + scope_length
        if total != len(data):
            raise LogError("a record of the op log has the wrong length")
        position = HEAD_BYTES
        for part, length in parts:
            end = position + part.itemsize * length
            part.frombytes(view[position:end])
            position = end
        try:
            record.scope = bytes(view[position:]).decode()
        except UnicodeDecodeError:
            raise LogError("a record of the op log names a scope that is not UTF-8") from None
        return record


if sys.byteorder != "little" or array("I").itemsize != 4 or array("Q").itemsize != 8:
    raise ImportError("irkit's op log needs a little-endian machine with 4 and 8 byte integers")
