"""Processes that Ctrl-C reaches, whoever runs the tests."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Generator[None]:
    """Processes that are started meanwhile do not ignore SIGINT.

    In the background of a shell the tests themselves do, and their children would.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
