"""``irkit check``: its three forms, and its exit status."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

RIGHT = """\
func.func @f(%a: tensor<2xf32>) {
  %0 = stablehlo.add %a, %a : tensor<2xf32>
  return
}
"""
WRONG = """\
func.func @f(%a: tensor<2xf32>) {
  %0 = stablehlo.add %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<3xf32>
  %1 = stablehlo.slice %a [0:2:0] : (tensor<2xf32>) -> tensor<2xf32>
  return
}
"""
PLACES = [(2, 8, "stablehlo.add", "C1"), (3, 8, "stablehlo.slice", "C4")]


@pytest.fixture
def right(tmp_path: Path) -> Path:
    path = tmp_path / "right.mlir"
    path.write_text(RIGHT)
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "a:b,c%.mlir"
    path.write_text(WRONG)
    return path


def test_text_has_a_line_an_error(irkit, right: Path, wrong: Path):
    assert irkit("check", right) == irkit("check", right, right)
    assert irkit("check", right).status == 0
    ran = irkit("check", right, wrong)
    assert (ran.status, ran.err) == (1, "")
    lines = ran.out.splitlines()
    assert len(lines) == len(PLACES)
    for line, (number, column, op, id) in zip(lines, PLACES, strict=True):
        assert line.startswith(f"{wrong}:{number}:{column}: error: {op}: ({id}) ")


def test_snippets_have_a_caret_under_the_operation(irkit, wrong: Path):
    lines = irkit("check", wrong, "--snippets").out.splitlines()
    assert len(lines) == 3 * len(PLACES)
    for line, caret in ((lines[1], lines[2]), (lines[4], lines[5])):
        assert line[caret.index("^") :].startswith("stablehlo.")


def test_github_commands_are_escaped(irkit, wrong: Path):
    ran = irkit("check", wrong, "--format", "github")
    name = str(wrong).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    first = ran.out.splitlines()[0]
    assert first.startswith(f"::error file={name},line=2,col=8,title=stablehlo.add (C1)::")
    assert ran.status == 1


def test_a_github_message_is_one_line(irkit, tmp_path: Path):
    path = tmp_path / "m.mlir"
    path.write_text('"50%\n"')
    ran = irkit("check", path, "--format", "github")
    assert re.fullmatch(r"::error file=\S+,line=\d+,col=\d+,title=irkit check::.*\n", ran.out)


def test_json_is_one_object(irkit, right: Path, wrong: Path, tmp_path: Path):
    ran = irkit("check", wrong, right, tmp_path / "none", "--format", "json")
    data = json.loads(ran.out)
    assert data["schema"] == "irkit.check/1"
    found = [(e["line"], e["column"], e["operation"], e["constraint"]) for e in data["errors"]]
    assert found == PLACES
    assert {error["file"] for error in data["errors"]} == {str(wrong)}
    assert [entry["file"] for entry in data["unreadable"]] == [str(tmp_path / "none")]
    assert (data["status"], ran.status, ran.err) == (2, 2, "")
    assert json.loads(irkit("check", right, "--format", "json").out)["errors"] == []


@pytest.mark.parametrize("text", [b"func.func @f(", b"\xff\xfe", b"module {} }"])
def test_what_is_no_module_is_an_error_of_the_file(irkit, tmp_path: Path, text: bytes):
    path = tmp_path / "m.mlir"
    path.write_bytes(text)
    ran = irkit("check", path, "--format", "json")
    (error,) = json.loads(ran.out)["errors"]
    assert (error["operation"], error["constraint"]) == (None, None)
    assert (error["line"], ran.status) == (1, 1)


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_file_that_cannot_be_opened_is_status_2(irkit, wrong: Path, tmp_path: Path, form: str):
    ran = irkit("check", tmp_path / "none", wrong, tmp_path, "--format", form)
    assert ran.status == 2
    assert (ran.out + ran.err).count("none") == 1
    assert "C1" in ran.out


def test_standard_input() -> None:
    command = [sys.executable, "-m", "irkit", "check", "-"]
    ran = subprocess.run(command, input=WRONG, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.count("<stdin>:")) == (1, len(PLACES))


def test_unknown_dialects_are_accepted_if_asked(irkit, tmp_path: Path):
    path = tmp_path / "m.mlir"
    path.write_text('func.func @f() {\n  "foo.bar"() : () -> ()\n  return\n}\n')
    assert irkit("check", path).out == f"{path}:2:4: error: unknown operation 'foo.bar'\n"
    ran = irkit("check", "--allow-unregistered", path)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
