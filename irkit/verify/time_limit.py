"""Ending work that takes too long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class OutOfTimeError(BaseException):
    """The time that was given is over.

    It may come anywhere, so it is none of the errors that code on the way may handle.
    """


@contextmanager
def time_limit(seconds: float | None) -> Generator[None]:
    """Raises :class:`OutOfTimeError` in the block once ``seconds`` have passed; None never does.

    Raises ``RuntimeError`` outside of a process's main thread, which alone has a timer.
    """
    if seconds is None:
        yield
        return
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a time limit needs the process's main thread")
    if seconds <= 0:
        raise OutOfTimeError("no time is left")

    def ring(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise OutOfTimeError(f"{seconds:g} s have passed")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
