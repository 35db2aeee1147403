"""Runs the command line in this process."""

from __future__ import annotations

import os
import pty
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from irkit.cli import main, run
from irkit.cli.verify import verify


@dataclass(frozen=True)
class Ran:
    """A command's exit status, and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture
def irkit(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def call(*arguments: object) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        return Ran(ended.value.code, *capfd.readouterr())

    return call


@pytest.fixture
def irkit_verify(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def call(*arguments: object) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(verify, "irkit-verify", [str(a) for a in arguments])
        return Ran(ended.value.code, *capfd.readouterr())

    return call


SECONDS = 10.0
"""The longest that a test waits for something to be shown."""

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Terminal:
    """What was written to it."""

    pieces: list[bytes] = field(default_factory=lambda: list[bytes]())

    @property
    def text(self) -> str:
        """Without colours and movements."""
        return _CODES.sub("", b"".join(self.pieces).decode(errors="replace"))

    def waits_for(self, words: str) -> bool:
        """Whether the words come, soon."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and words not in self.text:
            time.sleep(0.01)
        return words in self.text


@contextmanager
def terminal() -> Iterator[Terminal]:
    """Lets standard error be a terminal."""
    outside, inside = pty.openpty()
    shown = Terminal()

    def read() -> None:
        try:
            while piece := os.read(outside, 4096):
                shown.pieces.append(piece)
        except OSError:
            return  # Linux: the other end is closed.

    reader = threading.Thread(target=read)
    reader.start()
    with pytest.MonkeyPatch.context() as patch, os.fdopen(inside, "w") as stream:
        for name, value in (("TERM", "xterm"), ("COLUMNS", "120"), ("LINES", "40")):
            patch.setenv(name, value)
        for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        patch.setattr("sys.stderr", stream)
        yield shown
    reader.join()
    os.close(outside)
