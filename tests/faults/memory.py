"""Limits on memory: kept where they can be, refused at the start where not.

    python -m tests.faults.memory

prints the peaks as JSON. The limits are those of the policy, of ``RLIMIT_AS``, and of a control
group where one can be made below this process's own.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from irkit.cli.address_space import START_BYTES
from irkit.report import read_report
from tests.faults.case import Outcome, count
from tests.faults.process import Ended, loss, run
from tests.faults.program import write_weights

MODEL = "tests.faults.program"
FORWARDS = ("forward", "large_constants", "unlike_regions", "many_operations")
POLICY = """\
chunks: {{end: bytes, bytes: {chunk}}}
log: {{place: memory, memory_limit: {log}}}
memory: {{limit: {limit}}}
"""
SIZES = [("1MiB", "4MiB"), ("1100kB", "64kB")]
MIB = 1 << 20


class Lowering:
    """Lowers the program's forwards under limits, cold: other processes' memory is not theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.peaks: dict[str, list[float]] = {}
        """What was measured: limit and peak, in MiB."""
        write_weights(folder / "w.npz")

    def lower(
        self, forward: str, policy: str, before: Callable[[], object] | None = None
    ) -> tuple[Ended, list[str]]:
        """One run, with a report."""
        (self.folder / "policy.yaml").write_text(policy)
        arguments = ["lower", f"{MODEL}:{forward}", "--policy", "policy.yaml", "-o", "x.mlir"]
        arguments += ["--report", "report.json", "--constants"]
        arguments += ["inline", "--weights", "w.npz"] if forward == "forward" else ["argument"]
        return run(self.folder, arguments, cold=True, before=before)

    def refused(self, forward: str, policy: str, before: Callable[[], object] | None = None) -> int:
        """The least that would do, in bytes, of a run that has too little."""
        ended, left = self.lower(forward, policy, before)
        lost = loss(ended, left, 2, "the least that would do is")
        if lost or (self.folder / "x.mlir").exists():
            raise AssertionError(lost or "an output in spite of an error")
        said = re.search(r"the least that would do is ([\d.]+) MiB", ended.err)
        assert said is not None
        return int(float(said[1]) * MIB) + 1

    def fits(
        self,
        what: str,
        forward: str,
        policy: str,
        limit: int,
        before: Callable[[], object] | None = None,
        *,
        resident: bool = True,
    ) -> str | None:
        """What is wrong with a run that has enough."""
        ended, left = self.lower(forward, policy, before)
        if ended.status != 0 or ended.err or left:
            return f"{what}: status {ended.status}: {ended.err[:300]!r} {left}"
        peak = read_report(self.folder / "report.json").peak_resident_bytes
        self.peaks[what] = [round(limit / MIB, 1), round(peak / MIB, 1)]
        (self.folder / "x.mlir").unlink()
        if resident and peak > limit:
            return f"{what}: {peak / MIB:.1f} MiB, limit {limit / MIB:.1f} MiB"
        return None


def policy_text(chunk: str, log: str, limit: int | None) -> str:
    """A policy file; without ``limit`` none is set."""
    text = POLICY.format(chunk=chunk, log=log, limit=limit)
    return text if limit is not None else text[: text.index("memory: {")]


def of_the_policy(lowering: Lowering) -> Iterator[str | None]:
    """The least that the refusal names is enough, for each forward and two policies."""
    for chunk, log in SIZES:
        for forward in FORWARDS:
            least = lowering.refused(forward, policy_text(chunk, log, 50 * MIB))
            # A process is a little larger on one day than on another.
            limit = least + MIB
            what = f"memory.limit, {forward}, chunks of {chunk}, log {log}"
            yield lowering.fits(what, forward, policy_text(chunk, log, limit), limit)


def of_the_forward(lowering: Lowering) -> Iterator[str | None]:
    """What the forward itself holds can not be known before; it ends the run when it is seen."""
    policy = policy_text("1MiB", "4MiB", 120 * MIB)
    ended, left = lowering.lower("much_of_its_own", policy)
    yield loss(ended, left, 2, "memory.limit: 120.0 MiB is passed after")


