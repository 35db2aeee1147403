"""``irkit-verify`` on files: what it says and what it returns."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """\
module @m {
  func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
    %0 = stablehlo.negate %arg0 : tensor<4xf32>
    %1 = stablehlo.add %0, %arg0 : tensor<4xf32>
    return %1 : tensor<4xf32>
  }
}
"""


@pytest.fixture
def pair(tmp_path: Path):
    def write(left: str, right: str) -> tuple[Path, Path]:
        (tmp_path / "a.mlir").write_text(left)
        (tmp_path / "b.mlir").write_text(right)
        return tmp_path / "a.mlir", tmp_path / "b.mlir"

    return write


def test_identical(irkit_verify, pair):
    ran = irkit_verify(*pair(PROGRAM, PROGRAM))
    digest = hashlib.sha256(PROGRAM.encode()).hexdigest()
    assert (ran.status, ran.err) == (0, "")
    first, last = ran.out.splitlines()
    said = f"tier 0 (bytes): equal: identical: {len(PROGRAM)} bytes, sha256 {digest} ["
    assert first.startswith(said)
    assert last == "equal, by tier 0 (bytes)"


def test_the_first_difference_is_shown_on_both_sides(irkit_verify, pair):
    left, right = pair(PROGRAM, PROGRAM.replace("add", "multiply"))
    ran = irkit_verify(left, right, "--tier", "names")
    offset = PROGRAM.index("add")
    assert ran.status == 3
    lines = ran.out.splitlines()
    place = f"first at offset {offset}, line 4, column 20"
    assert lines[0] == f"tier 0 (bytes): undecided: the bytes differ, {place}"
    assert lines[1] == f"  {left}:4: %1 = stablehlo.add %0, %arg0 : tensor<4xf32>"
    assert lines[2][lines[3].index("^")] == "a"
    assert lines[4] == f"  {right}:4: %1 = stablehlo.multiply %0, %arg0 : tensor<4xf32>"
    assert lines[5][lines[6].index("^")] == "m"
    assert f"{left}:4 and {right}:4: " in lines[7]
    assert "-    %1 = stablehlo.add %0, %arg0 : tensor<4xf32>" in lines
    assert "+    %1 = stablehlo.multiply %0, %arg0 : tensor<4xf32>" in lines
    assert lines[-1] == "undecided: tiers 0, 1 could not tell"


def test_how_much_is_shown(irkit_verify, pair):
    files = pair(PROGRAM, PROGRAM.replace("add", "multiply"))
    assert "@@" not in irkit_verify(*files, "--tier", "1", "--max-report", "0").out
    shown = irkit_verify(*files, "--tier", "1", "--max-report", "2").out
    assert [line[0] for line in shown.splitlines() if "    %" in line and line[0] != " "] == [
        "-",
        "+",
    ]
    assert "func.func" not in shown
    assert "func.func" in irkit_verify(*files, "--tier", "1", "--max-report", "6").out


def test_equal_up_to_names(irkit_verify, pair):
    files = pair(PROGRAM, PROGRAM.replace("%0", "%minus").replace("%1", "%0"))
    ran = irkit_verify(*files)
    assert ran.status == 0
    assert ran.out.endswith("equal, by tier 1 (names)\n")
    assert irkit_verify(*files, "--tier", "bytes").status == 3
    assert irkit_verify(*files, "--require-tier", "bytes").status == 3


DEAD = PROGRAM.replace("    return", "    %2 = stablehlo.sine %1 : tensor<4xf32>\n    return")
DOUBLED = PROGRAM.replace("negate %arg0", "abs %arg0")
SWAPPED = PROGRAM.replace("add %0, %arg0", "add %arg0, %0")


def test_each_tier_decides_what_it_can(irkit_verify, pair):
    ran = irkit_verify(*pair(PROGRAM, DEAD))
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "equal, by tier 2 (graph)")
    ran = irkit_verify(*pair(PROGRAM, SWAPPED))
    assert ran.status == 3
    assert "equal under the rules commute-float" in ran.out
    assert "tier 2 (graph) or stronger is required" in ran.out
    assert irkit_verify(*pair(PROGRAM, SWAPPED), "--require-tier", "rules").status == 0
    ran = irkit_verify(*pair(PROGRAM, DOUBLED))
    assert ran.status == 1
    assert "\ndifferent, by tier 4 (trials)\n" in ran.out
    assert "stablehlo.negate and " in ran.out


def test_evidence_is_never_blurred(irkit_verify, pair):
    """Trials that find nothing are no equality, whatever is required."""
    once = PROGRAM.replace("add %0, %arg0", "add %0, %z").replace(
        "    %0", "    %z = stablehlo.constant dense<-0.0> : tensor<4xf32>\n    %0"
    )
    negated = once.replace("%1 = stablehlo.add %0, %z", "%1 = stablehlo.reshape %0").replace(
        "%0 : tensor<4xf32>\n    return", "%0 : (tensor<4xf32>) -> tensor<4xf32>\n    return"
    )
    ran = irkit_verify(*pair(once, negated), "--require-tier", "trials")
    assert ran.status == 0
    assert ran.out.splitlines()[-1] == "no difference found, by tier 4 (trials)"
    ran = irkit_verify(*pair(once, negated), "--tier", "smt", "--require-tier", "smt")
    assert ran.out.splitlines()[-1] == "equal, by tier 5 (smt)"


def test_json(irkit_verify, pair):
    files = pair(PROGRAM, DOUBLED)
    ran = irkit_verify(*files, "--json")
    found = json.loads(ran.out)
    assert found["schema"] == "irkit-verify/1"
    assert (found["verdict"], found["status"], ran.status) == ("different", 1, 1)
    assert found["tier"] == {"number": 4, "name": "trials"}
    assert [f["tier"]["number"] for f in found["findings"]] == [0, 1, 2, 3, 4]
    assert found["findings"][-1]["details"]["function"] == "main"
    assert found["question"] == "equal"
    assert len(found["replay"]) == 1


def run_command(command: str) -> str:
    """What a command that was printed prints."""
    words = shlex.split(command)
    modules = {"irkit": "irkit.cli", "irkit-verify": "irkit.cli.verify"}
    code = f"import sys; from {modules[words[0]]} import main; sys.argv[1:] = {words[1:]!r}; main()"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return ran.stdout


def test_a_counterexample_is_replayed_by_the_commands_that_are_printed(
    irkit_verify, pair, tmp_path: Path
):
    file = tmp_path / "counter example.npz"
    ran = irkit_verify(*pair(PROGRAM, DOUBLED), "--counterexample", file)
    assert ran.status == 1
    said, *commands = ran.out.splitlines()[-3:]
    assert said == "to see it again:"
    outputs = [run_command(command) for command in commands]
    assert outputs[0].startswith("tensor<4xf32> {")
    assert outputs[0] != outputs[1]
    ran = irkit_verify(*pair(PROGRAM, DOUBLED), "--counterexample", file, "--json")
    assert json.loads(ran.out)["replay"] == [command.strip() for command in commands]


def test_without_a_file_the_command_that_reproduces_it_is_printed(irkit_verify, pair):
    late = PROGRAM.replace("negate %arg0", "minimum %arg0, %arg0")
    files = pair(late, late.replace("add %0, %arg0", "maximum %0, %arg0"))
    ran = irkit_verify(*files, "--seed", 7, "--max-ulps", 3)
    command = ran.out.splitlines()[-1].strip()
    again = run_command(command).splitlines()
    assert again[-1].strip() == command
    shown = [line for line in ran.out.splitlines() if "float32" in line]
    assert shown == [line for line in again if "float32" in line]
    assert len(shown) == 3


def test_html(irkit_verify, pair, tmp_path: Path):
    page = tmp_path / "page.html"
    left, right = pair(PROGRAM, DOUBLED)
    irkit_verify(left, right, "--html", page)
    text = page.read_text()
    assert text.count('class="line first"') == 2
    assert "stablehlo.abs" in text
    assert "tier 4 (trials): different" in text
    assert "<script" not in text


def test_a_file_that_ends_early(irkit_verify, pair):
    ran = irkit_verify(*pair(PROGRAM, PROGRAM[:-2]), "--tier", "bytes", "--max-report", "0")
    assert ran.status == 3
    assert "^ the file ends here" in ran.out


def test_what_is_read_before_its_definition(irkit_verify, pair):
    ran = irkit_verify(*pair("a.a %1\n", "a.a %2\n"), "--tier", "names")
    assert ran.status == 3
    assert "undecided: " in ran.out


def test_out_of_time_is_undecided(irkit_verify, pair):
    big = "\n".join(f"    %x{n} = stablehlo.sine %arg0 : tensor<4xf32>" for n in range(20_000))
    text = PROGRAM.replace("    return", f"{big}\n    return")
    ran = irkit_verify(*pair(text, text.replace("add", "subtract")), "--timeout", "0.4")
    assert ran.status == 3
    assert "out of time" in ran.out


ENDLESS = """\
func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %c = stablehlo.constant dense<true> : tensor<i1>
  %0 = stablehlo.while(%x = %arg0) : tensor<4xf32>
  cond {
    stablehlo.return %c : tensor<i1>
  } do {
    %1 = stablehlo.negate %x : tensor<4xf32>
    stablehlo.return %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}
