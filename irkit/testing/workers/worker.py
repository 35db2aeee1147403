"""A process that is asked one question at a time, with a limit of time."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from irkit.errors import IRKitError
from irkit.own_process import own_environment, python_command

Json: TypeAlias = Any
"""What ``json`` writes and reads."""

_PATIENCE = 10
_LAST_WORDS = 5.0
"""Seconds to end for a process that has closed its output, or that is asked nothing more."""
_SHOWN = 4000
"""Characters of standard error that an error repeats."""


class WorkerError(IRKitError, RuntimeError):
    """A worker that died, or took too long and was killed; ``kind`` says which."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _Watch(threading.Thread):
    """Kills a process that takes too long for an answer."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        super().__init__(name="irkit-watch", daemon=True)
        self.end = threading.Event()
        self.late = False
        self._process = process
        self._seconds = seconds

    def run(self) -> None:
        """Looks once a second."""
        begun, used = time.monotonic(), _processor_seconds(self._process.pid)
        while not self.end.wait(1):
            waited = time.monotonic() - begun
            if waited < self._seconds:
                continue
            taken = _processor_seconds(self._process.pid) - used
            if taken > self._seconds or waited > _PATIENCE * self._seconds:
                self.late = True
                _kill(self._process)
                return


def _processor_seconds(pid: int) -> float:
    """What a process and those it has started have used so far."""
    import psutil

    total = 0.0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                times = each.cpu_times()
                total += times.user + times.system
    return total


class Worker:
    """``python -m MODULE``, started with the first question and again after it died.

    The module calls :func:`irkit.testing.workers.serving.serve`. ``environment`` is added to this
    process's.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = [*python_command(module), *arguments]
        self._name = module.rpartition(".")[2]
        self._environment = own_environment() | dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self.answered = 0
        """Questions answered since the process was started."""

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return None if self._process is None else self._process.pid

    def ask(self, question: Json, seconds: float = 60) -> Json:
        """The answer; raises :class:`WorkerError`, after which the next question starts anew.

        ``seconds`` are of processor time, of the process and those it started: how long that takes
        depends on what else the machine does. Waiting may take ten times as long.
        """
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = _Watch(process, seconds)
        watch.start()
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        except BaseException:
            # The next question must not get the answer that nobody waits for any more.
            self.restart()
            raise
        finally:
            watch.end.set()
        if not line.endswith(b"\n"):
            raise self._death(seconds if watch.late else None)
        self.answered += 1
        return json.loads(line)

    def _start(self) -> subprocess.Popen[bytes]:
        self._errors.seek(0)
        self._errors.truncate()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=self._environment,
        )
        return self._process

    def _death(self, seconds: float | None) -> WorkerError:
        process = self._process
        assert process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            # It may still be writing down why it ends.
            process.wait(_LAST_WORDS)
        self.restart()
        if seconds is not None:
            return WorkerError(
                "timeout", f"{self._name}: no answer within {seconds:g} s of processor time"
            )
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        end = process.returncode
        how = f"signal {-end}" if end is not None and end < 0 else f"status {end}"
        return WorkerError("crash", f"{self._name}: ended with {how}: {said[-_SHOWN:]}")

    def kill(self) -> None:
        """Kills the process and those it started, from any thread; whoever waits for its answer
        gets an error."""
        process = self._process
        if process is not None:
            _kill(process)

    def restart(self) -> None:
        """Kills the process; the next question starts another."""
        process, self._process = self._process, None
        self.answered = 0
        if process is not None:
            _kill(process)
            process.wait()
            _close_pipes(process)

    def close(self) -> None:
        """Ends the process for good. It has a few seconds to leave what it does in order."""
        process, self._process = self._process, None
        if process is not None:
            _close_pipes(process)
            try:
                process.wait(_LAST_WORDS)
            except subprocess.TimeoutExpired:
                _kill(process)
                process.wait()
        self._errors.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kills a process with all that it started, of which one may be what hangs."""
    import psutil

    started: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        started = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for each in started:
        with contextlib.suppress(psutil.Error):
            each.kill()


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        # A question that nobody has read may still be in the buffer.
        with contextlib.suppress(BrokenPipeError):
            pipe.close()
