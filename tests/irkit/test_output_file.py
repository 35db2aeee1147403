"""Output is complete or absent, whatever ends the run."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import socket
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit import output_file
from irkit.output_file import (
    BLOCK_BYTES,
    BLOCKS,
    AtomicFile,
    OutputClosedError,
    OutputError,
)
from irkit.partial_file import clear_leftovers


def start(body: str, *arguments: object) -> subprocess.Popen[str]:
    """Runs Python code in a process that says ``ready`` when it has come that far."""
    code = "import os, sys, time\nfrom irkit.output_file import AtomicFile\n" + textwrap.dedent(
        body
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


HANGS = """
    with AtomicFile(sys.argv[1]) as file:
        file.write(b"x" * 3_000_000)
        print("ready", flush=True)
        time.sleep(60)
"""


@given(st.lists(st.integers(0, 3 * BLOCK_BYTES), max_size=6), st.booleans())
@settings(max_examples=25, deadline=None)
def test_writes_what_was_given(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], digest: bool
):
    path = tmp_path_factory.getbasetemp() / "given.bin"
    written = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    with AtomicFile(path, digest=digest) as file:
        for data in written:
            file.write(data)
    assert path.read_bytes() == b"".join(written)
    assert file.bytes_written == sum(sizes)
    expected = hashlib.sha256(b"".join(written)).hexdigest()
    assert file.sha256 == (expected if digest else "")


def test_the_callers_buffer_may_change_after_write(tmp_path: Path):
    path = tmp_path / "out"
    buffer = bytearray(BLOCK_BYTES * 2)
    with AtomicFile(path) as file:
        for value in range(8):
            buffer[:] = bytes([value]) * len(buffer)
            file.write(memoryview(buffer))
    assert path.read_bytes() == b"".join(bytes([v]) * len(buffer) for v in range(8))


def test_nothing_is_under_the_name_until_all_is_written(tmp_path: Path):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with AtomicFile(path) as file:
        file.write(b"new" * BLOCK_BYTES)
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new" * BLOCK_BYTES
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_no_file(tmp_path: Path, error: type[BaseException]):
    def fail() -> None:
        with AtomicFile(tmp_path / "out") as file:
            file.write(b"x" * BLOCK_BYTES * (BLOCKS + 2))
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []
    assert not [t for t in threading.enumerate() if t.name == "irkit-output"]


def test_a_killed_run_leaves_nothing_under_the_name_and_the_next_clears_the_rest(tmp_path: Path):
    path = tmp_path / "out"
    process = start(HANGS, path)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".out.irkit-")
    # It is alive: neither another run to the same target nor one to another may touch its file.
    with AtomicFile(path) as file:
        file.write(b"second")
    assert left.exists()
    process.kill()
    process.communicate()
    with AtomicFile(tmp_path / "other") as file:
        file.write(b"other")
    assert left.exists()
    with AtomicFile(path) as file:
        assert not left.exists()
        file.write(b"third")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "out": b"third",
        "other": b"other",
    }


def test_only_recognised_files_are_cleared(tmp_path: Path):
    names = [".out.irkit-1-ab.partial", ".out.irkit-link.partial", ".out.partial", "out.irkit-1"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / names[1]).unlink()
    (tmp_path / names[1]).symlink_to(tmp_path / names[2])
    assert clear_leftovers(tmp_path / "out") == [tmp_path / names[0]]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names[1:])


def test_a_full_disk_is_one_error_that_names_the_file(tmp_path: Path):
    # A limit on file size fails in the same call as a full disk does.
    body = """
        import resource, signal
        from irkit.output_file import OutputError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
        try:
            with AtomicFile(sys.argv[1]) as file:
                for _ in range(64):
                    file.write(b"x" * (1 << 20))
        except OutputError as error:
            print(error)
    """
    out, err = start(body, tmp_path / "out").communicate()
    assert (out, err) == (f"{tmp_path}/out: can not be written: File too large\n", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_devices_are_written_in_place():
    def fill() -> None:
        with AtomicFile("/dev/full") as file:
            file.write(b"x")

    with pytest.raises(OutputError, match="/dev/full: can not be written: No space left on device"):
        fill()
    with AtomicFile("/dev/null") as file:
        file.write(b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_what_can_not_be_created_is_named(tmp_path: Path):
    with pytest.raises(OutputError, match="none/out: can not be created: No such file"):
        AtomicFile(tmp_path / "none" / "out")
    with pytest.raises(OutputError, match="can not be created: Is a directory"):
        AtomicFile(tmp_path)


def test_standard_output(tmp_path: Path):
    out, err = start("with AtomicFile('-') as file: file.write(b'abc' * 1000000)").communicate()
    assert (out, err) == ("abc" * 1_000_000, "")


def test_a_reader_that_goes_away_is_told_apart():
    body = """
        from irkit.output_file import OutputClosedError
        try:
            with AtomicFile("-") as file:
                for _ in range(64):
                    file.write(b"x" * (1 << 20))
        except OutputClosedError as error:
            print(error, file=sys.stderr)
    """
    process = start(body)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == "standard output: the reader went away\n"
    process.stderr.close()
    process.wait()
    assert issubclass(OutputClosedError, OutputError)


def test_a_reader_that_goes_away_while_the_last_block_is_written(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    file = AtomicFile(pipe)
    file.write(b"x" * BLOCK_BYTES)  # More than a pipe holds: the thread that writes waits.
    os.close(reader)
    with pytest.raises(OutputClosedError, match="pipe: the reader went away"):
        file.commit()
    file.discard()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_forked_process_can_not_write(tmp_path: Path):
    body = """
        from irkit.output_file import OutputError
        file = AtomicFile(sys.argv[1])
        file.write(b"parent")
        child = os.fork()
        if not child:
            for act in (lambda: file.write(b"x" * 2_000_000), file.commit):
                try:
                    act()
                except OutputError as error:
                    print(error)
            sys.exit()
        os.waitpid(child, 0)
        file.commit()
        print(os.getpid())
    """
    path = tmp_path / "out"
    out, err = start(body, path).communicate()
    *said, parent = out.splitlines()
    assert said == [f"{path}: is written by process {parent}, which forked this one"] * 2
    assert (err, path.read_bytes()) == ("", b"parent")


# -- past the page cache ---------------------------------------------------------------------------


def test_a_file_system_of_other_alignments_is_written_through_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Such a one refuses the first direct write."""
    direct: list[bool] = []
    write = os.write

    def refuse(fd: int, data: memoryview) -> int:
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        direct.append(bool(flags & os.O_DIRECT))
        if direct[-1]:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return write(fd, data)

    data = bytes(range(256)) * (BLOCK_BYTES // 64)
    with AtomicFile(tmp_path / "out") as file:
        possible = output_file.set_direct(file._fd, True)
        monkeypatch.setattr("os.write", refuse)
        file.write(data)
    monkeypatch.undo()
    assert direct[0] == possible
    assert not any(direct[1:])
    assert (tmp_path / "out").read_bytes() == data
    assert file.sha256 == hashlib.sha256(data).hexdigest()


def test_where_there_are_no_direct_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    left, right = socket.socketpair()
    with left, right:
        assert not output_file.set_direct(left.fileno(), True)
    monkeypatch.delattr("os.O_DIRECT")
    with AtomicFile(tmp_path / "out") as file:
        file.write(b"x" * BLOCK_BYTES * 3)
    assert (tmp_path / "out").stat().st_size == BLOCK_BYTES * 3


def test_modes_and_links(tmp_path: Path):
    umask = os.umask(0o027)
    try:
        with AtomicFile(tmp_path / "new"):
            pass
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    (tmp_path / "link").symlink_to("new")
    with AtomicFile(tmp_path / "link") as file:
        file.write(b"through")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "new").read_bytes() == b"through"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_long_names(tmp_path: Path):
    path = tmp_path / ("n" * 255)
    with AtomicFile(path) as file:
        file.write(b"x")
    assert list(tmp_path.iterdir()) == [path]


