"""The private file of an output where the file system, or another run, is in its way."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from irkit import partial_file
from irkit.output_file import AtomicFile, OutputError
from irkit.partial_file import PartialFile, clear_leftovers

NOBODY = 65534


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that this process can write and not list."""
    path = Path(tempfile.mkdtemp(prefix="irkit-test-"))
    path.chmod(0o733)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    else:
        path.chmod(0o333)
    try:
        yield path
    finally:
        if root:
            os.seteuid(0)
        path.chmod(0o700)
        shutil.rmtree(path)


def test_a_folder_that_can_not_be_listed_takes_a_file(folder: Path) -> None:
    with pytest.raises(PermissionError):
        list(folder.iterdir())
    assert clear_leftovers(folder / "out") == []
    with AtomicFile(folder / "out") as file:
        file.write(b"x")
    assert (folder / "out").read_bytes() == b"x"


def test_what_another_user_left_is_not_ours_to_clear(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="irkit-test-"))
    left = folder / ".out.irkit-1-ab.partial"
    left.write_bytes(b"theirs")
    left.chmod(0o400)
    folder.chmod(0o777)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(NOBODY)
        assert clear_leftovers(folder / "out") == []
    finally:
        if root:
            os.seteuid(0)
    assert left.read_bytes() == b"theirs"
    shutil.rmtree(folder)


def test_a_name_that_is_taken_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is the file that has it removed, whatever happens to the new one."""
    tokens = iter([b"\0\0\0\0", b"\0\0\0\0", b"\1\1\1\1"])
    monkeypatch.setattr("os.urandom", lambda size: next(tokens))
    first = PartialFile(tmp_path / "out")
    second = PartialFile(tmp_path / "out")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name[-16:-8] for name in names] == ["00000000", "01010101"]
    os.write(second.fd, b"second")
    first.remove()
    second.place()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("out", b"second")]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_cleared_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    """By another run to the target, in the moment between the two."""
    lock = partial_file._lock
    taken: list[Path] = []

    def slow(fd: int) -> bool:
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].unlink()
            if replaced:
                taken[0].write_bytes(b"another's")
        return lock(fd)

    monkeypatch.setattr(partial_file, "_lock", slow)
    open_before = open_files()
    with AtomicFile(tmp_path / "out") as file:
        file.write(b"x")
    assert open_files() == open_before
    assert (tmp_path / "out").read_bytes() == b"x"
    assert taken[0].exists() == replaced


def test_where_there_are_no_locks_nothing_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(fd: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    first = PartialFile(tmp_path / "out")
    with AtomicFile(tmp_path / "out") as file:
        file.write(b"x")
    assert len(list(tmp_path.iterdir())) == 2, "the first may be in use: nobody can tell"
    first.remove()
    assert (tmp_path / "out").read_bytes() == b"x"


def test_an_interruption_before_the_file_exists_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(size: int) -> bytes:
        raise KeyboardInterrupt

    before = open_files()
    monkeypatch.setattr("os.urandom", interrupt)
    with pytest.raises(KeyboardInterrupt):
        PartialFile(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    assert open_files() == before


@pytest.mark.parametrize(
    ("number", "message"),
    [(errno.EINVAL, ""), (errno.EBADF, ""), (errno.EIO, "out: can not be written: Input/output")],
)
def test_a_folder_that_can_not_be_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    """Some file systems flush no folders, which is no error; a broken disk is one."""
    fsync = os.fsync

    def refuse(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(fd)

    monkeypatch.setattr("os.fsync", refuse)
    if message:
        with pytest.raises(OutputError, match=message), AtomicFile(tmp_path / "out") as file:
            file.write(b"x")
    else:
        with AtomicFile(tmp_path / "out") as file:
            file.write(b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_permissions_where_the_system_does_not_tell_its_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(path: str) -> Path:
        return tmp_path / "none" if path == "/proc/self/status" else Path(path)

    monkeypatch.setattr(partial_file, "Path", elsewhere)
    before = os.umask(0o037)
    try:
        with AtomicFile(tmp_path / "out"):
            pass
        assert os.umask(0o037) == 0o037, "the mask is as it was"
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640
