"""What a policy in bytes needs, and the refusals; in processes of their own in tests/faults."""

from __future__ import annotations

import io
import os
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from irkit import Builder, Policy, Value, hlo, lower, memory_limit, memory_sampler
from irkit.cli import address_space
from irkit.cli.address_space import START_BYTES, AddressSpaceError, check_address_space
from irkit.memory_limit import MIB, MemoryWatch, Need
from irkit.policy import PolicyError

POLICY = Policy(chunk_end="bytes", chunk_bytes=64 * MIB)
NEED = Need.of(POLICY).total


def here() -> psutil._ntuples.pmem:
    return psutil.Process().memory_info()


@contextmanager
def address_space_of(size: int) -> Iterator[None]:
    """This process's soft limit, for a while."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def least(error: pytest.ExceptionInfo[PolicyError]) -> int:
    """The bytes that the refusal says would do."""
    said = re.search(r"the least that would do is ([\d.]+) MiB", str(error.value))
    assert said is not None
    return int(float(said[1]) * MIB)


@pytest.mark.parametrize(
    ("settings", "hint"),
    [({}, "; lower chunks.bytes or log.memory_limit"), ({"memory_limit": 64 << 30}, "")],
)
def test_a_limit_on_address_space_that_is_too_little(settings: dict[str, int], hint: str) -> None:
    policy = Policy(chunk_end="bytes", chunk_bytes=64 * MIB, **settings)
    with address_space_of(here().vms + NEED // 2), pytest.raises(PolicyError) as error:
        MemoryWatch(policy)
    message = str(error.value)
    assert message.startswith("memory: the limit on address space (RLIMIT_AS, `ulimit -v`) is ")
    assert message.endswith(f"MiB for the rest{hint}")
    assert abs(least(error) - here().vms - NEED) < 64 * MIB
    with address_space_of(here().vms + NEED + 128 * MIB):
        MemoryWatch(policy)


def test_a_limit_of_the_control_group_that_is_too_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a group only what is resident counts."""
    monkeypatch.setattr(memory_limit, "group_limit", lambda: here().rss + NEED // 2)
    with pytest.raises(PolicyError, match="memory: the limit of the control group is ") as error:
        MemoryWatch(POLICY)
    assert abs(least(error) - here().rss - NEED) < 64 * MIB
    monkeypatch.setattr(memory_limit, "group_limit", lambda: here().rss + NEED + 64 * MIB)
    MemoryWatch(POLICY)


def test_a_policys_limit_that_is_too_little() -> None:
    limit = here().rss + NEED // 2
    with pytest.raises(PolicyError, match=r"memory\.limit: [\d.]+ MiB is too little") as error:
        MemoryWatch(Policy(chunk_end="bytes", chunk_bytes=64 * MIB, memory_limit=limit))
    assert abs(least(error) - here().rss - NEED) < 64 * MIB
    chunks = Policy(chunk_end="bytes", chunk_bytes=799, memory_limit=64 << 30)
    with pytest.raises(PolicyError, match=r"chunks\.bytes: 799 is too little; .* is 800"):
        MemoryWatch(chunks)


@pytest.mark.parametrize("given", [True, False], ids=["a limit", "none"])
def test_what_the_forward_holds_ends_the_run_where_there_is_a_limit(given: bool) -> None:
    held: list[np.ndarray[tuple[int], np.dtype[np.uint8]]] = []
    need = Need.of(Policy(chunk_end="bytes", chunk_bytes=2000)).total
    limit = here().rss + need + 16 * MIB
    policy = Policy(chunk_end="bytes", chunk_bytes=2000, memory_limit=limit if given else None)

    def forward(b: Builder) -> Value:
        x = b.argument("x", (), "f32")
        for k in range(20):
            if k == 10:
                held.append(np.ones(need + 32 * MIB, np.uint8))
            x = hlo.negate(x)
        return x

    out = io.BytesIO()
    if given:
        with pytest.raises(PolicyError, match=r"is passed after 1\d operations: .* are resident"):
            lower(forward, out, policy=policy)
        assert out.getvalue() == b""
    else:
        lower(forward, out, policy=policy)
        assert out.getvalue().count(b"negate") == 20


@contextmanager
def without_proc(monkeypatch: pytest.MonkeyPatch, module: object, path: Path) -> Iterator[None]:
    """A system whose process tells nothing in ``/proc``, or what ``path`` has."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "Path", lambda name: path)
        yield


def test_sizes_where_there_is_no_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with without_proc(monkeypatch, memory_limit, tmp_path / "none"):
        space, resident = memory_limit._sizes()
    for found, there in zip(memory_limit._sizes(), (space, resident), strict=True):
        assert abs(found - there) < 8 * MIB


@pytest.mark.parametrize("status", [None, "Name:\tpython\nVmRSS:\t12 kB\n"])
def test_the_peak_where_proc_does_not_tell_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str | None
) -> None:
    if status is not None:
        (tmp_path / "status").write_text(status)
    with without_proc(monkeypatch, memory_sampler, tmp_path / "status"):
        peak = memory_sampler.peak_resident_bytes()
    assert peak >= memory_sampler.resident_bytes() - 8 * MIB
    assert abs(peak - memory_sampler.peak_resident_bytes()) < 64 * MIB


def test_address_space_to_start_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """numpy is here already, so its threads are only asked for."""
    monkeypatch.setattr(os, "environ", {})
    check_address_space()
    assert os.environ == {}
    with address_space_of(max(here().vms + 256 * MIB, START_BYTES)):
        check_address_space()
    assert os.environ == {"OPENBLAS_NUM_THREADS": "1"}
    monkeypatch.setattr(address_space, "START_BYTES", here().vms + (1 << 40))
    with (
        address_space_of(here().vms + 256 * MIB),
        pytest.raises(AddressSpaceError, match=r"RLIMIT_AS, `ulimit -v`\) is [\d.]+ MiB; irkit"),
    ):
        check_address_space()
