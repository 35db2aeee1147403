"""What a policy in bytes needs, what there is, and the refusal where that does not fit.

``memory.limit`` of a policy bounds the resident memory of the process while it lowers. Before the
forward runs, what the policy may come to hold is added to what the process holds already, and
compared with that limit and with those of the system (``RLIMIT_AS``, the control group's). While it
runs, each closed chunk is an occasion to look.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from irkit.policy import Policy, PolicyError
from irkit.streaming.tape import OPERATION_BYTES

MIB = 1 << 20

FIXED_BYTES = 28 * MIB
"""Caches (each bounded), output blocks, a block of weights, and modules loaded on first use."""

CHUNK_FACTOR = 12
"""Bytes held for each estimated byte of a chunk while it is closed and written: a constant is held
as elements, as text, in the log's encoding, and as the line that is written.

Measured with constants as large as a chunk, the worst there is (tests/faults/memory.py)."""

LOG_FACTOR = 1.25
"""A buffer that grows is copied into one an eighth larger."""

STACK_BYTES = 8 * MIB
"""Address space of the thread that writes, beside what is resident."""


@dataclass(frozen=True)
class Need:
    """What lowering may come to hold, beside what the process held before."""

    chunk: int
    log: int
    fixed: int = FIXED_BYTES

    @property
    def total(self) -> int:
        """All of it, in bytes."""
        return self.chunk + self.log + self.fixed

    @staticmethod
    def of(policy: Policy) -> Need:
        """Of a policy whose chunks end at a number of bytes."""
        assert policy.chunk_bytes is not None
        log = policy.log_memory_limit if policy.log == "memory" else 0
        return Need(int(policy.chunk_bytes * CHUNK_FACTOR), int(log * LOG_FACTOR))

    def words(self, before: int) -> str:
        """The sum, for a message."""
        return (
            f"{mebibytes(before)} before it begins, {mebibytes(self.chunk)} for a chunk, "
            f"{mebibytes(self.log)} for the log and {mebibytes(self.fixed)} for the rest"
        )


class MemoryWatch:
    """Watches one recording. Raises :class:`~irkit.policy.PolicyError`, at once if the limits can
    not be kept, with the least that would do."""

    def __init__(self, policy: Policy) -> None:
        self._limit = policy.memory_limit
        need = Need.of(policy)
        if self._limit is not None and (policy.chunk_bytes or 0) < OPERATION_BYTES:
            raise PolicyError(
                "chunks.bytes",
                f"{policy.chunk_bytes} is too little; the least that would do is "
                f"{OPERATION_BYTES}, what an operation without operands holds",
            )
        space, before = _sizes()
        if self._limit is not None and self._limit < before + need.total:
            raise PolicyError(
                "memory.limit",
                f"{mebibytes(self._limit)} is too little; the least that would do is "
                f"{mebibytes(before + need.total)}: {need.words(before)}",
            )
        for name, most, beside in system_limits():
            held = space + STACK_BYTES if beside else before
            if most < held + need.total:
                hint = "" if self._limit else "; lower chunks.bytes or log.memory_limit"
                raise PolicyError(
                    "memory",
                    f"{name} is {mebibytes(most)}, and the least that would do is "
                    f"{mebibytes(held + need.total)}: {need.words(held)}{hint}",
                )

    def look(self, where: Callable[[], str]) -> None:
        """Refuses to go on above the policy's limit."""
        if self._limit is None:
            return
        _, resident = _sizes()
        if resident > self._limit:
            raise PolicyError(
                "memory.limit",
                f"{mebibytes(self._limit)} is passed {where()}: {mebibytes(resident)} are "
                "resident, what the forward itself holds among them",
            )


def system_limits() -> Iterator[tuple[str, int, bool]]:
    """The limits on this process: name, bytes, and whether address space counts (not only what is
    resident)."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        yield "the limit on address space (RLIMIT_AS, `ulimit -v`)", soft, True
    group = group_limit()
    if group is not None:
        yield "the limit of the control group", group, False


def group_limit(proc: Path = Path("/proc/self")) -> int | None:
    """The least ``memory.max`` (version 2) or ``memory.limit_in_bytes`` (version 1) of the control
    groups that the process is in, their parents included; None without one."""
    found: list[int] = []
    try:
        groups = (proc / "cgroup").read_text().splitlines()
        mounts = (proc / "mounts").read_text().splitlines()
    except OSError:
        return None
    for line in groups:
        _, kinds, path = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        name = "memory.limit_in_bytes" if kinds else "memory.max"
        for mount in mounts:
            _, folder, system, options, *_ = mount.split(" ")
            right = system == "cgroup" and "memory" in options.split(",")
            if right if kinds else system == "cgroup2":
                found += _limits(Path(folder), path, name)
    return min(found, default=None)


def _limits(mount: Path, path: str, name: str) -> Iterator[int]:
    """The limits of a group and of its parents. A path from outside a container may not be there;
    then the mount is the group itself."""
    group = mount / path.lstrip("/")
    for folder in (group, *group.parents):
        if folder.is_relative_to(mount):
            try:
                text = (folder / name).read_text().strip()
            except OSError:
                continue
            # Version 1 says the largest page-aligned number where there is no limit.
            if text.isdigit() and int(text) < 1 << 62:
                yield int(text)


def mebibytes(size: int) -> str:
    """``91.5 MiB``; rounded up, so that what is called enough is."""
    tenths = -(-size * 10 // MIB)
    return f"{tenths // 10}.{tenths % 10} MiB"


def _sizes() -> tuple[int, int]:
    """Address space and resident memory of this process, in bytes."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        import psutil

        info = psutil.Process().memory_info()
        return info.vms, info.rss
    found = dict(re.findall(r"(VmSize|VmRSS):\s*(\d+) kB", text))
    return int(found["VmSize"]) * 1024, int(found["VmRSS"]) * 1024
