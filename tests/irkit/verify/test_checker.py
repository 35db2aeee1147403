"""What the checker says where a tier gets nowhere: no time, no memory, no package, no depth."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Executor
from pathlib import Path

import pytest

from irkit.verify.checker import check, check_pruned
from irkit.verify.cluster import ClusterError, cluster_executor
from irkit.verify.files import InputError
from irkit.verify.options import Options, SerialExecutor
from irkit.verify.pair import Pair
from irkit.verify.policies import kind_of_difference, run_irkit
from irkit.verify.report.html import html_text
from irkit.verify.time_limit import OutOfTimeError, time_limit
from irkit.verify.verdict import Tier, Verdict

T = "tensor<2xf32>"
ADD = (
    f"func.func @f(%x: {T}, %y: {T}) -> {T} {{\n  %0 = stablehlo.add %x, %y : {T}\n"
    f"  return %0 : {T}\n}}\n"
)
SWAPPED = ADD.replace("%x, %y : t", "%y, %x : t")


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    files = Pair(tmp_path / "a.mlir", tmp_path / "b.mlir")
    files.left.write_text(ADD)
    files.right.write_text(SWAPPED)
    return files


def test_without_time_nothing_is_decided(pair: Pair) -> None:
    report = check(pair, Options(seconds=1e-9))
    assert [finding.verdict for finding in report.findings] == [Verdict.UNDECIDED]
    assert report.findings[0].summary == "out of time: 1e-09 s were given (--timeout)"
    assert report.status == 3
    pruned = check_pruned(pair, 1e-9)
    assert pruned.findings[0].summary == "out of time: 1e-09 s were given (--timeout)"
    assert (pruned.verdict, pruned.status) == (Verdict.UNDECIDED, 3)


def test_time_is_counted_in_the_main_thread_alone() -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with time_limit(1):
                pass
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert [str(error) for error in errors] == ["a time limit needs the process's main thread"]


class _Failing(Executor):
    """An executor on which every piece of work fails."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def submit(self, fn: object, /, *args: object, **kwargs: object):
        raise self._error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RecursionError(), "regions or values are nested too deeply to be followed"),
        (MemoryError(), "out of memory"),
    ],
)
def test_what_takes_too_much_is_undecided(pair: Pair, error: BaseException, said: str) -> None:
    """And the next tier has its turn."""
    report = check(pair, Options(trials=1, executor=_Failing(error)), tiers=range(2, 4))
    assert [finding.summary for finding in report.findings[:1]] == [said]
    assert report.findings[0].verdict is Verdict.UNDECIDED
    assert report.findings[1].verdict is Verdict.EQUAL


def test_work_in_the_same_thread_is_interrupted_at_once() -> None:
    """An error of the work is its result; the end of the time is not."""
    executor = SerialExecutor()
    job = executor.submit(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        job.result()

    def interrupted() -> None:
        raise OutOfTimeError("1 s has passed")

    with pytest.raises(OutOfTimeError):
        executor.submit(interrupted)


@pytest.mark.parametrize(
    ("tier", "package", "said"),
    [
        (Tier.RULES, "egglog", "tier 3 needs the package egglog: pip install"),
        (Tier.SMT, "z3", "tier 5 needs the package z3-solver: pip install"),
    ],
)
def test_a_tier_whose_package_is_missing_says_so(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, tier: Tier, package: str, said: str
) -> None:
    for name in [*sys.modules]:
        if name.startswith(f"irkit.verify.{tier.name.lower()}."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    report = check(pair, Options(), tiers=range(tier, tier + 1))
    assert report.findings[0].summary.startswith(said)
    assert report.verdict is Verdict.UNDECIDED


def test_a_cluster_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ClusterError, match=r"distributed: pip install 'irkit\[cluster\]'"),
        cluster_executor("tcp://127.0.0.1:9"),
    ):
        pass


def test_several_faults_are_counted(pair: Pair) -> None:
    wrong = ADD.replace("%x, %y : t", "%x, %x : t").replace(f"-> {T}", "-> tensor<3xf32>")
    pair.right.write_text(wrong + wrong.replace("@f", "@g"))
    for tier in (Tier.GRAPH, Tier.RULES):
        with pytest.raises(InputError, match=r"b\.mlir:3:.*\(and 1 more; see `irkit check`\)"):
            check(pair, Options(), tiers=range(tier, tier + 1))


def test_what_cannot_be_read_as_a_module_has_no_meaning_to_compare(pair: Pair) -> None:
    pair.right.write_text("?")
    said = kind_of_difference(pair.left, pair.right)
    assert said.startswith(f"no further tier could be tried: {pair.right}:1:1: error: ")


def test_a_page_of_what_is_no_module(pair: Pair) -> None:
    pair.right.write_text("<?>\n")
    page = html_text(check(pair, Options(), tiers=range(2)), 10)
    assert "stablehlo.add" in page
    assert "&lt;?&gt;" in page
    assert 'class="line matched"' not in page


def test_a_command_that_breaks_down_says_nothing_of_a_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python's status for it is the one for faults that were found."""
    monkeypatch.setenv("PYTHONHASHSEED", "no number")
    with pytest.raises(InputError, match="irkit check: "):
        run_irkit(["check", "m.mlir"], accepted=(0, 1))
