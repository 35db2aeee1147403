"""``irkit fuzz`` as it is used: it runs, finds what is planted, and replays what it saved."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from irkit.cli import fuzz as command
from irkit.cli import main
from irkit.testing.case import Case
from irkit.testing.fuzzing.failures import Failure, FailureFileError
from irkit.testing.fuzzing.replay import replay
from irkit.testing.fuzzing.sizes import LARGEST, random_size
from irkit.testing.program import Program
from tests.interruption import interruptible
from tests.properties.planting import ROOT, plant, plant_here

PLANTED = """
import irkit.streaming.program as program

right = program.return_line
program.return_line = lambda names, types: right(names[::-1], types)
"""
"""The streamed path returns its outputs in the wrong order."""
UNMAKEABLE = """
import os
from irkit.testing.case import Case

Case.random = lambda *arguments: os._exit(7)
"""
NO_WITNESS = """
import sys
from irkit.testing.properties import iree

sys.modules["jaxlib"] = None
iree.iree_opt = lambda: None
"""
JUDGE_CRASHES = """
import os, sys

if "irkit.testing.workers.upstream" in sys.orig_argv:
    os.abort()
"""
HANGS = """
import pathlib, subprocess, sys, time
from irkit.testing.properties import identity

def check(case, witnesses):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path({begun!r}).touch()
    time.sleep(600)

