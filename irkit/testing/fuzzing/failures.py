"""Failures as files that can be run again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from irkit.errors import IRKitError
from irkit.input_file import read_bounded
from irkit.testing.workers.worker import Json

SCHEMA = "irkit.fuzz-failure/1"
MAX_BYTES = 64 << 20
"""Of a file that is read."""


class FailureFileError(IRKitError, ValueError):
    """A file that is no saved failure."""


@dataclass(frozen=True)
class Failure:
    """A property that failed on a case, or whose judge did."""

    property: str
    status: str
    message: str
    signature: str
    case: Json
    """The shrunk case, or the one found where it could not be shrunk."""
    found: Json
    """The seed and the size of the case that was found."""

    def save(self, folder: Path, kind: str) -> Path:
        """Writes ``failure-NUMBER-PROPERTY.json``, of the first number that is free."""
        data = {
            "schema": SCHEMA,
            "property": self.property,
            "status": self.status,
            "message": self.message,
            "signature": self.signature,
            "case": self.case,
            "found": self.found,
        }
        number = 0
        while True:
            number += 1
            path = folder / f"{kind}-{number}-{self.property}.json"
            try:
                with path.open("x") as out:
                    json.dump(data, out, indent=1)
            except FileExistsError:
                continue
            return path

    @classmethod
    def load(cls, path: Path) -> Failure:
        """Reads what :meth:`save` wrote. Raises :class:`FailureFileError` and ``OSError``."""
        try:
            data = json.loads(read_bounded(path, MAX_BYTES))
            if data["schema"] != SCHEMA:
                raise FailureFileError(f"{path}: the schema is {data['schema']!r}, not {SCHEMA!r}")
            names = ("property", "status", "message", "signature", "case", "found")
            return cls(*(data[name] for name in names))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if isinstance(error, FailureFileError):
                raise
            raise FailureFileError(
                f"{path}: is no failure that irkit fuzz saved: {error}"
            ) from None
