"""What the command line says and returns when something goes wrong."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback as traceback_module
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self, TypeAlias

import click

from dialects.diagnostics import ReadError, printable
from irkit.errors import IRKitError
from irkit.interruption import place
from irkit.output_file import OutputClosedError

Handler: TypeAlias = Callable[[int, FrameType | None], Any] | int | None

FOUND = 1
"""A check found errors, or a comparison a difference."""
BAD_INPUT = 2
"""The command line, an input or the output is at fault; the message says which."""
INTERNAL = 70
"""A fault of irkit, or of a model given as Python."""
INTERRUPTED = 130
READER_GONE = 141
TERMINATED = 143
HUNG_UP = 129

STATUSES = """\b
Exit status:
  0    done
  1    `check` found errors, or `run`, `demo` or `lower --verify` a difference
  2    bad command line, input or output
  70   an exception in irkit, or in a model given as Python
  130, 143, 129   interrupted, terminated, the terminal went away; the message says during what
  141  the reader of standard output went away

With IRKIT_TRACEBACK=1 in the environment, errors come with their traceback.
"""


@contextmanager
def holding_signals() -> Generator[None]:
    """Lets interruptions wait: numpy's import takes one for a broken installation."""
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class TerminatedError(SystemExit):
    """The system, or another user of it, asked the process to end."""

    def __init__(self, signum: int) -> None:
        self.status = 128 + signum
        super().__init__(self.status)


class ErrorBoundary:
    """Turns what ends a command into one line on standard error and an exit status."""

    def __init__(self, program: str) -> None:
        self._program = program

        self._previous: dict[int, Handler] = {}

    def __enter__(self) -> Self:
        _fill_streams()
        return self

    def listen(self) -> None:
        """Turns SIGTERM and SIGHUP into errors; to be called inside, where they are caught."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            previous = signal.getsignal(number)
            if previous == signal.SIG_DFL:  # nohup stays in force
                self._previous[number] = previous
                signal.signal(number, _terminate)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        if isinstance(error, KeyboardInterrupt | TerminatedError):
            # All is cleaned up: nothing more may come between the user and the line below.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        elif error is None or isinstance(error, SystemExit):
            return
        if os.environ.get("IRKIT_TRACEBACK") == "1":
            traceback_module.print_exception(error)
        if isinstance(error, OutputClosedError | BrokenPipeError):
            # Nobody is left to read what Python would flush at its end.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise SystemExit(READER_GONE)
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message(), err=True)
            raise SystemExit(BAD_INPUT)
        message, status = describe(error)
        if message:
            # A diagnostic begins with the file at fault, as compilers' do.
            prefix = "" if isinstance(error, ReadError) else f"{self._program}: "
            click.echo(f"{prefix}{message}", err=True)
        raise SystemExit(status)


def describe(error: BaseException) -> tuple[str, int]:
    """One line that says what went wrong, and the exit status."""
    if isinstance(error, click.exceptions.Exit):
        return "", error.exit_code
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else ""
        hint = f" (see `{command} --help`)" if command else ""
        return _one_line(f"error: {error.format_message()}{hint}"), BAD_INPUT
    if isinstance(error, KeyboardInterrupt):
        return _one_line(f"interrupted {place(error)}"), INTERRUPTED
    if isinstance(error, TerminatedError):
        return _one_line(f"terminated {place(error)}"), error.status
    if isinstance(error, IRKitError):
        return _one_line(f"error: {error}"), BAD_INPUT
    if isinstance(error, ReadError):
        return str(error.diagnostic), BAD_INPUT
    if isinstance(error, OSError):
        named = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return _one_line(f"error: {named}{error.strerror or error}"), BAD_INPUT
    if isinstance(error, MemoryError):
        return "error: out of memory", BAD_INPUT
    return _one_line(f"error: {type(error).__name__}: {error}{_place(error)}"), INTERNAL


def _fill_streams() -> None:
    """A standard stream that the caller closed must not become the first file that is opened."""
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free; writing to it fails


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def _place(error: BaseException) -> str:
    frames = traceback_module.extract_tb(error.__traceback__)
    return f" (at {frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def _terminate(signum: int, frame: FrameType | None) -> NoReturn:
    """Ends with clean-up, so that a terminated run leaves nothing behind."""
    raise TerminatedError(signum)
