"""Running ``irkit`` as a user does, with something in its way.

A cold run is a new interpreter. A warm one is forked from a process that has imported everything,
which spares the half second that is of no interest to most faults.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]

LIMIT_SECONDS = 10.0
"""No fault may keep a run longer, on a machine that has nothing else to do."""
_MOST_SECONDS = 12 * LIMIT_SECONDS
"""For a run that gets hardly any processor time, or waits for ever."""


def patience() -> float:
    """The limit on a machine that others use, too."""
    return LIMIT_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


LEFTOVER = re.compile(r"\..*\.irkit-\d+-[0-9a-f]{8}\.partial")
"""What a killed run may leave beside its output."""

_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["tests.faults.preloaded"])


@dataclass(frozen=True)
class Ended:
    """A run that is over; ``status`` is negative where a signal ended it, None where it hung."""

    status: int | None
    out: bytes
    err: str
    seconds: float


class Run:
    """A run of ``irkit`` in ``folder``; its streams and temporary files go elsewhere.

    ``before`` is called in the new process, before irkit.
    """

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[str],
        *,
        cold: bool = False,
        before: Callable[[], object] | None = None,
        out: int | None = None,
    ) -> None:
        self._streams = tempfile.TemporaryDirectory()
        self.temporary = Path(self._streams.name) / "tmp"
        """Where the run's unnamed files are."""
        self.temporary.mkdir()
        self._out = Path(self._streams.name) / "out"
        self._err = Path(self._streams.name) / "err"
        self._began = time.perf_counter()
        self._warm: BaseProcess | None = None
        self._cold: subprocess.Popen[bytes] | None = None
        if cold or out is not None:
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)}
            with self._out.open("wb") as stdout, self._err.open("wb") as stderr:
                self._cold = subprocess.Popen(
                    [sys.executable, "-m", "irkit", *arguments],
                    cwd=folder, env=environment, stdin=subprocess.DEVNULL, stderr=stderr,
                    stdout=stdout if out is None else out, preexec_fn=partial(_before, before),
                )  # fmt: skip
            self.pid = self._cold.pid
        else:
            self._warm = _WARM.Process(
                target=_enter,
                args=(folder, list(arguments), self.temporary, self._out, self._err, before),
            )
            self._warm.start()
            assert self._warm.pid is not None
            self.pid = self._warm.pid

    def send(self, number: int) -> None:
        """Sends a signal, unless the run is over."""
        if self.running():
            os.kill(self.pid, number)

    def running(self) -> bool:
        """Whether the run goes on."""
        if self._cold is not None:
            return self._cold.poll() is None
        assert self._warm is not None
        return self._warm.exitcode is None

    def wait(self) -> Ended:
        """How it ended; it is killed if it takes too long."""
        status = self._status(patience())
        while status is None and not self._too_long():
            status = self._status(1)
        if status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._status(60)
        taken = time.perf_counter() - self._began
        out = self._out.read_bytes() if self._out.exists() else b""
        err = self._err.read_text(errors="replace") if self._err.exists() else ""
        return Ended(status, out, err, taken)

    def _too_long(self) -> bool:
        try:
            used = sum(psutil.Process(self.pid).cpu_times()[:2])
        except psutil.NoSuchProcess:
            return False
        return used > LIMIT_SECONDS or time.perf_counter() - self._began > _MOST_SECONDS

    def _status(self, seconds: float) -> int | None:
        if self._cold is not None:
            try:
                return self._cold.wait(seconds)
            except subprocess.TimeoutExpired:
                return None
        assert self._warm is not None
        self._warm.join(seconds)
        return self._warm.exitcode

    def left(self) -> list[str]:
        """Files in the run's temporary folder."""
        return sorted(path.name for path in self.temporary.rglob("*"))

    def close(self) -> None:
        """Removes what the run wrote to its streams."""
        self._streams.cleanup()


def _before(before: Callable[[], object] | None) -> None:
    """Signals as a terminal's shell leaves them, whoever runs the tests (`nohup`, `&`)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if before is not None:
        before()


def _as_python_does() -> Callable[..., object] | int:
    """What Python makes of SIGINT at its start."""
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    return signal.SIG_IGN if ignored else signal.default_int_handler


def _enter(
    folder: Path,
    arguments: list[str],
    temporary: Path,
    out: Path,
    err: Path,
    before: Callable[[], object] | None,
) -> None:
    """In the forked process: what starting a new one would have set."""
    for path, number in ((out, 1), (err, 2)):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(folder)
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None
    _before(before)
    signal.signal(signal.SIGINT, _as_python_does())
    from irkit.cli import main

    main(arguments)


def run(
    folder: Path,
    arguments: Sequence[str],
    *,
    cold: bool = False,
    before: Callable[[], object] | None = None,
    out: int | None = None,
) -> tuple[Ended, list[str]]:
    """A run to its end, and what it left in its temporary folder."""
    started = Run(folder, arguments, cold=cold, before=before, out=out)
    try:
        return started.wait(), started.left()
    finally:
        started.close()


def loss(ended: Ended, left: Sequence[str], status: int, words: str) -> str | None:
    """What is wrong with a failed run: not one line with ``words``, another status, a remainder."""
    lines = ended.err.splitlines()
    if ended.status is None:
        return f"hung for {ended.seconds:.0f} s"
    if ended.status != status:
        return f"status {ended.status} for {status}: {ended.err[:300]!r}"
    if len(lines) != 1 or words not in lines[0]:
        return f"not one line with {words!r}: {ended.err[:300]!r}"
    if left:
        return f"left temporary files: {', '.join(left)}"
    return None
