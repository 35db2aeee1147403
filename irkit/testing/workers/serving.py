"""The other end of a :class:`~irkit.testing.workers.worker.Worker`."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable

from irkit.testing.workers.worker import Json


def serve(answer: Callable[[Json], Json]) -> None:
    """Answers questions from standard input until it ends, each a line of JSON.

    Whatever else writes to standard output writes to standard error. Who interrupts the command
    interrupts the one that asks, which ends this process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        for line in sys.stdin.buffer:
            out.write(json.dumps(answer(json.loads(line))).encode() + b"\n")
            out.flush()