def of_an_operation(lowering: Lowering) -> Iterator[str | None]:
    """An operation larger than a chunk is refused where it is recorded."""
    ended, left = lowering.lower("large_constants", policy_text("512KiB", "4MiB", 200 * MIB))
    yield loss(ended, left, 2, "stablehlo.constant: holds 1,032,992 bytes, more than chunks.bytes")


def address_space(size: int) -> None:
    """For a new process: the limit."""
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def of_address_space(lowering: Lowering) -> Iterator[str | None]:
    """``RLIMIT_AS``: below the least an error at the start, from the least on a run to the end."""
    for chunk, log in SIZES:
        for forward in FORWARDS:
            policy = policy_text(chunk, log, None)
            least = lowering.refused(forward, policy, partial(address_space, START_BYTES))
            limit = least + MIB
            what = f"RLIMIT_AS, {forward}, chunks of {chunk}, log {log}"
            before = partial(address_space, limit)
            yield lowering.fits(what, forward, policy, limit, before)


def of_the_start(lowering: Lowering) -> Iterator[str | None]:
    """Address space that is not enough to import what irkit is made of."""
    for size in (40 * MIB, START_BYTES // 2, START_BYTES - 1):
        ended, left = lowering.lower(
            "other", policy_text("1MiB", "4MiB", None), partial(address_space, size)
        )
        yield loss(ended, left, 2, "the limit on address space (RLIMIT_AS, `ulimit -v`) is")


def parent_groups() -> Iterator[tuple[Path, str]]:
    """Control groups of this process that limit memory and may get children; the limit's file."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, kinds, path = line.split(":", 2)
        for mount in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
            parent = mount / path.lstrip("/")
            name = "memory.limit_in_bytes" if kinds else "memory.max"
            if kinds in ("", "memory") and (parent / name).exists() and os.access(parent, os.W_OK):
                yield parent, name


@contextmanager
def control_group() -> Generator[Path | None]:
    """A new control group below this process's own; None where none can be made."""
    made: Path | None = None
    for parent, name in parent_groups():
        made = parent / f"irkit-{uuid.uuid4().hex[:8]}"
        made.mkdir()
        if (made / name).exists():
            break
        # The controller is not passed on to children.
        made.rmdir()
        made = None
    try:
        yield made
    finally:
        if made is not None:
            made.rmdir()


def _enter(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))


def _limit(group: Path, size: int) -> None:
    for name in ("memory.max", "memory.limit_in_bytes"):
        if (group / name).exists():
            (group / name).write_text(str(size))


def of_a_group(lowering: Lowering, forwards: tuple[str, ...] = FORWARDS) -> Iterator[str | None]:
    """As for ``RLIMIT_AS``; the kernel kills what passes the limit of its group."""
    with control_group() as group:
        if group is None:
            return
        before = partial(_enter, group)
        for forward in forwards:
            policy = policy_text("1MiB", "4MiB", None)
            _limit(group, 60 * MIB)
            least = lowering.refused(forward, policy, before)
            limit = least + MIB
            _limit(group, limit)
            yield lowering.fits(f"control group, {forward}", forward, policy, limit, before)


PARTS = [of_the_start, of_an_operation, of_the_forward, of_address_space, of_the_policy, of_a_group]


def try_memory(
    _: int = 0,
    *,
    parts: list[Callable[[Lowering], Iterator[str | None]]] | None = None,
    peaks: dict[str, list[float]] | None = None,
) -> Outcome:
    """Each limit for each forward."""

    def trials() -> Iterator[str | None]:
        with tempfile.TemporaryDirectory() as name:
            lowering = Lowering(Path(name))
            for part in parts or PARTS:
                yield from part(lowering)
            if peaks is not None:
                peaks.update(lowering.peaks)

    return count("limits on memory, and those that are too small", trials())


def main() -> int:
    """All of them; limits and peaks in MiB."""
    peaks: dict[str, list[float]] = {}
    outcome = try_memory(peaks=peaks)
    print(json.dumps({"outcome": outcome.row(), "limit and peak in MiB": peaks}, indent=1))
    return 1 if outcome.lost else 0


if __name__ == "__main__":
    sys.exit(main())