identity.check = check
"""


def fuzz(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "irkit", "fuzz", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(path),
    )


def environment(path: Path | None) -> dict[str, str]:
    places = [str(p) for p in (path, ROOT) if p is not None]
    return os.environ | {"PYTHONPATH": os.pathsep.join(places)}


def test_a_short_run_finds_nothing_and_says_what_it_tried(tmp_path: Path) -> None:
    save = tmp_path / "saved"
    properties = "identity,inference,interpretation"
    done = fuzz(
        "--minutes", "0.05", "--seed", "7", "--save", str(save), "--size", "8",
        "--properties", properties,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert [p.name for p in save.iterdir()] == ["summary.jsonl"]
    (line,) = (save / "summary.jsonl").read_text().splitlines()
    summary = json.loads(line)
    assert summary["seed"] == 7
    assert summary["programs"] >= 1
    assert 1 <= summary["largest"] <= 8
    assert list(summary["properties"]) == properties.split(",")
    assert summary["properties"]["identity"]["held"] >= 1
    assert f"{summary['programs']:,} programs of {summary['steps']:,} steps" in done.stdout


def test_a_planted_fault_is_saved_shrunk_and_replayed(tmp_path: Path) -> None:
    planted, save = plant(tmp_path, PLANTED), tmp_path / "saved"
    options = ["--minutes", "0.01", "--seed", "8", "--save", str(save), "--size", "12"]
    done = fuzz(*options, "--properties", "identity", path=planted)
    assert done.returncode == 1, done.stdout + done.stderr
    saved = sorted(save.glob("failure-*-identity.json"))
    assert saved
    assert str(saved[0]) in done.stdout
    data = json.loads(saved[0].read_text())
    assert data["property"] == "identity"
    assert "return" in data["message"]
    assert Program.from_json(json.dumps(data["case"]["program"])).size < 10

    replayed = fuzz("--replay", str(saved[0]), path=planted)
    assert replayed.returncode == 1, replayed.stdout + replayed.stderr
    assert "identity: failed" in replayed.stdout
    mended = fuzz("--replay", str(saved[0]))
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "identity: held" in mended.stdout


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int | str | None, str]]:
    """Runs it in this process; what it starts are others. Gives the status and what it wrote."""

    def call(*arguments: str) -> tuple[int | str | None, str]:
        with pytest.raises(SystemExit) as ended:
            main(["fuzz", *arguments])
        out, err = capfd.readouterr()
        return ended.value.code, out + err

    return call


def test_a_program_that_cannot_be_made_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here
) -> None:
    path = tmp_path / "failure-1-program.json"
    with monkeypatch.context() as patch:
        plant_here(patch, tmp_path, UNMAKEABLE)
        status, out = here("--minutes", "0", "--save", str(tmp_path))
        assert status == 1
        assert "1 times: trying: ended with status 7: (failure-1-program.json)" in out
        summary = json.loads((tmp_path / "summary.jsonl").read_text())
        assert (summary["programs"], summary["programs_not_made"]) == (0, 1)
        outcome = replay(path)
        assert (outcome.status, outcome.message) == ("failed", "trying: ended with status 7: ")
    assert replay(path).status == "held"


def test_without_witnesses_the_rest_is_tried_and_what_is_missing_is_said(tmp_path: Path) -> None:
    done = fuzz(
        "--minutes", "0", "--save", str(tmp_path), "--properties", "upstream,inference",
        path=plant(tmp_path, NO_WITNESS),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    lines = table(done.stdout)
    assert "upstream 0 held, 0 failed, 1 jaxlib is not installed" in lines
    assert "inference 1 held, 0 failed" in lines
    assert "jaxlib is not installed: no witness for upstream" in lines
    assert "iree-opt is not installed: no witness for upstream in the form external" in lines


def table(text: str) -> list[str]:
    """The lines, without spaces to align them and without the times at their ends."""
    return [" ".join(line.split("; ")[0].split()) for line in text.splitlines()]


def test_a_judge_that_crashes_has_found_nothing_but_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here
) -> None:
    plant_here(monkeypatch, tmp_path, JUDGE_CRASHES)
    status, out = here("--minutes", "0", "--save", str(tmp_path), "--properties", "upstream")
    assert status == 0
    lines = table(out)
    assert "upstream 0 held, 0 failed, 1 judge crashed" in lines
    assert any("1 times: upstream: upstream: ended with signal 6" in line for line in lines)
    failure = Failure.load(tmp_path / "judge-crash-1-upstream.json")
    assert failure.status == "witness"
    assert Case.from_json(failure.case).program == Case.random(0, 2).program


@pytest.mark.parametrize("replays", [False, True])
def test_who_interrupts_it_waits_for_nothing_and_no_process_stays(
    tmp_path: Path, replays: bool
) -> None:
    begun = tmp_path / "begun"
    arguments = ["--save", str(tmp_path), "--size", "2", "--properties", "identity"]
    if replays:
        case = Case.random(0, 2).to_json()
        saved = Failure("identity", "failed", "", "", case, case).save(tmp_path, "failure")
        arguments = ["--replay", str(saved)]
    planted = plant(tmp_path, HANGS.format(begun=str(begun)))
    with interruptible():
        running = subprocess.Popen(
            [sys.executable, "-m", "irkit", "fuzz", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(planted),
        )
    wait_for(begun)
    started = psutil.Process(running.pid).children(recursive=True)
    assert len(started) == 2
    running.send_signal(signal.SIGINT)
    interrupted = time.monotonic()
    out, err = running.communicate(timeout=60)
    assert time.monotonic() - interrupted < 4
    assert running.returncode == 130
    assert err.startswith("irkit: interrupted")
    assert psutil.wait_procs(started, 5)[1] == []
    if not replays:
        assert out.startswith("1 programs of 1 steps")
        summary = json.loads((tmp_path / "summary.jsonl").read_text())
        assert summary["interrupted"]
        assert summary["failures"] == {}


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_it_says_now_and_then_how_far_it_is_and_at_the_end_what_was_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here
) -> None:
    """The first program of this seed has 122 steps."""
    monkeypatch.setattr(command, "REPORTED", 0.1)
    arguments = ["--minutes", "0", "--seed", "68", "--save", str(tmp_path)]
    status, out = here(*arguments, "--properties", "refusal")
    assert status == 0
    assert "refusal 0 held, 0 failed, 1 too large" in table(out)
    assert "0 programs, 0 steps, 0 kinds, 0 failures, 0.0 of 0 min" in out.splitlines()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no failure that irkit fuzz saved"),
        ("[]", "is no failure that irkit fuzz saved"),
        ('{"schema": "other"}', "the schema is 'other'"),
        ('{"schema": "irkit.fuzz-failure/1"}', "is no failure that irkit fuzz saved"),
    ],
)
def test_other_files_are_not_replayed(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "failure.json"
    path.write_text(text)
    with pytest.raises(FailureFileError, match=words):
        Failure.load(path)


def test_unknown_properties_are_named() -> None:
    done = fuzz("--properties", "identity,truth")
    assert done.returncode == 2
    assert done.stderr.startswith("irkit: error: no property called 'truth'; there are: identity,")


def test_sizes_are_mostly_small_and_sometimes_large() -> None:
    sizes = [random_size(seed) for seed in range(20_000)]
    assert min(sizes) == 1
    assert max(sizes) > 30_000
    assert max(sizes) <= LARGEST
    assert sum(size <= 40 for size in sizes) > 10_000
    assert {random_size(seed, 3) for seed in range(100)} == {1, 2, 3}
