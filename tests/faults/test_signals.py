"""Signals in real processes; more of them by ``python -m tests.faults.signals``."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from irkit.cli import main
from irkit.interruption import doing, note_place, place
from irkit.reading.module_reader import ModuleReader
from tests.faults.process import ROOT, Run, patience
from tests.faults.program import LAYERS, write_weights
from tests.faults.signals import STATUSES, try_signals

MODEL = "tests.faults.program"


def test_an_output_is_whole_or_absent_whatever_signal_comes() -> None:
    outcome = try_signals(12, seed=1)
    assert outcome.losses == ()
    assert outcome.tried >= 18


@contextmanager
def at(folder: Path, *arguments: str, mark: str = "waiting") -> Generator[Run]:
    """A run that has come to the place where its forward waits."""
    started = Run(folder, arguments)
    try:
        end = time.monotonic() + patience()
        while not (folder / mark).exists():
            assert time.monotonic() < end, started.wait()
            time.sleep(0.01)
        yield started
    finally:
        (folder / "go").touch()
        started.wait()
        started.close()


@pytest.mark.parametrize(
    ("number", "word"),
    [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated"), (signal.SIGHUP, "terminated")],
)
@pytest.mark.parametrize("policy", ["buffered", "fixed-ops"])
def test_an_interruption_says_where_it_came(
    tmp_path: Path, number: signal.Signals, word: str, policy: str
) -> None:
    write_weights(tmp_path / "w.npz")
    before = {"w.npz", "waiting"}
    arguments = ["lower", f"{MODEL}:waiting", "--weights", "w.npz", "-o", "x.mlir"]
    with at(tmp_path, *arguments, "--policy", policy) as started:
        started.send(number)
        ended = started.wait()
        assert ended.status == STATUSES[number]
        # Where the scope was entered: its first operation is still to come.
        said = re.fullmatch(
            rf"irkit: {word} while recording( layers\.(\d+))? \(([\d,]+) operations\)\n", ended.err
        )
        assert said is not None, ended.err
        assert int(said[3].replace(",", "")) > 200
        assert {path.name for path in tmp_path.iterdir()} == before
        assert started.left() == []


def test_an_interruption_in_a_scope_names_the_innermost_one() -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    def in_order(*blocks: str, act: Callable[[], None]) -> None:
        if not blocks:
            act()
            return
        with doing(lambda: blocks[0]):
            in_order(*blocks[1:], act=act)

    with pytest.raises(KeyboardInterrupt) as info:
        in_order("writing x.mlir", "recording layers.3 (7 operations)", act=fail)
    assert place(info.value) == "while recording layers.3 (7 operations)"
    error = ValueError("a fault is no interruption")
    note_place(error, "anything")
    assert place(error) == ""
    assert LAYERS == 12


@pytest.mark.parametrize("command", ["fmt", "prune", "check"])
def test_reading_says_the_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    parse = ModuleReader.parse
    calls: list[None] = []

    def interrupted(self: ModuleReader, *arguments: Any, **more: Any) -> Any:
        calls.append(None)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return parse(self, *arguments, **more)

    monkeypatch.setattr(ModuleReader, "parse", interrupted)
    path = tmp_path / "x.mlir"
    path.write_text(
        "func.func @f(%a: tensor<2xf32>) -> tensor<2xf32> {\n"
        "  %0 = stablehlo.negate %a : tensor<2xf32>\n"
        "  %1 = stablehlo.negate %0 : tensor<2xf32>\n"
        "  %2 = stablehlo.tanh %1 : tensor<2xf32>\n"
        "  %3 = stablehlo.sine %2 : tensor<2xf32>\n"
        "  return %3 : tensor<2xf32>\n}\n"
    )
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(SystemExit) as ended:
        main([command, str(path), *([] if command == "check" else ["-o", f"{path}.out"])])
    signal.signal(signal.SIGINT, before)
    assert ended.value.code == 130
    said = capsys.readouterr().err
    assert said == f"irkit: interrupted while reading {path} (line 5)\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_in_the_background_is_not_interrupted(tmp_path: Path) -> None:
    """What a shell has set to be ignored stays so: SIGINT of jobs with ``&``, SIGHUP with nohup."""
    started = Run(tmp_path, ["lower", f"{MODEL}:patient", "-o", "x.mlir"], before=_ignoring)
    try:
        end = time.monotonic() + patience()
        while not (tmp_path / "waiting").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        for number in (signal.SIGINT, signal.SIGHUP):
            started.send(number)
        (tmp_path / "go").touch()
        ended = started.wait()
    finally:
        started.close()
    assert (ended.status, ended.err) == (0, "")
    assert (tmp_path / "x.mlir").read_text().startswith("module @main")


def _ignoring() -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def test_an_interruption_while_numpy_is_imported_is_none_of_numpys() -> None:
    """It comes when the import is over: numpy would take it for a broken installation."""
    code = (
        "import importlib, os, signal, sys\n"
        "real = importlib.import_module\n"
        "def load(name):\n"
        "    if name == 'numpy':\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(name)\n"
        "importlib.import_module = load\n"
        "from irkit.cli import main\n"
        "main(['check', 'none.mlir'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        preexec_fn=_listening,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "irkit: interrupted\n")


def _listening() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
