"""Progress on a terminal: of a lowering (what is recorded, bytes written, rate), or of a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.status import Status


class TerminalProgress:
    """A line on standard error that is redrawn ten times a second while the context lasts.

    The lowering only sets two fields (see :class:`irkit.lowering.Progress`); a thread draws.
    ``weight_bytes`` is the size of the weights that go into the text, or 0.
    """

    def __init__(self, title: str, weight_bytes: int = 0) -> None:
        self._title = title
        # Two hexadecimal digits a byte; the operations' own text is small beside them.
        self._total = 2 * weight_bytes
        self._scope = ""
        self._scopes = 0
        self._written = 0
        self._status = Status(title, console=Console(stderr=True))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="irkit-progress", daemon=True)
        self._started = time.perf_counter()
        self._first_byte = 0.0

    def __enter__(self) -> Self:
        self._status.start()
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
        self._status.stop()

    def scope(self, name: str) -> None:
        """A scope of the forward was entered."""
        self._scope = name
        self._scopes += 1

    def written(self, total: int) -> None:
        """So many bytes of output have been written."""
        if not self._written:
            self._first_byte = time.perf_counter()
        self._written = total

    def line(self) -> str:
        """``recording layers.3 (scope 5)`` or ``writing 1,200 of 4,400 MB, 350 MB/s``."""
        if not self._written:
            return f"recording {self._scope} (scope {self._scopes})" if self._scope else "loading"
        megabytes = self._written / 1e6
        of = f" of {self._total / 1e6:,.0f}" if self._total > self._written else ""
        rate = megabytes / max(time.perf_counter() - self._first_byte, 1e-3)
        return f"writing {megabytes:,.0f}{of} MB, {rate:,.0f} MB/s"

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            seconds = time.perf_counter() - self._started
            self._status.update(f"{self._title}: {self.line()}, {seconds:.1f} s")


class WatchedRun(Protocol):
    """What a bar shows: see :class:`irkit.interpreter.observers.Progress`."""

    total: int
    done: int
    name: str


class OperationProgress:
    """A bar on standard error of how many operations of a module have run, redrawn likewise."""

    def __init__(self, title: str, watched: WatchedRun) -> None:
        self._watched = watched
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,
        )
        self._title = title
        self._task = self._bar.add_task(title, total=watched.total)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="irkit-progress", daemon=True)

    def __enter__(self) -> Self:
        self._bar.start()
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
        self._bar.stop()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            text = f"{self._title} {self._watched.name}"
            self._bar.update(self._task, completed=self._watched.done, description=text)
            self._bar.refresh()


class LineProgress:
    """A line on standard error while the context lasts: redrawn on a terminal, else written anew
    every ``seconds``."""

    def __init__(self, line: Callable[[], str], seconds: float) -> None:
        self._line = line
        self._seconds = seconds
        self._console = Console(stderr=True)
        self._status = Status("", console=self._console)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="irkit-progress", daemon=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
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
        self._status.stop()

    def _run(self) -> None:
        terminal = self._console.is_terminal
        while not self._stop.wait(0.5 if terminal else self._seconds):
            if terminal:
                self._status.update(self._line())
            else:
                self._console.print(self._line(), highlight=False)
