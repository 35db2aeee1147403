"""``irkit lower`` and ``irkit weights``, by a model given as Python and by shipped ones."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from irkit.report import read_report
from irkit.verify.own_output import verify_output
from tests.interruption import interruptible

MODEL = """\
import time

def forward(builder):
    x = builder.argument("x", (4, 4), "f32")
    w = builder.parameter("w", (4, 4), "f32")
    for number in range(6):
        with builder.scope(f"layers.{number}") as scope:
            dead = x * x
            x = x * w + x
            scope.returns(x)
    return {"x": x, "twice": x + x}

def unnamed(builder):
    x = builder.argument("x", (4,), "f32")
    return x + x

def slow(builder):
    x = builder.argument("x", (4,), "f32")
    print("started", flush=True)
    time.sleep(60)
    return x

def broken(builder):
    return builder.argument("x", (4,), "f32") + builder.nothing
"""


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "toy_model.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    # The child processes find irkit where this one does; the model lies in the current folder.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
    yield
    sys.modules.pop("toy_model", None)
    sys.path[:] = [p for p in sys.path if p != str(tmp_path)]


def start(*arguments: str, **more: int) -> subprocess.Popen[str]:
    with interruptible():
        return subprocess.Popen(
            [sys.executable, "-m", "irkit", *arguments], text=True, stdout=subprocess.PIPE, **more
        )


def test_standard_output_is_the_text_and_nothing_else(irkit):
    ran = irkit("lower", "toy_model:unnamed")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "module @main {\n"
        '  func.func public @main(%arg0: tensor<4xf32> {irkit.name = "x"}) -> tensor<4xf32> {\n'
        "    %0 = stablehlo.add %arg0, %arg0 : tensor<4xf32>\n"
        "    return %0 : tensor<4xf32>\n  }\n}\n"
    )


@pytest.mark.parametrize(
    "policy", ["buffered", "per-scope", "fixed-ops", "memory-bound", "declared", None]
)
def test_every_policy_gives_the_same_text(irkit, policy: str | None):
    reference = irkit("lower", "toy_model:forward", "--policy", "buffered").out
    assert reference.count("stablehlo.") == 13
    ran = irkit("lower", "toy_model:forward", *(["--policy", policy] if policy else []))
    assert (ran.status, ran.out, ran.err) == (0, reference, "")


def test_outputs_can_be_chosen(irkit):
    ran = irkit("lower", "toy_model:forward", "--outputs", "x")
    assert ran.out.count("stablehlo.") == 12
    ran = irkit("lower", "toy_model:forward", "--outputs", "x,y")
    assert ran.status == 2
    assert "no output called 'y'; there are: x, twice" in ran.err


def test_the_report_is_that_of_the_run(irkit, tmp_path: Path):
    ran = irkit(
        *("lower", "toy_model:forward", "--policy", "per-scope", "--label", "mine"),
        *("-o", "out.mlir", "--report", "r.json"),
    )
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    text = (tmp_path / "out.mlir").read_bytes()
    report = read_report("r.json")
    assert (report.label, report.model, report.policy) == ("mine", "toy_model:forward", "per-scope")
    assert (report.constants, report.output) == ("argument", "out.mlir")
    assert report.operations_recorded == 6 * 3 + 1
    assert (report.operations_pruned, report.operations_emitted) == (6, 13)
    assert report.chunks >= 6
    assert report.output_bytes == len(text)
    assert report.sha256 == hashlib.sha256(text).hexdigest()
    assert report.peak_resident_bytes > 10_000_000
    assert report.process_seconds >= report.wall_seconds > 0
    names = [phase.name for phase in report.phases]
    assert names[:2] == ["load", "record"]
    times = [t for phase in report.phases for t in (phase.start, phase.end)]
    assert times == sorted(times)
    assert times[-1] <= report.memory[-1][0] + 0.05
    assert set(json.loads(Path("r.json").read_text())) >= {"schema", "memory", "phases"}


def test_reports_are_plotted(irkit):
    for name in ("a.json", "b.json"):
        irkit("lower", "toy_model:forward", "-o", "out.mlir", "--report", name)
    assert irkit("plot", "a.json", "b.json", "-o", "p.png").status == 0
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    ran = irkit("plot", "a.json", "none.json", "-o", "q.png")
    words = "none.json: can not be read: No such file or directory"
    assert (ran.status, ran.err) == (2, f"irkit: error: {words}\n")
    assert not Path("q.png").exists()


def test_weights_of_a_model_are_written_and_lowered(irkit, tmp_path: Path):
    for name in ("one", "two"):
        ran = irkit("weights", "llama-small", "-o", tmp_path / name, "--seed", "3")
        assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert irkit("weights", "llama-small", "-o", "four.safetensors", "--seed", "4").status == 0
    first, second = (tmp_path / n / "model.safetensors" for n in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != Path("four.safetensors").read_bytes()
    irkit("weights", "llama-small", "-o", tmp_path / "sharded", "--shard-bytes", "200kB")
    assert len(list((tmp_path / "sharded").iterdir())) > 2
    texts = [
        irkit("lower", "llama-small", "--weights", first, "--constants", form).out
        for form in ("argument", "inline", "resource", "external")
    ]
    assert len(set(texts)) == 4
    assert all(text.startswith("module @") for text in texts)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["toy_model:forward", "-o", "w"], "toy_model:forward is a function: only a model's spec"),
        (
            ["llama-small", "-o", "w.safetensors", "--shard-bytes", "1MB"],
            "needs a folder as output",
        ),
        (["llama-small", "-o", "w", "--shard-bytes", "1 potato"], "--shard-bytes: "),
    ],
)
def test_weights_that_can_not_be_written_are_refused(irkit, arguments: list[str], words: str):
    ran = irkit("weights", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert not Path(arguments[2]).exists()


def test_a_function_takes_the_weights_of_any_folder(irkit, tmp_path: Path):
    """Only a model has a configuration to compare with the folder's."""
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "gpt2"}')
    tensor = {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]}
    header = json.dumps({"w": tensor}).encode()
    data = len(header).to_bytes(8, "little") + header + np.ones((4, 4), np.float32).tobytes()
    (folder / "model.safetensors").write_bytes(data)
    command = ("--constants", "inline", "--weights")
    ran = irkit("lower", "toy_model:forward", *command, folder)
    assert (ran.status, ran.err) == (0, "")
    assert "dense<1.000000e+00> : tensor<4x4xf32>" in ran.out
    refused = irkit("lower", "llama-small", *command, folder)
    assert "config.json: model_type: is gpt2, but llama-small is llama" in refused.err


