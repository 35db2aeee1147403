"""Hostile text of modules against every command that reads text.

Each attempt is a forked process with 2 GiB of address space. A text is lost on a command that does
not end by itself within 10 s of processor time, ends with another status than documented, says
anything but one error with file, line and column, or leaves a file.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.case import Outcome, count
from tests.faults.hostile_text import GROUPS, STREAMS, VALID, Hostile, Stream

SECONDS = 10
"""Of processor time; the machine may be busy."""
_WAITED = 300
MEMORY = 2 << 30
_LONGEST_LINE = 1000
_MOST_ERRORS = 1001
"""Lines of errors of one text: a thousand, and that there are more."""
_DIAGNOSTIC = re.compile(
    r"^(?:irkit(?:-verify)?: error: )?(?:in\.mlir|<stdin>):\d+:\d+: error: \S"
    r"|^irkit: error: there is no @main"
    r"|^irkit-verify: error: in\.mlir:\d+: a name of more than"
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command that reads text; ``IN`` and ``OUT`` stand for files."""

    program: str
    arguments: tuple[str, ...]
    refuses: int = 2
    """The status where the text is not valid."""
    accepts: tuple[int, ...] = (0,)
    """Where it is."""


COMMANDS = {
    "check": Command("irkit", ("check", "--snippets", "IN"), 1),
    "fmt": Command("irkit", ("fmt", "IN", "-o", "OUT")),
    "generic": Command("irkit", ("fmt", "--generic", "IN", "-o", "OUT")),
    "prune": Command("irkit", ("prune", "IN", "-o", "OUT")),
    "run": Command("irkit", ("run", "IN", "--random-seed", "0"), accepts=(0, 2)),
    "left": Command("irkit-verify", ("IN", "valid.mlir"), accepts=(0, 1, 2, 3)),
    "right": Command("irkit-verify", ("valid.mlir", "IN"), accepts=(0, 1, 2, 3)),
    "pruned": Command("irkit-verify", ("--pruned", "IN", "IN"), accepts=(0, 2)),
    "parse": Command("parse_module", ("IN",)),
}
STREAMED = ("check", "fmt", "prune")
"""Commands that read standard input and hold none of it."""
FORMATS = ("fmt", "generic", "parse")
"""What does not verify what it can read."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a command ended."""

    status: int | None
    said: str
    seconds: float
    megabytes: int
    left: tuple[str, ...]