"""


def test_time_is_up_for_other_processes_too(irkit_verify, pair):
    started = time.monotonic()
    files = pair(ENDLESS, ENDLESS.replace("negate", "abs"))
    ran = irkit_verify(*files, "--timeout", "3", "--jobs", "2")
    assert ran.status == 3
    assert "undecided: out of time: 3 s were given" in ran.out
    assert time.monotonic() - started < 10
    assert not multiprocessing.active_children()


FULL = PROGRAM.replace("-> tensor<4xf32>", "-> (tensor<4xf32>, tensor<4xf32>)").replace(
    "return %1 : tensor<4xf32>", "return %1, %0 : tensor<4xf32>, tensor<4xf32>"
)


def test_pruned(irkit_verify, irkit, pair, tmp_path: Path):
    full, pruned = pair(FULL, "")
    assert irkit("prune", full, "--outputs", "1", "-o", pruned).status == 0
    ran = irkit_verify("--pruned", full, pruned)
    assert ran.status == 0
    assert "@main: outputs dropped: 0; " in ran.out
    assert "1 (1 stablehlo.add)" in ran.out
    assert ran.out.splitlines()[-1] == "soundly pruned, by tier 2 (graph)"
    found = json.loads(irkit_verify("--pruned", full, pruned, "--json").out)
    assert (found["question"], found["verdict"], found["status"]) == ("pruned", "equal", 0)
    assert found["findings"][0]["details"]["functions"][0]["outputs"] == ["0"]
    assert irkit_verify("--pruned", pruned, full).status == 3
    pruned.write_text(FULL.replace("@main", "@other"))
    assert irkit_verify("--pruned", full, pruned).status == 1
    pruned.write_text("?")
    assert irkit_verify("--pruned", full, pruned).status == 2


def test_a_module_without_meaning_is_bad_input(irkit_verify, pair):
    wrong = PROGRAM.replace("-> tensor<4xf32>", "-> tensor<5xf32>")
    ran = irkit_verify(*pair(PROGRAM, wrong))
    assert ran.status == 2
    assert "b.mlir:5:" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/no/a", "/no/b"], "/no/a: can not be read: No such file or directory"),
        (["/", "/"], "/: is a folder"),
        (["a"], "two files are compared, 1 given"),
        ([], "two files are compared, 0 given"),
        (["a", "b", "--weights", "w"], "need --model"),
        (["a", "b", "--counterexample", "x.npy"], "must end in .npz"),
        (["--model", "llama-small", "--json"], "are for two files"),
        (["--pruned", "a"], "two files are compared, 1 given"),
        (["a", "b", "--tier", "6"], "'6' is no tier"),
        (["--model", "no-such-model", "--policies", "fixed-ops"], "no-such-model"),
    ],
)
def test_bad_input(irkit_verify, arguments: list[str], words: str):
    ran = irkit_verify(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.startswith("irkit-verify: error: ")
    assert ran.err.count("\n") == 1


def test_a_name_defined_twice_is_bad_input(irkit_verify, pair):
    """Tier 1 may be wrong about that, so the reader of modules has the word."""
    twice = PROGRAM.replace("%1 =", "%0 =")
    ran = irkit_verify(*pair(twice, twice.replace("%arg0", "%x")))
    assert ran.status == 2
    assert "a.mlir:4: %0 (or %0) seems to be defined twice" in ran.out
    assert "a.mlir:4:5: error: SSA value %0 is already defined" in ran.err


def test_pipes_are_not_compared(irkit_verify, pair, tmp_path: Path):
    """What was read of one is gone: the next tier would find nothing on either side."""
    left, _ = pair(PROGRAM, DOUBLED)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for files in ((left, pipe), (pipe, left), (pipe, pipe)):
        ran = irkit_verify(*files)
        assert (ran.status, ran.out) == (2, "")
        said = f"{pipe}: is not a regular file, and is read more than once"
        assert ran.err == f"irkit-verify: error: {said}\n"


def test_work_may_be_spread(irkit_verify, pair, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("irkit.verify.cluster.CONNECT_SECONDS", 0.5)
    files = pair(PROGRAM, DOUBLED)
    alone, spread = irkit_verify(*files, "--json"), irkit_verify(*files, "--json", "--jobs", "2")
    said = [
        [(f["tier"], f["verdict"], f["summary"]) for f in json.loads(ran.out)["findings"]]
        for ran in (alone, spread)
    ]
    assert said[0] == said[1]
    assert not multiprocessing.active_children()
    ran = irkit_verify(*files, "--scheduler", "nowhere:9")
    assert ran.status == 2
    assert "no Dask scheduler answers at nowhere:9" in ran.err


def test_a_counterexample_that_no_file_can_hold_is_told(irkit_verify, pair, tmp_path: Path):
    text = """
util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<3xi4>
func.func @main(%x: tensor<3xi4>) -> tensor<3xi4> {
  %w = util.global.load @w : tensor<3xi4>
  %0 = stablehlo.add %x, %w : tensor<3xi4>
  return %0 : tensor<3xi4>
}
"""
    file = tmp_path / "found.npz"
    files = pair(text, text.replace("add", "subtract"))
    ran = irkit_verify(*files, "--counterexample", file)
    assert ran.status == 1
    assert ran.err == (
        f"irkit-verify: warning: {file} is not written: the parameter 'w' is of type int4, which "
        ".safetensors has not\n"
    )
    assert not file.exists()
    assert ran.out.splitlines()[-1].startswith("  irkit-verify ")


def test_a_models_settings_are_those_of_lowering(irkit_verify):
    ran = irkit_verify(
        "--model", "llama-small", "--policies", "fixed-ops", "--set", "no_such_key=1"
    )
    assert ran.status == 2
    assert "irkit lower: " in ran.err
    assert "no_such_key" in ran.err


def test_help_documents_the_statuses(irkit_verify):
    out = irkit_verify("--help").out
    assert "undecided" in out
    assert "bad input" in out
