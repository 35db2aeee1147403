"""Limits on memory in real processes; all of them by ``python -m tests.faults.memory``."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from irkit import Builder, BuildError, Policy, Value, hlo, lower
from irkit.memory_limit import MIB, Need, group_limit, mebibytes
from irkit.policy import PolicyError, memory_bound
from tests.faults import memory
from tests.faults.memory import Lowering


@pytest.fixture(scope="module")
def lowering(tmp_path_factory: pytest.TempPathFactory) -> Lowering:
    return Lowering(tmp_path_factory.mktemp("memory"))


def test_the_least_that_a_refusal_names_is_enough(lowering: Lowering) -> None:
    policy = memory.policy_text("1MiB", "4MiB", 50 * MIB)
    limit = lowering.refused("many_operations", policy) + MIB
    policy = memory.policy_text("1MiB", "4MiB", limit)
    assert lowering.fits("memory.limit", "many_operations", policy, limit) is None


def test_address_space(lowering: Lowering) -> None:
    """Too little is refused at the start, with what is enough; so is too little to start."""
    assert next(memory.of_address_space(lowering)) is None
    assert next(memory.of_the_start(lowering)) is None


def test_what_the_forward_itself_holds_ends_the_run(lowering: Lowering) -> None:
    assert list(memory.of_the_forward(lowering)) == [None]


def test_a_control_group_where_one_can_be_made(lowering: Lowering) -> None:
    """Without one, what the kernel would say is tested below, from made-up files."""
    with memory.control_group() as group:
        passed_on = group is not None
    tried = [*memory.of_a_group(lowering, ("large_constants",))]
    assert tried == ([None] if passed_on else [])


def test_an_operation_larger_than_a_chunk_is_refused_and_no_part_of_the_program() -> None:
    policy = Policy(chunk_end="bytes", chunk_bytes=20_000, memory_limit=4 << 30)

    def forward(b: Builder) -> Value:
        x = b.argument("x", (), "f32")
        flag = b.argument("flag", (), "i1")
        for _ in range(2):
            with pytest.raises(
                BuildError, match=r"constant: holds 2\d,\d+ bytes, more than chunks"
            ):
                b.constant(np.arange(5000, dtype=np.float32))

        def long(x: Value = x) -> Value:
            for _ in range(30):
                x = hlo.negate(x)
            return x

        with pytest.raises(BuildError, match=r"stablehlo\.if: holds 30,030 bytes"):
            hlo.if_(flag, long, lambda: x)
        return hlo.tanh(x)

    out = io.BytesIO()
    lower(forward, out, policy=policy)
    assert out.getvalue().count(b"stablehlo.") == 1


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "memory.limit: needs chunks.end bytes, not never"),
        ({"chunk_end": "operations", "operations": 5}, "memory.limit: needs chunks.end bytes"),
        ({"chunk_end": "bytes", "chunk_bytes": 1 << 20, "memory_limit": 0}, "0 is less than 1"),
    ],
)
def test_settings_that_contradict_a_limit(settings: dict[str, object], key: str) -> None:
    with pytest.raises(PolicyError, match=key):
        Policy(**({"memory_limit": 1 << 30} | settings))  # pyright: ignore[reportArgumentType]


def test_a_limit_is_checked_before_the_forward_runs() -> None:
    def forward(b: Builder) -> Value:
        raise AssertionError("the forward ran")

    policy = Policy(chunk_end="bytes", chunk_bytes=1 << 20, memory_limit=1 << 20)
    with pytest.raises(PolicyError, match=r"memory\.limit: 1\.0 MiB is too little; the least"):
        lower(forward, io.BytesIO(), policy=policy)


def test_a_chunk_that_holds_no_operation_is_refused_before_the_forward_runs() -> None:
    policy = Policy(chunk_end="bytes", chunk_bytes=799, memory_limit=1 << 30)
    with pytest.raises(PolicyError, match=r"chunks\.bytes: 799 is too little; the least .* is 800"):
        lower(lambda b: b.constant(1.0), io.BytesIO(), policy=policy)
    enough = Policy(chunk_end="bytes", chunk_bytes=820, memory_limit=1 << 30)
    lower(lambda b: b.constant(1.0), io.BytesIO(), policy=enough)


def test_what_a_policy_needs_is_the_sum_of_its_parts() -> None:
    need = Need.of(memory_bound())
    assert need.total == need.chunk + need.log + need.fixed
    assert Need.of(memory_bound(2 << 20)).chunk == 2 * need.chunk
    on_disk = Policy(chunk_end="bytes", chunk_bytes=1 << 20, log="disk")
    assert Need.of(on_disk).log == 0
    assert mebibytes((93 << 20) + 1) == "93.1 MiB"


def _group(tmp_path: Path, version: int, limits: dict[str, str]) -> Path:
    """A ``/proc/self`` and control groups such as the kernel shows."""
    mount = tmp_path / "cgroup"
    name = "memory.max" if version == 2 else "memory.limit_in_bytes"
    for group, limit in limits.items():
        (mount / group).mkdir(parents=True, exist_ok=True)
        (mount / group / name).write_text(f"{limit}\n")
    line = "0::/a/b" if version == 2 else "4:cpu,memory:/a/b\n0::/"
    (tmp_path / "cgroup.txt").write_text(line)
    proc = tmp_path / "proc"
    proc.mkdir()
    (proc / "cgroup").write_text(line + "\n")
    kind = "cgroup2 rw" if version == 2 else "cgroup rw,memory"
    (proc / "mounts").write_text(f"proc /proc proc rw 0 0\ncgroup {mount} {kind} 0 0\n")
    return proc


@pytest.mark.parametrize("version", [1, 2])
def test_the_least_limit_of_the_groups_counts(tmp_path: Path, version: int) -> None:
    no = "max" if version == 2 else str(0x7FFF_FFFF_FFFF_F000)
    proc = _group(tmp_path, version, {"a/b": "900", "a": "700", "": no, "other": "5"})
    assert group_limit(proc) == 700


@pytest.mark.parametrize("version", [1, 2])
def test_a_group_named_from_outside_a_container_is_the_mount(tmp_path: Path, version: int) -> None:
    assert group_limit(_group(tmp_path, version, {"": "800"})) == 800


def test_no_limit(tmp_path: Path) -> None:
    assert group_limit(_group(tmp_path, 2, {"a/b": "max"})) is None
    assert group_limit(tmp_path / "none") is None
