"""Policies are compared by lowering under each, in processes of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from irkit.verify.files import InputError
from irkit.verify.policies import compare_policies, run_irkit

MODEL = """\
from pathlib import Path

def steady(builder):
    x = builder.argument("x", (4,), "f32")
    for number in range(3):
        with builder.scope(f"layers.{number}") as scope:
            x = x * x
            scope.returns(x)
    return x

def drifting(builder):
    # Not the same program the second time.
    ran = Path("ran")
    x = builder.argument("x", (4,), "f32")
    x = x * x if ran.exists() else x + x
    ran.write_text("")
    return x

def shuffling(builder):
    # The same values in another order the second time.
    ran = Path("ran")
    x = builder.argument("x", (4,), "f32")
    if ran.exists():
        total = x + x
        return total * (x * x)
    ran.write_text("")
    square = x * x
    return (x + x) * square
"""


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "policy_model.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))


def test_the_same_digest_for_every_policy():
    said: list[str] = []
    status = compare_policies("policy_model:steady", ["declared"], [], ["argument"], said.append)
    assert status == 0
    assert said[0] == "argument:"
    digests = {line.split()[1] for line in said[1:]}
    assert len(said) == 3
    assert len(digests) == 1
    assert [line.split()[2] for line in said[1:]] == ["reference", "identical"]


def test_a_difference_is_found_and_placed():
    said: list[str] = []
    status = compare_policies("policy_model:drifting", ["fixed-ops"], [], [None], said.append)
    assert status == 1
    assert "DIFFERENT from byte" in said[-2]
    assert "%0 = stablehlo.multiply" in said[-2]
    assert "the meaning may differ: tier 2 (graph): undecided: the graphs differ" in said[-1]


def test_a_difference_without_a_meaning_is_one_all_the_same():
    said: list[str] = []
    status = compare_policies("policy_model:shuffling", ["fixed-ops"], [], [None], said.append)
    assert status == 1
    assert "DIFFERENT from byte" in said[-2]
    assert "the meaning is the same: " in said[-1]
    assert said[-1].endswith("by tier 2 (graph)")


def test_what_can_not_be_lowered_is_bad_input(tmp_path: Path):
    with pytest.raises(InputError, match=r"irkit lower: .*no policy 'none'"):
        compare_policies("policy_model:steady", ["none"], [], [None], lambda text: None)
    with pytest.raises(InputError, match=r"irkit lower: .*no such model"):
        run_irkit(["lower", "nothing"])


def test_the_results_do_not_stay_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    compare_policies("policy_model:steady", ["fixed-ops"], [], [None], lambda text: None)
    assert list(scratch.iterdir()) == []
