"""Outputs on full disks, in folders that are closed or vanish, and readers that go away."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.places import (
    few_files,
    mounted,
    no_file_beyond,
    other_file_system,
    unprivileged,
)
from tests.faults.process import ROOT, Ended, Run, loss, patience, run
from tests.faults.workplace import MODEL, Fault, Place, names, paused


def output_too_long(place: Place) -> str | None:
    """The limit on the size of files stands for a full disk."""
    return place.fails(
        [*place.lower(), "-o", "x.mlir"],
        "x.mlir: can not be written: File too large",
        before=no_file_beyond(3 << 20),
    )


def fmt_output_too_long(place: Place) -> str | None:
    """``irkit fmt`` likewise."""
    return place.fails(
        ["fmt", "good.mlir", "-o", "x.mlir"],
        "x.mlir: can not be written: File too large",
        before=no_file_beyond(3 << 20),
    )


def prune_output_too_long(place: Place) -> str | None:
    """``irkit prune`` likewise."""
    return place.fails(
        ["prune", "good.mlir", "-o", "x.mlir"],
        "x.mlir: can not be written: File too large",
        before=no_file_beyond(3 << 20),
    )


def full_disk(place: Place) -> str | None:
    """A file system of 2 MiB, where one can be mounted, else the limit once more."""
    disk = place.folder / "full"
    disk.mkdir()
    try:
        with mounted(disk, "-t", "tmpfs", "-o", "size=2m", "tmpfs") as there:
            ended, left = run(
                place.folder,
                [*place.lower(), "-o", "full/x.mlir"],
                before=None if there else no_file_beyond(2 << 20),
            )
            words = "No space left on device" if there else "File too large"
            lost = loss(ended, left, 2, f"full/x.mlir: can not be written: {words}")
            return lost or (f"left {names(disk)}" if names(disk) else None)
    finally:
        disk.rmdir()


def device_that_is_full(place: Place) -> str | None:
    """``/dev/full``."""
    words = "/dev/full: can not be written: No space left on device"
    return place.fails([*place.lower(), "-o", "/dev/full"], words)


def report_that_does_not_fit(place: Place) -> str | None:
    """A report that can not be written is told, and the output, which is whole, stays."""
    words = "/dev/full: can not be written: No space left on device"
    ended, left = run(place.folder, [*place.lower(), "-o", "x.mlir", "--report", "/dev/full"])
    lost = loss(ended, left, 2, words)
    out = place.folder / "x.mlir"
    whole = out.read_bytes() == place.good
    out.unlink()
    return lost or place.remainder() or (None if whole else "another text")


def folder_of_another(place: Place) -> str | None:
    """A folder in which the user may not write."""
    folder = place.folder / "closed"
    folder.mkdir(0o555)
    try:
        ended, left = run(
            place.folder, ["lower", f"{MODEL}:other", "-o", "closed/x.mlir"], before=unprivileged
        )
        lost = loss(ended, left, 2, "closed/x.mlir: can not be created: Permission denied")
        return lost or (f"left {names(folder)}" if names(folder) else None)
    finally:
        folder.rmdir()


def folder_that_can_not_be_listed(place: Place) -> str | None:
    """One may write where one may not look: that is no error."""
    folder = place.folder / "blind"
    folder.mkdir()
    folder.chmod(0o333)
    ended, left = run(
        place.folder, ["lower", f"{MODEL}:other", "-o", "blind/x.mlir"], before=unprivileged
    )
    there = names(folder)
    for name in there:
        (folder / name).unlink()
    folder.rmdir()
    if ended.status != 0 or ended.err or left or there != ["x.mlir"]:
        return f"status {ended.status}: {ended.err!r} {left} {there}"
    return None


def read_only_disk(place: Place) -> str | None:
    """A folder mounted for reading only, where that can be done, else one of another user."""
    folder = place.folder / "fixed"
    folder.mkdir()
    try:
        with mounted(folder, "-t", "tmpfs", "-o", "ro", "tmpfs") as there:
            if not there:
                return folder_of_another(place)
            ended, left = run(place.folder, [*place.lower(), "-o", "fixed/x.mlir"])
            return loss(ended, left, 2, "fixed/x.mlir: can not be created: Read-only file system")
    finally:
        folder.rmdir()


def vanishing_folder(place: Place) -> str | None:
    """The output's folder is removed while the forward runs."""
    (place.folder / "gone").mkdir()
    words = "gone/x.mlir: can not be written: No such file or directory"
    return place.fails([*place.lower("removing"), "-o", "gone/x.mlir"], words)


def moved_folder(place: Place) -> str | None:
    """The output's folder gets another name; no partial file may stay in it."""
    (place.folder / "gone").mkdir()
    words = "gone/x.mlir: can not be written: No such file or directory"
    ended, left = run(place.folder, [*place.lower("moving"), "-o", "gone/x.mlir"])
    moved = place.folder / "moved"
    there = names(moved)
    lost = loss(ended, left, 2, words) or (f"left {there}" if there else None)
    moved.rmdir()
    return lost


def missing_folder(place: Place) -> str | None:
    """No folder to write into."""
    words = "none/x.mlir: can not be created: No such file or directory"
    return place.fails([*place.lower(), "-o", "none/x.mlir"], words)


def folder_as_output(place: Place) -> str | None:
    """A folder where the output should be."""
    (place.folder / "taken").mkdir()
    words = "taken: can not be created: Is a directory"
    try:
        ended, left = run(place.folder, [*place.lower(), "-o", "taken"])
        return loss(ended, left, 2, words)
    finally:
        (place.folder / "taken").rmdir()


