"""Running a command as a process of its own: its seconds, CPU seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process, measured from outside: interpreter start and imports included."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    status: int
    errors: str


def run(command: Sequence[str]) -> Run:
    """Runs a command to its end; the kernel accounts for time and memory (``wait4``).

    Its figure for memory is never below this process's own at the start, which is small.
    """
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        errors = process.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        time.perf_counter() - start,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024,
        process.returncode,
        errors,
    )