def attempt(command: Command, data: bytes | Stream) -> Attempt:
    """Runs a command on a text."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tmp").mkdir()
        (folder / "valid.mlir").write_text(VALID)
        streamed = isinstance(data, Stream)
        if not streamed:
            (folder / "in.mlir").write_bytes(data)
        before = {*folder.rglob("*"), folder / "said"}
        places = {"IN": "-" if streamed else "in.mlir", "OUT": "out.mlir"}
        arguments = [places.get(part, part) for part in command.arguments]
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(writer)
            _in_child(folder, reader, command.program, arguments)
        os.close(reader)
        with contextlib.suppress(BrokenPipeError), open(writer, "wb", buffering=0) as pipe:  # noqa: PTH123
            for block in data if streamed else ():
                pipe.write(block)
        status, usage = _ended(pid)
        if status == 0:
            before.add(folder / "out.mlir")
        left = tuple(str(p.relative_to(folder)) for p in {*folder.rglob("*")} - before)
        said = (folder / "said").read_text(errors="replace")
    return Attempt(
        status, said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10, tuple(sorted(left))
    )


def _in_child(folder: Path, stdin: int, program: str, arguments: list[str]) -> None:
    """The command; the process ends with its status."""
    status = 70
    try:
        said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT, 0o600)
        for number, target in ((stdin, 0), (said, 1), (said, 2)):
            os.dup2(number, target)
        os.chdir(folder)
        os.environ["TMPDIR"] = str(folder / "tmp")
        tempfile.tempdir = None
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (3 * SECONDS, 3 * SECONDS))
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = [program, *arguments]
        _programs()[program](arguments)
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _programs() -> dict[str, Callable[[list[str]], object]]:
    from irkit.cli import main
    from irkit.cli.verify import main as verify

    programs: dict[str, Any] = {"irkit": main, "parse_module": _parse}
    return {**programs, "irkit-verify": lambda _: verify()}


def warm() -> None:
    """Imports what commands import when they are used, so that a fork has it."""
    for name in (
        *("irkit.cli.check", "irkit.cli.tools", "irkit.cli.interpret", "irkit.interpreter"),
        *("irkit.reading.rewrite", "irkit.reading.generic", "irkit.interpreter.running"),
        *("irkit.verify.checker", "irkit.verify.pruned", "irkit.verify.report.text"),
    ):
        importlib.import_module(name)
    from irkit.reading import check_file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "valid.mlir")
        path.write_text(VALID)
        assert not [*check_file(path)]


def _parse(arguments: list[str]) -> None:
    from dialects.diagnostics import ReadError
    from dialects.reader import parse_module

    try:
        parse_module(Path(arguments[0]).read_bytes(), arguments[0])
    except ReadError as error:
        print(error)
        sys.exit(2)
    sys.exit(0)


def _ended(pid: int) -> tuple[int | None, resource.struct_rusage]:
    """The status; none for a process that had to be ended."""
    limit = time.monotonic() + _WAITED
    while time.monotonic() < limit:
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            ended = os.waitstatus_to_exitcode(status)
            return (None if ended == -signal.SIGXCPU else ended), usage
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    return None, os.wait4(pid, 0)[2]


def loss(name: str, command: Command, ended: Attempt, valid: bool) -> str | None:
    """What is wrong with how a command ended, in a few words."""
    expected = command.accepts if valid else (command.refuses,)
    said = ended.said
    if ended.status is None or ended.seconds > SECONDS:
        return f"{ended.seconds:.0f} s of processor time"
    if ended.status not in expected:
        return f"status {ended.status}: {said[:300]!r}"
    if ended.left:
        return f"left {', '.join(ended.left)}"
    if valid and ended.status != command.refuses:
        return None
    lines = said.splitlines()
    errors = [line for line in lines if "error: " in line]
    if not errors or not _DIAGNOSTIC.match(errors[0]):
        return f"no place: {said[:300]!r}"
    if len(errors) > (_MOST_ERRORS if name == "check" else 1):
        return f"{len(errors)} errors"
    if max(map(len, lines)) > _LONGEST_LINE:
        return f"a line of {max(map(len, lines))} characters"
    return None


def trials(
    commands: Iterable[str], groups: Iterable[str], only: str = ""
) -> Iterator[tuple[str, str, Attempt, str | None]]:
    """Each text of the groups with each command: command, text, how it ended, what was lost."""
    for group in groups:
        for name, text in GROUPS[group].items():
            title = f"{group}: {name}"
            if only not in title:
                continue
            data = text.make()
            for command in commands:
                ended = attempt(COMMANDS[command], data)
                yield command, title, ended, _lost(command, ended, text)


def _lost(command: str, ended: Attempt, text: Hostile) -> str | None:
    if command in FORMATS and not text.valid and ended.status == 0:
        # Read and printed, though no verifier would take it.
        return loss(command, COMMANDS[command], ended, True)
    return loss(command, COMMANDS[command], ended, text.valid)


def streamed_trials(
    commands: Iterable[str],
) -> Iterator[tuple[str, str, Attempt, str | None]]:
    """As :func:`trials`, of texts of a gigabyte."""
    for name, stream in STREAMS.items():
        for command in commands:
            ended = attempt(COMMANDS[command], stream)
            lost = loss(command, COMMANDS[command], ended, stream.valid)
            yield command, f"a gigabyte: {name}", ended, lost


def run_text(number: int) -> Outcome:
    """Every hostile text with every command."""
    warm()
    found = (
        lost and f"{command}, {title}: {lost}"
        for command, title, _, lost in trials(COMMANDS, GROUPS)
    )
    return count("hostile text, every command", found)


def run_streams(number: int) -> Outcome:
    """Texts of a gigabyte through a pipe."""
    warm()
    found = (
        lost and f"{command}, {title}: {lost}"
        for command, title, _, lost in streamed_trials(STREAMED)
    )
    return count("texts of a gigabyte through a pipe", found)


def main() -> int:
    """Prints what each attempt took: ``python -m tests.faults.text``."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.text", description=__doc__)
    parser.add_argument("--commands", nargs="*", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--only", default="", help="texts whose names contain this")
    parser.add_argument("--streams", action="store_true", help="the texts of a gigabyte instead")
    given = parser.parse_args()
    warm()
    found = (
        streamed_trials([c for c in given.commands if c in STREAMED])
        if given.streams
        else trials(given.commands, given.groups, given.only)
    )
    lost_in_all = 0
    for command, title, ended, lost in found:
        lost_in_all += lost is not None
        print(
            f"{command:8} {title:60} {ended.seconds:6.2f} s {ended.megabytes:5} MB "
            f"status {ended.status}  {lost or ''}",
            flush=True,
        )
    return 1 if lost_in_all else 0


if __name__ == "__main__":
    sys.exit(main())