def test_memory_is_bounded(tmp_path: Path):
    body = """
        with AtomicFile(sys.argv[1]) as file:
            data = b"x" * 100_000
            for _ in range(300):
                file.write(data)
            import resource
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for _ in range(1500):
                file.write(data)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    out, err = start(body, tmp_path / "out").communicate()
    assert err == ""
    assert int(out) < 2048


# -- interruptions at the worst moments ------------------------------------------------------------


def interrupt(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_an_interruption_while_the_file_is_created_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fcntl.flock", interrupt)
    with pytest.raises(KeyboardInterrupt):
        AtomicFile(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_between_creation_and_the_block_leaves_none(tmp_path: Path):
    def opened() -> None:
        AtomicFile(tmp_path / "out")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened()
    assert list(tmp_path.iterdir()) == []


def test_a_second_interruption_during_clean_up_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stop = output_file._BlockWriter.stop
    calls: list[None] = []

    def interrupted(self: output_file._BlockWriter) -> None:
        calls.append(None)
        if len(calls) == 1:
            raise KeyboardInterrupt
        stop(self)

    monkeypatch.setattr(output_file._BlockWriter, "stop", interrupted)
    file = AtomicFile(tmp_path / "out")
    file.write(b"x" * BLOCK_BYTES * 3)
    with pytest.raises(KeyboardInterrupt):
        file.__exit__(ValueError, ValueError(), None)
    assert list(tmp_path.iterdir()) == []
    file.discard()


def test_where_no_thread_is_to_be_had_the_caller_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def none(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    data = bytes(range(256)) * (BLOCK_BYTES // 64)
    with AtomicFile(tmp_path / "out") as file:
        for start in range(0, len(data), 100_000):
            file.write(data[start : start + 100_000])
    assert (tmp_path / "out").read_bytes() == data
    assert file.sha256 == hashlib.sha256(data).hexdigest()
