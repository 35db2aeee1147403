"""The op log where it can not be made, does not fit, or is damaged while the run goes on."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.case import Outcome, count
from tests.faults.places import mounted, no_file_beyond, unprivileged
from tests.faults.process import Ended, loss, run
from tests.faults.workplace import FROM_MEMORY, MODEL, ON_DISK, Fault, Place, a_place, names, paused


def log_folder_missing(place: Place) -> str | None:
    """The policy names a folder that is not there."""
    arguments = [*place.lower(policy="disk.yaml"), "-o", "x.mlir"]
    return place.fails(arguments, "the op log can not be created in log: No such file")


def log_folder_is_a_file(place: Place) -> str | None:
    """The policy names a file."""
    (place.folder / "log").touch()
    ended, left = run(place.folder, [*place.lower(policy="disk.yaml"), "-o", "x.mlir"])
    (place.folder / "log").unlink()
    words = "the op log can not be created in log: Not a directory"
    return loss(ended, left, 2, words) or place.remainder()


def log_folder_of_another(place: Place) -> str | None:
    """A folder of the log in which the user may not write."""
    (place.folder / "log").mkdir(0o555)
    arguments = ["lower", f"{MODEL}:other", "--policy", "disk.yaml", "-o", "/dev/null"]
    ended, left = run(place.folder, arguments, before=unprivileged)
    (place.folder / "log").rmdir()
    words = "the op log can not be created in log: Permission denied"
    return loss(ended, left, 2, words) or place.remainder()


def log_folder_full(place: Place) -> str | None:
    """No room for the log, from the beginning or when it leaves memory."""
    for policy in ("disk.yaml", "memory.yaml"):
        folder = place.folder / "log"
        folder.mkdir()
        try:
            with mounted(folder, "-t", "tmpfs", "-o", "size=4k", "tmpfs") as there:
                ended, left = run(
                    place.folder, [*place.lower(policy=policy), "-o", "x.mlir"],
                    before=None if there else no_file_beyond(4 << 10),
                )  # fmt: skip
                words = "No space left on device" if there else "File too large"
                lost = loss(ended, left, 2, f"the op log can not be written: {words}")
                lost = lost or (f"left {names(folder)}" if names(folder) else None)
        finally:
            folder.rmdir()
        if lost := lost or place.remainder():
            return f"{policy}: {lost}"
    return None


def log_folder_vanishing(place: Place) -> str | None:
    """An unnamed file needs its folder no longer; a log that leaves memory later does."""
    out = place.folder / "x.mlir"
    for policy, needed in ((ON_DISK, False), (FROM_MEMORY, True)):
        (place.folder / "gone").mkdir()
        path = place.folder / "vanishing.yaml"
        late = policy.replace("4KiB", "18kB")
        path.write_text(late.replace("directory: log", "directory: gone"))
        ended, left = run(place.folder, [*place.lower("removing", path.name), "-o", "x.mlir"])
        path.unlink()
        if needed:
            words = "the op log can not be created in gone: No such file or directory"
            lost = loss(ended, left, 2, words)
        else:
            lost = place.right(ended, out)
            out.unlink()
        if lost := lost or place.remainder():
            return f"{'from memory' if needed else 'on disk'}: {lost}"
    return None


def _logs(pid: int) -> list[Path]:
    """The unnamed files of a process."""
    folder = Path(f"/proc/{pid}/fd")
    return [fd for fd in sorted(folder.iterdir()) if str(fd.readlink()).endswith("(deleted)")]


def _damaged(place: Place, damage: Callable[[Path, int], object], which: int) -> Ended:
    """A run whose log is damaged on the disk when all is recorded."""
    (place.folder / "log").mkdir()
    out = place.folder / "x.mlir"
    arguments = place.lower("waiting_at_the_end", "disk.yaml")
    try:
        with paused(place, arguments, "-o", "x.mlir") as started:
            logs = [log for log in _logs(started.pid) if log.stat().st_size]
            log = logs[which % len(logs)]
            damage(log, log.stat().st_size)
            (place.folder / "go").touch()
            ended = started.wait()
            left = started.left()
        if ended.status == 0:
            return Ended(0, out.read_bytes(), ended.err, ended.seconds)
        if left or out.exists():
            return Ended(ended.status, b"", f"{ended.err}left {left}\n", ended.seconds)
        return ended
    finally:
        out.unlink(missing_ok=True)
        (place.folder / "log").rmdir()


def log_truncated(place: Place) -> str | None:
    """Each of the log's files, cut while the run goes on."""
    for which in range(2):
        ended = _damaged(place, lambda log, size: os.truncate(log, size - 5), which)
        if lost := loss(ended, [], 2, "the op log is ") or place.remainder():
            return lost
    return None


def flipped_bits(bits: int, seed: int = 0) -> Outcome:
    """One bit of the log on the disk is changed: an error, or the right text if it is not read."""
    rng = random.Random(seed)

    def flip(log: Path, size: int) -> None:
        with log.open("r+b", buffering=0) as file:
            at = rng.randrange(size)
            byte = os.pread(file.fileno(), 1, at)[0]
            os.pwrite(file.fileno(), bytes([byte ^ (1 << rng.randrange(8))]), at)

    def trials() -> Iterator[str | None]:
        with a_place() as place:
            for trial in range(bits):
                ended = _damaged(place, flip, trial)
                if ended.status == 0:
                    yield None if ended.out == place.good else "ANOTHER TEXT from a damaged log"
                else:
                    yield loss(ended, [], 2, "the op log ") or place.remainder()

    return count("a bit of the op log flipped while running", trials())


FAULTS: list[Fault] = [
    log_folder_missing,
    log_folder_is_a_file,
    log_folder_of_another,
    log_folder_full,
    log_folder_vanishing,
    log_truncated,
]