def test_half_the_weights_with_another_dtype(irkit, tmp_path: Path):
    irkit("weights", "llama-small", "-o", "f32.safetensors")
    irkit("weights", "llama-small", "-o", "bf16.safetensors", "--dtype", "bf16")
    sizes = [Path(f"{d}.safetensors").stat().st_size for d in ("f32", "bf16")]
    assert 1.9 < sizes[0] / sizes[1] < 2.1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["toy_model:broken"], 70, "AttributeError: 'Builder' object has no attribute 'nothing'"),
        (["toy_model:none"], 2, "module toy_model has no 'none'"),
        (["toy_model:forward", "--constants", "inline"], 2, "give weights"),
        (["toy_model:forward", "--weights", "none.safetensors"], 2, "none.safetensors"),
        (["toy_model:forward", "-o", "none/out.mlir"], 2, "none/out.mlir: can not be created"),
        (["toy_model:forward", "--set", "sequence=3"], 2, "nothing to override: sequence"),
        (["toy_model:forward", "--report", "none/r.json"], 2, "none/r.json: can not be created"),
        (["llama-small", "--set", "sequence=-3"], 2, "sequence"),
        (["llama-small", "--set", "config=3"], 2, "config: an override replaces single keys"),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_file(
    irkit, tmp_path: Path, arguments: list[str], status: int, words: str
):
    before = {path.name for path in tmp_path.iterdir()}
    ran = irkit("lower", *(arguments if "-o" in arguments else [*arguments, "-o", "out.mlir"]))
    assert (ran.status, ran.out) == (status, "")
    assert words in ran.err
    assert ran.err.startswith("irkit: error: ")
    assert ran.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == before - {"__pycache__"}


