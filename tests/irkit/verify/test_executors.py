"""Independent work in other processes: a pool of them, and a real Dask cluster."""

from __future__ import annotations

import multiprocessing
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

from irkit.verify.checker import Report, check
from irkit.verify.cluster import ClusterError, cluster_executor
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.pool import process_pool
from irkit.verify.verdict import Verdict

LEFT = """
func.func @main(%x: tensor<4xi32>, %y: tensor<4xi32>) -> (tensor<4xi32>, tensor<4xi32>) {
  %0 = stablehlo.multiply %x, %y : tensor<4xi32>
  %1 = stablehlo.subtract %x, %y : tensor<4xi32>
  return %0, %1 : tensor<4xi32>, tensor<4xi32>
}
"""
RIGHT = LEFT.replace("%0 = stablehlo.multiply %x, %y", "%0 = stablehlo.multiply %y, %y")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two workers, on ports of this machine that are free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = shutil.which("dask", path=str(Path(sys.executable).parent))
    assert dask is not None
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    commands = [[dask, "scheduler", "--port", str(port), *here]]
    commands += 2 * [[dask, "worker", address, *here, "--nthreads", "1", "--no-nanny"]]
    processes = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        yield address
    finally:
        for process in reversed(processes):
            process.kill()
        for process in processes:
            process.wait()


def compared(folder: Path, executor: Executor, right: str) -> Report:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (LEFT, right), strict=True):
        file.write_text(text)
    options = Options(trials=8, jobs=2, executor=executor)
    return check(Pair(*files), options, tiers=range(4, 6))


def verdicts(report: Report) -> list[tuple[int, Verdict, str]]:
    return [(f.tier.value, f.verdict, f.summary) for f in report.findings]


def test_a_pool_of_processes(tmp_path: Path) -> None:
    serial = compared(tmp_path, Options().executor, RIGHT)
    assert serial.verdict is Verdict.DIFFERENT
    with process_pool(2) as pool:
        assert verdicts(compared(tmp_path, pool, RIGHT)) == verdicts(serial)
        assert compared(tmp_path, pool, LEFT).verdict is Verdict.EQUAL


def test_a_real_cluster(tmp_path: Path, cluster: str) -> None:
    serial = compared(tmp_path, Options().executor, RIGHT)
    started = time.monotonic()
    with cluster_executor(cluster) as executor:
        assert verdicts(compared(tmp_path, executor, RIGHT)) == verdicts(serial)
        equal = compared(tmp_path, executor, LEFT)
    assert equal.verdict is Verdict.EQUAL
    assert [f.verdict for f in equal.findings] == [Verdict.NO_DIFFERENCE, Verdict.EQUAL]
    assert time.monotonic() - started < 60


ENDLESS = """
func.func @main(%x: tensor<i32>) -> tensor<i32> {
  %0 = stablehlo.while(%y = %x) : tensor<i32>
  cond {
    %c = stablehlo.constant dense<true> : tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %1 = stablehlo.negate %y : tensor<i32>
    stablehlo.return %1 : tensor<i32>
  }
  return %0 : tensor<i32>
}
"""


def test_time_is_up_whatever_a_cluster_does(tmp_path: Path, cluster: str) -> None:
    """The last test of the cluster, whose workers stay busy."""
    files = tmp_path / "a.mlir", tmp_path / "b.mlir"
    for file, op in zip(files, ("negate", "abs"), strict=True):
        file.write_text(ENDLESS.replace("negate", op))
    started = time.monotonic()
    with cluster_executor(cluster) as executor:
        options = Options(jobs=2, executor=executor, seconds=2)
        report = check(Pair(*files), options, tiers=range(4, 5))
    assert "out of time" in report.findings[-1].summary
    assert report.status == 3
    assert time.monotonic() - started < 20


def test_processes_are_ended_whatever_they_do() -> None:
    started = time.monotonic()
    with process_pool(2) as pool:
        jobs = [pool.submit(time.sleep, 60) for _ in range(4)]
        time.sleep(0.1)
    assert time.monotonic() - started < 10
    assert not multiprocessing.active_children()
    assert all(job.done() for job in jobs)


def test_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("irkit.verify.cluster.CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(ClusterError, match="no Dask scheduler answers"),
        cluster_executor("tcp://127.0.0.1:9"),
    ):
        pass
