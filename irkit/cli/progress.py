"""Progress on a terminal: of a lowering (what is recorded, bytes written, rate), or of a run."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
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


class _Drawn(ABC):
    """Something on standard error that a thread draws every ``seconds`` while the context lasts."""

    def __init__(self, shown: Status | Progress | None, seconds: float) -> None:
        self._shown = shown
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="irkit-progress", daemon=True)

    def __enter__(self) -> Self:
        if self._shown is not None:
            self._shown.start()
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
        if self._shown is not None:
            self._shown.stop()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self._draw()

    @abstractmethod
    def _draw(self) -> None:
        """Shows what is so now."""


class TerminalProgress(_Drawn):
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
        self._started = time.perf_counter()
        self._first_byte = 0.0
        super().__init__(self._status, 0.1)

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

    def _draw(self) -> None:
        seconds = time.perf_counter() - self._started
        self._status.update(f"{self._title}: {self.line()}, {seconds:.1f} s")


class WatchedRun(Protocol):
    """What a bar shows: see :class:`irkit.interpreter.observers.Progress`."""

    total: int
    done: int
    name: str


class OperationProgress(_Drawn):
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
        super().__init__(self._bar, 0.1)

    def _draw(self) -> None:
        text = f"{self._title} {self._watched.name}"
        self._bar.update(self._task, completed=self._watched.done, description=text)
        self._bar.refresh()


class LineProgress(_Drawn):
    """A line: redrawn on a terminal, else written anew every ``seconds``."""

    def __init__(self, line: Callable[[], str], seconds: float) -> None:
        self._line = line
        self._console = Console(stderr=True)
        self._status = Status("", console=self._console) if self._console.is_terminal else None
        super().__init__(self._status, seconds if self._status is None else 0.5)

    def _draw(self) -> None:
        if self._status is None:
            self._console.print(self._line(), highlight=False)
        else:
            self._status.update(self._line())