@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_an_ended_run_leaves_nothing_under_the_name(tmp_path: Path, sent: int, status: int):
    with start("lower", "toy_model:slow", "-o", "out.mlir", stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(sent)
        _, err = process.communicate(timeout=20)
    assert process.returncode == status
    assert "Traceback" not in err
    left = [path.name for path in tmp_path.iterdir() if "out.mlir" in path.name]
    assert "out.mlir" not in left
    assert len(left) == (1 if sent == signal.SIGKILL else 0)
    with start("lower", "toy_model:unnamed", "-o", "out.mlir") as process:
        assert process.wait(20) == 0
    assert [path.name for path in tmp_path.iterdir() if "out.mlir" in path.name] == ["out.mlir"]


def test_a_reader_that_goes_away_ends_the_run_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "irkit", "lower", "toy_model:unnamed"]
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=20, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, b"")


def test_progress_is_shown_on_a_terminal_and_nowhere_else(tmp_path: Path):
    parent, child = pty.openpty()
    with start("lower", "toy_model:forward", "-o", "out.mlir", stderr=child) as process:
        os.close(child)
        shown = b""
        # Reading fails when the other end is closed, which is when the process ends.
        with contextlib.suppress(OSError):
            while piece := os.read(parent, 4096):
                shown += piece
        assert process.wait(20) == 0
    os.close(parent)
    assert b"lowering toy_model:forward" in shown
    with start("lower", "toy_model:forward", "-o", "out.mlir", stderr=subprocess.PIPE) as quiet:
        assert quiet.communicate(timeout=20) == ("", "")


UNLIKE = """\
from pathlib import Path

def drifting(builder):
    # Not the same program the second time.
    x = builder.argument("x", (4,), "f32")
    ran = Path("ran")
    x = x * x if ran.exists() else x + x
    ran.write_text("")
    return x
"""


def test_the_output_is_verified(irkit, tmp_path: Path):
    out = tmp_path / "x.mlir"
    common = ["lower", "toy_model:forward", "--outputs", "twice", "--constants", "argument"]
    ran = irkit(*common, "-o", out, "--verify", "--report", tmp_path / "r.json")
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"{out}: valid, and identical to the buffered reference: ")
    assert ran.out.endswith(f"sha256 {digest}\n")
    assert sorted(path.name for path in tmp_path.glob("*.*")) == [
        "r.json",
        "toy_model.py",
        "x.mlir",
    ]


def test_a_model_with_overrides_is_verified(irkit, tmp_path: Path):
    model = ["llama-small", "--set", "sequence=3", "--set", "config.num_hidden_layers=1"]
    ran = irkit("lower", *model, "-o", tmp_path / "x.mlir", "--verify")
    assert (ran.status, ran.err) == (0, "")
    assert "x.mlir: valid, and identical to the buffered reference: " in ran.out
    assert "tensor<2x3x" in (tmp_path / "x.mlir").read_text()


def test_an_output_unlike_the_reference_is_told(irkit, tmp_path: Path):
    (tmp_path / "unlike_model.py").write_text(UNLIKE)
    ran = irkit("lower", "unlike_model:drifting", "-o", tmp_path / "x.mlir", "--verify")
    assert ran.status == 1
    assert "x.mlir: valid, but DIFFERENT from the buffered reference, first at line 3" in ran.out
    assert "the meaning may differ: tier 2 (graph)" in ran.out
    sys.modules.pop("unlike_model", None)


def test_an_output_that_is_not_valid_is_told(tmp_path: Path):
    said: list[str] = []
    path = tmp_path / "x.mlir"
    path.write_text(
        "func.func @f(%x: tensor<2xf32>) -> tensor<3xf32> {\n  return %x : tensor<2xf32>\n}\n"
    )
    assert verify_output(path, ["toy_model:forward"], said.append) == 1
    assert "NOT VALID" in said[0]
    assert "x.mlir:2:3: error: " in said[0]


def test_what_goes_to_standard_output_is_not_verified(irkit):
    ran = irkit("lower", "toy_model:forward", "--verify")
    assert (ran.status, ran.out) == (2, "")
    assert "give one with -o" in ran.err
