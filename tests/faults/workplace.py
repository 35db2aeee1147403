"""A folder in which faults are tried: weights, policies, and the text that a run should write."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.process import Ended, Run, loss, patience, run
from tests.faults.program import write_weights

MODEL = "tests.faults.program"
ON_DISK = """\
chunks: {end: operations, operations: 20}
log: {place: disk, directory: log}
"""
FROM_MEMORY = """\
chunks: {end: operations, operations: 20}
log: {place: memory, memory_limit: 4KiB, directory: log}
"""
"""The log moves to disk when the run is in its middle."""


class Place:
    """A folder with the weights, and the text that a run in it should write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_weights(folder / "w.npz")
        (folder / "disk.yaml").write_text(ON_DISK)
        (folder / "memory.yaml").write_text(FROM_MEMORY)
        ended, _ = run(folder, [*self.lower(), "-o", "good.mlir"])
        assert ended.status == 0, ended.err
        self.good = (folder / "good.mlir").read_bytes()
        self.before = self.names()

    def lower(self, forward: str = "forward", policy: str | None = None) -> list[str]:
        """The command line without its output."""
        model = [f"{MODEL}:{forward}", "--weights", "w.npz", "--constants", "inline"]
        return ["lower", *model, *(["--policy", policy] if policy else [])]

    def names(self) -> set[str]:
        """All that lies in the folder."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}

    def remainder(self) -> str | None:
        """What a failed run left in the folder."""
        more = self.names() - self.before
        return f"left {', '.join(sorted(more))}" if more else None

    def fails(
        self,
        arguments: list[str],
        words: str,
        *,
        status: int = 2,
        before: Callable[[], object] | None = None,
    ) -> str | None:
        """A run that should end with one line and leave nothing."""
        ended, left = run(self.folder, arguments, before=before)
        return loss(ended, left, status, words) or self.remainder()

    def right(self, ended: Ended, out: Path) -> str | None:
        """What is wrong with a run that should write its text."""
        if ended.status != 0 or ended.err:
            return f"status {ended.status}: {ended.err[:300]!r}"
        return None if out.read_bytes() == self.good else "another text"


def names(folder: Path | str) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


Fault = Callable[[Place], str | None]
"""A fault tried in a place: what was lost, in a few words."""


@contextmanager
def a_place() -> Generator[Place]:
    """A place for a while."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # other users take part
        yield Place(folder)


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + patience()
    while not found():
        if time.monotonic() > end:
            raise TimeoutError("the run did not come that far")
        time.sleep(0.005)


@contextmanager
def paused(place: Place, arguments: list[str], *more: str) -> Generator[Run]:
    """A run that has come to its middle; it goes on when this ends."""
    started = Run(place.folder, [*arguments, *more])
    try:
        until((place.folder / "waiting").exists)
        yield started
    finally:
        (place.folder / "go").touch()
        started.wait()
        for name in ("go", "waiting"):
            (place.folder / name).unlink(missing_ok=True)
        started.close()
