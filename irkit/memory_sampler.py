"""Resident memory of this process: now, at its peak, and over time."""

from __future__ import annotations

import resource
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

MAX_SAMPLES = 2048
"""Samples kept; beyond it every second one is dropped and the interval is doubled."""


def resident_bytes() -> int:
    """Resident memory of this process now."""
    return psutil.Process().memory_info().rss


def peak_resident_bytes() -> int:
    """The most resident memory that this process ever had, imports included.

    Linux's ``VmHWM``, which psutil does not give; ``getrusage`` elsewhere, whose figure on Linux
    would begin at that of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class MemorySampler:
    """Samples resident memory in a thread while a ``with`` block runs.

    ``samples`` are (seconds since the block began, bytes). Their number is bounded: when it is
    reached, every second sample goes and the interval doubles, so a long run keeps its shape.
    A dropped sample leaves its maximum to its neighbour. One sample costs about 20 us.
    """

    def __init__(self, interval: float = 0.02, max_samples: int = MAX_SAMPLES) -> None:
        self.interval = interval
        self.samples: list[tuple[float, int]] = []
        self._max_samples = max_samples
        self._stop = threading.Event()
        self._process = psutil.Process()
        self._thread = threading.Thread(target=self._run, name="irkit-memory", daemon=True)
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = time.perf_counter()
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()

    def _run(self) -> None:
        while not self._stop.wait(self.interval):
            self._sample()

    def _sample(self) -> None:
        self.samples.append((time.perf_counter() - self._started, self._process.memory_info().rss))
        if len(self.samples) >= self._max_samples:
            self.samples = thinned(self.samples)
            self.interval *= 2


def thinned(samples: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Half of the samples: the first, then of each pair its later time and its larger value."""
    first, rest = samples[:1], samples[1:]
    pairs = zip(rest[::2], rest[1::2], strict=False)
    halved = [(b[0], max(a[1], b[1])) for a, b in pairs]
    return first + halved + (rest[-1:] if len(rest) % 2 else [])
