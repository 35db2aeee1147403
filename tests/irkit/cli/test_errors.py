"""What a command says and returns when it ends in another way than by itself."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from irkit.cli import COMMANDS, run
from irkit.cli.errors import ErrorBoundary
from irkit.cli.options import parse_overrides
from tests.irkit.cli.conftest import Ran

Irkit = Callable[..., Ran]


def test_without_a_command_it_shows_its_help(irkit: Irkit) -> None:
    ran = irkit()
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == irkit("--help").out


def test_memory_that_is_not_to_be_had(
    irkit: Irkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "greedy_model.py").write_text("def forward(builder):\n    bytes(1 << 60)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    ran = irkit("lower", "greedy_model:forward", "-o", "x.mlir")
    assert ran == Ran(2, "", "irkit: error: out of memory\n")
    assert not Path("x.mlir").exists()
    del sys.modules["greedy_model"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_the_caller_ignores_stays_ignored(number: signal.Signals) -> None:
    """As under nohup; any other ends the command, and the handlers are put back."""
    other = ({signal.SIGTERM, signal.SIGHUP} - {number}).pop()
    before = signal.signal(number, signal.SIG_IGN), signal.signal(other, signal.SIG_DFL)
    interruption = signal.getsignal(signal.SIGINT)

    def act() -> None:
        with ErrorBoundary("irkit") as boundary:
            boundary.listen()
            os.kill(os.getpid(), number)
            assert signal.getsignal(number) == signal.SIG_IGN
            os.kill(os.getpid(), other)

    try:
        with pytest.raises(SystemExit) as ended:
            act()
        assert ended.value.code == 128 + other
        assert signal.getsignal(number) == signal.SIG_IGN
        assert signal.getsignal(other) == signal.SIG_DFL
    finally:
        signal.signal(number, before[0])
        signal.signal(other, before[1])
        signal.signal(signal.SIGINT, interruption)


def test_a_section_is_set_as_a_whole_or_key_by_key() -> None:
    assert parse_overrides(("a.b=1", "a.c=2", "d=3")) == {"a": {"b": 1, "c": 2}, "d": 3}
    with pytest.raises(click.UsageError, match="--set a: given as a whole and key by key"):
        parse_overrides(("a.b=1", "a={c: 2}"))


def test_shells_complete_commands(irkit: Irkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_IRKIT_COMPLETE", "bash_source")
    source = irkit()
    assert source.status == 0
    assert "complete -o nosort -F _irkit_completion irkit" in source.out
    monkeypatch.setenv("_IRKIT_COMPLETE", "bash_complete")
    completed = {"irkit ": [*COMMANDS], "irkit l": ["lower"], "irkit lower --w": ["--weights"]}
    for typed, found in completed.items():
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
        assert irkit().out.splitlines() == [f"plain,{word}" for word in found]


def test_a_command_may_give_no_status(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    @click.argument("status", type=int, required=False)
    def given(status: int | None) -> int | None:
        return status

    for arguments, expected in ((["3"], 3), ([], 0)):
        with pytest.raises(SystemExit) as ended:
            run(given, "given", arguments)
        assert ended.value.code == expected
    assert capsys.readouterr() == ("", "")
