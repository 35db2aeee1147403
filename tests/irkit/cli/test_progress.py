"""Progress on a real terminal, and as lines where there is none."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from irkit.cli.lower import _progress
from irkit.cli.progress import LineProgress, OperationProgress, TerminalProgress
from irkit.policy import ConstantsForm
from irkit.weights import open_weights
from tests.irkit.cli.conftest import SECONDS, Ran, terminal


def test_a_lowering_says_what_it_records_and_writes() -> None:
    with terminal() as shown, TerminalProgress("lowering m", 500_000) as progress:
        assert shown.waits_for("lowering m: loading, 0.")
        progress.scope("layers.0")
        progress.scope("layers.1")
        assert shown.waits_for("lowering m: recording layers.1 (scope 2), ")
        progress.written(400_000)
        progress.written(600_000)
        assert shown.waits_for("lowering m: writing 1 of 1 MB, ")
        progress.written(3_000_000)
        assert shown.waits_for("lowering m: writing 3 MB, ")
        assert re.search(r"writing 3 MB, [\d,]+ MB/s, \d+\.\d s", shown.text)


def test_a_run_says_how_many_operations_are_done() -> None:
    @dataclass
    class Run:
        total: int = 40
        done: int = 0
        name: str = ""

    run = Run()
    with terminal() as shown, OperationProgress("running @main", run):
        run.done, run.name = 17, "stablehlo.add"
        assert shown.waits_for("running @main stablehlo.add")
        assert shown.waits_for("17/40")


def test_a_line_is_redrawn_on_a_terminal() -> None:
    said = iter(f"{k} of 9" for k in range(1, 10))
    with terminal() as shown, LineProgress(lambda: next(said), 3600.0):
        assert shown.waits_for("2 of 9")


def test_a_line_is_written_anew_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    said = iter(f"[1] {k} of 99" for k in range(1, 100))
    come = threading.Event()

    def line() -> str:
        text = next(said)
        if text == "[1] 3 of 99":
            come.set()
        return text

    with LineProgress(line, 0.01):
        assert come.wait(SECONDS)
    assert capsys.readouterr().err.splitlines()[:2] == ["[1] 1 of 99", "[1] 2 of 99"]


@pytest.mark.parametrize(
    ("form", "line"),
    [("inline", "writing 1 of 2 MB, "), ("resource", "writing 1 of 2 MB, ")]
    + [(form, "writing 1 MB, ") for form in ("argument", "external", None)],
)
def test_the_size_of_the_text_is_known_where_weights_are_in_it(
    form: ConstantsForm | None, line: str
) -> None:
    weights = open_weights({"w": np.zeros(250_000, np.float32)})
    with terminal() as shown, ExitStack() as stack:
        progress = _progress(stack, "m", weights, form)
        assert isinstance(progress, TerminalProgress)
        progress.written(1_000_000)
        assert progress.line().startswith(line)
        assert shown.waits_for("lowering m")


def test_a_lowering_on_a_terminal_is_the_same(irkit: Callable[..., Ran], tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    assert irkit("weights", "llama-small", "-o", weights).status == 0
    command = ("lower", "llama-small", "--weights", weights, "--constants", "inline")
    with terminal() as shown:
        ran = irkit(*command)
        assert shown.waits_for("lowering llama-small")
    assert ran.status == 0
    assert irkit(*command, "--policy", "buffered").out == ran.out
