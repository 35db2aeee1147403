"""``fmt``, ``check`` and ``prune``, and what all commands have in common."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from irkit.cli import COMMANDS

RESULTS = '(tensor<4xf32> {irkit.name = "a"}, tensor<4xf32> {irkit.name = "b"})'
MODULE = f"""\
module @m {{
  func.func public @main(%arg0: tensor<4xf32> {{irkit.name = "x"}}) -> {RESULTS} {{
    %0 = stablehlo.negate %arg0 : tensor<4xf32>
    %1 = stablehlo.add %0, %0 : tensor<4xf32>
    %2 = stablehlo.multiply %0, %0 : tensor<4xf32>
    %3 = stablehlo.subtract %2, %1 : tensor<4xf32>
    return %1, %2 : tensor<4xf32>, tensor<4xf32>
  }}
}}
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "m.mlir"
    path.write_text(MODULE)
    return path


def test_fmt_gives_the_canonical_text(irkit, module: Path, tmp_path: Path):
    module.write_text(MODULE.replace("%1", "%sum").replace("  ", " "))
    ran = irkit("fmt", module)
    assert (ran.status, ran.out, ran.err) == (0, MODULE, "")
    assert irkit("fmt", module, "-o", tmp_path / "out.mlir").out == ""
    assert (tmp_path / "out.mlir").read_text() == MODULE


def test_fmt_names_the_place_of_a_fault(irkit, module: Path):
    module.write_text(MODULE.replace("stablehlo.add", "stablehlo.ad"))
    ran = irkit("fmt", module)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith(f"{module}:4:")
    assert ran.err.count("\n") == 1


def test_check_reports_every_error_of_every_file(irkit, module: Path, tmp_path: Path):
    assert irkit("check", module) == irkit("check", module, module)
    assert irkit("check", module).status == 0
    bad = tmp_path / "bad.mlir"
    bad.write_text(
        MODULE.replace("negate %arg0 : tensor<4xf32>", "not %arg0 : tensor<4xf32>").replace(
            "subtract %2, %1 : tensor<4xf32>", "and %2, %1 : tensor<4xf32>"
        )
    )
    ran = irkit("check", bad, module, tmp_path / "none.mlir", bad)
    lines = ran.out.splitlines()
    assert len(lines) == 4
    assert [line.partition(": error: ")[0].split(":")[:2] for line in lines] == [
        [str(bad), "3"],
        [str(bad), "6"],
    ] * 2
    assert (ran.status, ran.err) == (
        2,
        f"irkit: error: {tmp_path}/none.mlir: No such file or directory\n",
    )
    assert irkit("check", bad).status == 1


def test_prune_removes_what_no_output_needs(irkit, module: Path):
    ran = irkit("prune", module)
    assert ran.status == 0
    assert "subtract" not in ran.out
    assert "multiply" in ran.out


@pytest.mark.parametrize("outputs", ["b", "1"])
def test_prune_to_some_outputs(irkit, module: Path, outputs: str):
    ran = irkit("prune", module, "--outputs", outputs)
    assert ran.out == (
        "module @m {\n"
        '  func.func public @main(%arg0: tensor<4xf32> {irkit.name = "x"}) '
        '-> (tensor<4xf32> {irkit.name = "b"}) {\n'
        "    %0 = stablehlo.negate %arg0 : tensor<4xf32>\n"
        "    %1 = stablehlo.multiply %0, %0 : tensor<4xf32>\n"
        "    return %1 : tensor<4xf32>\n  }\n}\n"
    )


def test_prune_drops_globals_that_nothing_loads(irkit, module: Path):
    module.write_text(
        MODULE.replace(
            "module @m {\n",
            'module @m {\n  util.global private @w = #flow.parameter.named<"model"::"w"> : '
            "tensor<4xf32>\n",
        )
        .replace("subtract %2, %1", "subtract %2, %w")
        .replace("    %3", "    %w = util.global.load @w : tensor<4xf32>\n    %3")
    )
    assert irkit("prune", module).out == irkit("prune", module, "--outputs", "a,b").out
    assert "util.global" not in irkit("prune", module).out


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", "@main has no output 'c'; there are: a, b"),
        ("public @main", "public @other", "no output 'c'; there are: a, b"),
        ("negate", "not", "m.mlir:3:10: error: stablehlo.not"),
    ],
)
def test_prune_refuses(irkit, module: Path, old: str, new: str, words: str):
    module.write_text(MODULE.replace(old, new))
    ran = irkit("prune", module, "--outputs", "c")
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(irkit, command: str):
    ran = irkit(command, "--help")
    assert ran.status == 0
    assert f"Usage: irkit {command}" in ran.out


def test_help_lists_commands_and_statuses(irkit):
    out = irkit("--help").out
    assert all(f"\n  {command} " in out for command in COMMANDS)
    assert "Exit status" in out
    assert irkit("--version").out.strip()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "No such command 'nothing'"),
        (["lower"], "Missing argument 'MODEL'"),
        (["lower", "m", "--constants", "mapped"], "'mapped' is not one of"),
        (["lower", "m", "--set", "x"], "give KEY=VALUE"),
        (["lower", "m", "--set", "x=[1"], "is no plain value"),
        (["lower", "m", "--policy", "nothing"], "no policy 'nothing'"),
        (["lower", "no-such-model"], "no-such-model"),
        (["lower", "no.module:f"], "no module named 'no'"),
        (["fmt", "/no/such/file"], "/no/such/file: No such file or directory"),
    ],
)
def test_a_bad_command_line_is_one_clear_line(irkit, arguments: list[str], words: str):
    ran = irkit(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.startswith("irkit: error: ")
    assert ran.err.count("\n") == 1


def test_tracebacks_are_shown_where_asked_for(irkit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IRKIT_TRACEBACK", "1")
    ran = irkit("fmt", "/no/such/file")
    assert ran.err.startswith("Traceback")
    assert ran.err.splitlines()[-1] == "irkit: error: /no/such/file: No such file or directory"


def test_starting_imports_no_more_than_it_needs():
    code = (
        "import sys; from irkit.cli import main\n"
        "try: main(['plot', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & "
        "{'numpy', 'xdsl', 'pydantic', 'rich', 'matplotlib', 'jax', 'torch', 'yaml'}))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"


def test_fmt_and_prune_keep_unknown_dialects_if_asked(irkit, tmp_path: Path):
    path = tmp_path / "m.mlir"
    unknown = '"foo.bar"() {a = #foo.x} : () -> ()'
    text = f"module {{\n  func.func @f() {{\n    {unknown}\n    return\n  }}\n}}\n"
    path.write_text(text)
    for command in (["fmt"], ["prune"]):
        ran = irkit(*command, "--allow-unregistered", path)
        assert (ran.status, ran.out, ran.err) == (0, text, "")
        assert "unknown operation 'foo.bar'" in irkit(*command, path).err
    ran = irkit("fmt", "--generic", "--allow-unregistered", path)
    assert unknown in ran.out
