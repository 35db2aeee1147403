"""What the README shows is what happens."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, settings

import irkit
from irkit import hlo
from irkit.cli.verify import main as verify
from irkit.spec_files import spec_folder, spec_names

_TIME = re.compile(r" \[\d+\.\d+ s\]$")

README = (Path(__file__).resolve().parent.parent / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_example_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = blocks("python")[0]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    (counts,) = re.findall(r"# (\d+ -> \d+)$", code, re.MULTILINE)
    assert printed.getvalue().startswith(counts + "\n")
    assert (tmp_path / "model.mlir").read_text().startswith("module @main {")


def test_the_example_of_random_programs_holds() -> None:
    _, code = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    few = settings(max_examples=5, deadline=None, database=None, phases=[Phase.generate])
    few(names["test_streaming_changes_nothing"])()


def test_the_error_example_is_a_real_one() -> None:
    (shown,) = re.findall(r"BuildError: model\.py:12: ([^\n]*)", README)

    def forward(b: irkit.Builder) -> irkit.Value:
        x = b.argument("x", (8, 16), "f32")
        w = b.argument("w", (8, 4), "f32")
        return hlo.dot_general(x, w, lhs_contracting_dimensions=[1], rhs_contracting_dimensions=[0])

    with pytest.raises(irkit.BuildError) as raised:
        irkit.record(forward)
    assert str(raised.value).endswith(shown)


def test_the_two_ways_to_write_log_sum_exp_are_told_apart_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = re.findall(r"```\n(\$ irkit-verify.*?)```", README, re.DOTALL)
    for path in (Path(__file__).parent / "fixtures" / "log_sum_exp").iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.chdir(tmp_path)
    command, _, *expected = shown.splitlines()
    monkeypatch.setattr(sys, "argv", command.split()[1:])
    with pytest.raises(SystemExit) as ended:
        verify()
    assert ended.value.code == 1
    told = [_TIME.sub("", line) for line in capsys.readouterr().out.splitlines()]
    assert [_TIME.sub("", line) for line in expected if _TIME.sub("", line) not in told] == []


def test_every_shipped_policy_is_in_the_table() -> None:
    assert set(spec_names("policies")) <= set(
        re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE)
    )
    assert yaml.safe_load((spec_folder("policies") / "fixed-ops.yaml").read_text())["chunks"] == {
        "end": "operations",
        "operations": 256,
    }
