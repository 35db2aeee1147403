"""What one lowering cost, as JSON."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from irkit.errors import IRKitError
from irkit.input_file import read_bounded
from irkit.json_object import JsonError, parse_object
from irkit.output_file import AtomicFile

SCHEMA = "irkit-report/1"
"""Changes with every change of meaning; readers refuse what they do not know."""

MAX_BYTES = 64 << 20
"""Of a report that is read: a million memory samples have half of that."""


class ReportError(IRKitError, ValueError):
    """A file that is no report."""


@dataclass(frozen=True)
class Phase:
    """A part of the run, in seconds since its start."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Report:
    """One lowering. Times are in seconds, sizes in bytes."""

    label: str
    """What a picture calls this run."""
    model: str
    policy: str
    constants: str
    output: str
    process_seconds: float
    """Wall time since the process started: interpreter and imports included."""
    wall_seconds: float
    """Wall time of the command: loading, recording, and writing until the file is in place."""
    cpu_seconds: float
    """Processor time of the process, all threads, imports included."""
    peak_resident_bytes: int
    """The kernel's high-water mark of the process, imports included (``VmHWM``). File cache that
    the process filled is not in it, pages of libraries are."""
    operations_recorded: int
    operations_pruned: int
    operations_emitted: int
    chunks: int
    widest_cut: int
    """The most values live between two chunks."""
    log_bytes: int
    output_bytes: int
    sha256: str
    phases: list[Phase] = field(default_factory=list[Phase])
    memory: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """Resident bytes over time; the first entry of a pair is seconds since the command began."""

    def encode(self) -> bytes:
        """The report as JSON."""
        data = {"schema": SCHEMA} | asdict(self)
        data["memory"] = [[round(t, 4), size] for t, size in self.memory]
        return json.dumps(data, indent=1).encode() + b"\n"

    def write(self, path: str | Path) -> None:
        """Writes the JSON, whole or not at all. Raises :class:`~irkit.output_file.OutputError`."""
        with AtomicFile(path, digest=False) as file:
            file.write(self.encode())


def process_seconds() -> float:
    """Wall time since this process was started, to a hundredth of a second."""
    import psutil

    return time.time() - psutil.Process().create_time()


def read_report(path: str | Path) -> Report:
    """Reads what :meth:`Report.write` wrote.

    Raises :class:`ReportError`, naming the file and the field.
    """
    try:
        data: dict[str, Any] = parse_object(read_bounded(Path(path), MAX_BYTES))
    except OSError as error:
        raise ReportError(f"{path}: can not be read: {error.strerror}") from None
    except JsonError as fault:
        raise ReportError(f"{path}: not JSON: it {fault.problem}") from None
    if data.get("schema") != SCHEMA:
        raise ReportError(f"{path}: no report of `irkit lower --report` (schema {SCHEMA})")
    del data["schema"]
    known = {f.name for f in fields(Report)}
    for name in sorted(known ^ data.keys()):
        raise ReportError(f"{path}: {name}: {'missing' if name in known else 'unknown field'}")
    kinds = {"int": int, "float": (int, float), "str": str}
    for item in fields(Report):
        kind = kinds.get(str(item.type))
        if kind is not None and not isinstance(data[item.name], kind):
            raise ReportError(f"{path}: {item.name}: not of type {item.type}")
    try:
        data["phases"] = [
            Phase(str(p["name"]), float(p["start"]), float(p["end"])) for p in data["phases"]
        ]
        data["memory"] = [(float(t), int(size)) for t, size in data["memory"]]
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise ReportError(f"{path}: phases or memory: malformed: {error}") from None
    return Report(**data)