def other_disk(place: Place) -> str | None:
    """The output on another file system than the folder of temporary files."""
    with tempfile.TemporaryDirectory(dir=other_file_system(place.folder)) as name:
        out = Path(name) / "x.mlir"
        (place.folder / "log").mkdir()
        ended, left = run(place.folder, [*place.lower(policy="disk.yaml"), "-o", str(out)])
        (place.folder / "log").rmdir()
        lost = place.right(ended, out)
        return lost or (f"left {left}" if left or names(name) != ["x.mlir"] else None)


def too_few_files(place: Place) -> str | None:
    """No file can be opened any more, wherever that happens to be noticed."""
    for number in range(6, 16):
        ended, left = run(place.folder, [*place.lower(), "-o", "x.mlir"], before=few_files(number))
        if ended.status == 0:
            (place.folder / "x.mlir").unlink()
            return place.remainder()
        lost = loss(ended, left, 2, "Too many open files") or place.remainder()
        if lost:
            return f"{number} files: {lost}"
    return "15 files are not enough"


# -- streams ---------------------------------------------------------------------------------------


def _into_pipe(place: Place, arguments: list[str]) -> tuple[Ended, list[str]]:
    """A run whose reader takes one byte, as ``head -c 1`` does."""
    reading, writing = os.pipe()
    started = Run(place.folder, arguments, out=writing)
    os.close(writing)
    try:
        os.read(reading, 1)
        os.close(reading)
        return started.wait(), started.left()
    finally:
        started.close()


def _reader_gone(place: Place, arguments: list[str]) -> str | None:
    ended, left = _into_pipe(place, arguments)
    if (ended.status, ended.err, left) != (141, "", []):
        return f"status {ended.status}: {ended.err!r} {left}"
    return place.remainder()


def reader_of_lower_gone(place: Place) -> str | None:
    """``irkit lower ... | head -c 1``."""
    return _reader_gone(place, [*place.lower(), "-o", "-"])


def reader_of_a_device_gone(place: Place) -> str | None:
    """``irkit lower ... -o /dev/stdout | head -c 1``."""
    return _reader_gone(place, [*place.lower(), "-o", "/dev/stdout"])


def reader_of_fmt_gone(place: Place) -> str | None:
    """``irkit fmt ... | head -c 1``."""
    return _reader_gone(place, ["fmt", "good.mlir"])


def reader_of_prune_gone(place: Place) -> str | None:
    """``irkit prune ... | head -c 1``."""
    return _reader_gone(place, ["prune", "good.mlir"])


def standard_output(place: Place) -> str | None:
    """``-o -`` and ``-o /dev/stdout`` give the text and nothing else."""
    for out in ("-", "/dev/stdout"):
        reading, writing = os.pipe()
        started = Run(place.folder, [*place.lower(), "-o", out], out=writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            text = stream.read()
        ended = started.wait()
        started.close()
        if (ended.status, ended.err) != (0, "") or text != place.good:
            return f"-o {out}: status {ended.status}: {ended.err!r}, {len(text):,} bytes"
    return place.remainder()


def no_standard_output(place: Place) -> str | None:
    """``irkit lower ... --report r.json >&-``: nothing may be taken for the missing stream."""
    for more in ([], ["--report", "r.json"]):
        code = "import os, sys; os.close(1); os.execv(sys.argv[1], sys.argv[1:])"
        program = [sys.executable, "-c", code, sys.executable, "-m", "irkit"]
        done = subprocess.run(
            [*program, *place.lower(), *more], cwd=place.folder, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=patience(), check=False,
        )  # fmt: skip
        ended = Ended(done.returncode, b"", done.stderr, 0)
        lost = loss(ended, [], 2, "standard output: can not be ") or place.remainder()
        if lost:
            return lost
    return None


# -- two runs --------------------------------------------------------------------------------------


def two_runs(place: Place) -> str | None:
    """Two runs to one output at once: each text is whole, and the last one to end stays."""
    out = place.folder / "x.mlir"
    with paused(place, place.lower("waiting"), "-o", "x.mlir") as first:
        second, _ = run(place.folder, ["lower", f"{MODEL}:other", "-o", "x.mlir"])
        between = out.read_bytes()
        (place.folder / "go").touch()
        ended = first.wait()
    lost = place.right(ended, out)
    if second.status != 0 or b"constant dense<1." not in between or b"while" in between:
        lost = lost or f"the second run: {second.status} {second.err!r}"
    out.unlink()
    return lost or place.remainder()


def two_runs_the_second_longer(place: Place) -> str | None:
    """The other order: the run that began last ends last."""
    out = place.folder / "x.mlir"
    first = Run(place.folder, [*place.lower(), "-o", "x.mlir"])
    with paused(place, place.lower("waiting"), "-o", "x.mlir") as second:
        lost = place.right(first.wait(), out)
        first.close()
        (place.folder / "go").touch()
        lost = lost or place.right(second.wait(), out)
    out.unlink()
    return lost or place.remainder()


FAULTS: list[Fault] = [
    output_too_long,
    fmt_output_too_long,
    prune_output_too_long,
    full_disk,
    device_that_is_full,
    report_that_does_not_fit,
    folder_of_another,
    folder_that_can_not_be_listed,
    read_only_disk,
    vanishing_folder,
    moved_folder,
    missing_folder,
    folder_as_output,
    other_disk,
    too_few_files,
    reader_of_lower_gone,
    reader_of_a_device_gone,
    reader_of_fmt_gone,
    reader_of_prune_gone,
    standard_output,
    no_standard_output,
    two_runs,
    two_runs_the_second_longer,
]
