"""The body of a function emitted as it is recorded, for policies with declared live-outs.

Two things are not known before the end: names inside nested regions, and the bytes of weights
(which must not pass through the spool). Both are holes in it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

from irkit.streaming.emitter import Emitter, Names, NestedText
from irkit.streaming.record import ChunkRecord
from irkit.streaming.spool import Spool
from irkit.streaming.template import TemplateStore

_TEXT, _PARAMETER, _NESTED = b"t", b"p", b"n"


class Target(Protocol):
    """Where the finished body goes."""

    def text(self, text: str) -> None:
        """Whole lines."""
        ...

    def parameter(self, position: int, name: str) -> None:
        """The line that defines a parameter."""
        ...


class DeclaredBody:
    """A spool of lines and holes, filled by :meth:`append` and read once by :meth:`replay`.

    No sweep follows, so what is appended is what is printed: the tape has refused a declared value
    that nothing reads.
    """

    def __init__(
        self, templates: TemplateStore, parameter_name: Names, directory: Path | None
    ) -> None:
        self._spool = Spool(1 << 20, directory)
        self.parameters: list[int] = []
        self.operations = 0
        self.widest_cut = 0
        self.emitter = Emitter(templates, self, parameter_name)

    def append(self, record: ChunkRecord) -> None:
        """Emits a closed chunk."""
        self.operations += len(record.operations)
        self.emitter.emit(record)
        words = len(self.emitter.names) - len(self.parameters)
        self.widest_cut = max(self.widest_cut, words)

    def forget(self, word: int) -> None:
        """Drops the name of a value that nothing can read any more."""
        self.emitter.names.pop(word, None)

    def text(self, text: str) -> None:
        """Lines that are final."""
        self._spool.append(_TEXT + text.encode())

    def parameter(self, position: int, name: str) -> None:
        """A hole for a parameter's line."""
        self.parameters.append(position)
        self._spool.append(_PARAMETER + json.dumps([position, name]).encode())

    def nested(self, template: int, names: list[str]) -> None:
        """A hole for an operation with regions."""
        self._spool.append(_NESTED + json.dumps([template, names]).encode())

    def replay(self, target: Target, nested: NestedText) -> None:
        """Writes the body with the holes filled."""
        for data in self._spool:
            kind, rest = data[:1], data[1:]
            if kind == _TEXT:
                target.text(rest.decode())
            elif kind == _PARAMETER:
                target.parameter(*json.loads(rest))
            else:
                target.text(nested.fill(*json.loads(rest)))

    def close(self) -> None:
        """Frees memory and disk."""
        self._spool.close()
