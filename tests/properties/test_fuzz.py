"""``irkit fuzz`` as it is used: it runs, finds what is planted, and replays what it saved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from irkit.testing.fuzzing.failures import Failure, FailureFileError
from irkit.testing.fuzzing.sizes import LARGEST, random_size
from irkit.testing.program import Program

ROOT = Path(__file__).resolve().parents[2]
PLANTED = """
import irkit.streaming.program as program

right = program.return_line
program.return_line = lambda names, types: right(names[::-1], types)
"""
"""The streamed path returns its outputs in the wrong order."""


def fuzz(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    places = [str(p) for p in (path, ROOT) if p is not None]
    return subprocess.run(
        [sys.executable, "-m", "irkit", "fuzz", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
    )


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
    planted, save = tmp_path / "planted", tmp_path / "saved"
    planted.mkdir()
    (planted / "sitecustomize.py").write_text(PLANTED)
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
