"""Running a target on one input after the other, and keeping what fails."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

SECONDS = 10
"""That reading an input of a few kilobytes may take."""

_MOST_KINDS = 200
_VARIABLE = re.compile(r"\d+|'[^']*'|%\S+|@\S+|tensor<[^>]*>")
_FRAMES = 3
"""Of a traceback that tell one kind of failure from another."""


class TooSlowError(BaseException):
    """An input took too long; nothing that handles errors may swallow it."""


class Attempts:
    """Calls a target; a failure is written to a folder, the first of each kind."""

    def __init__(self, run: Callable[[bytes], object], folder: Path) -> None:
        self._run = run
        self._folder = folder
        self._kinds: set[str] = set()
        self.count = 0
        self.slowest = 0.0

    def __call__(self, data: bytes) -> None:
        self.count += 1
        start = time.perf_counter()
        try:
            run_within(self._run, data)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            self._keep(error, data)
        self.slowest = max(self.slowest, time.perf_counter() - start)

    def _keep(self, error: BaseException, data: bytes) -> None:
        kind = _kind(error)
        if kind in self._kinds or len(self._kinds) >= _MOST_KINDS:
            return
        self._kinds.add(kind)
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(kind.encode()).hexdigest()[:12]
        (self._folder / name).write_bytes(data)
        report = "".join(traceback.format_exception(error))
        (self._folder / f"{name}.txt").write_text(report, errors="backslashreplace")
        last = traceback.format_exception_only(error)[-1].strip()[:300]
        print(f"failure {len(self._kinds)}: {name}: {last}", flush=True)

    def at_exit(self) -> None:
        """Prints a summary when the process ends, with status 1 after a failure."""
        atexit.register(self._say)

    def _say(self) -> None:
        print(
            f"{self.count} inputs, {len(self._kinds)} kinds of failure, "
            f"the slowest {self.slowest:.1f} s",
            flush=True,
        )
        if self._kinds:
            os._exit(1)


def run_within(run: Callable[[bytes], object], data: bytes, seconds: float = SECONDS) -> None:
    """Calls the target; raises :class:`TooSlowError` if it takes longer."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlowError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        run(data)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _kind(error: BaseException) -> str:
    """Type and innermost frames; for what a target asserts, its first words without names."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = " ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
    said = _VARIABLE.sub("", str(error))[:200] if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} {said} {where}"
