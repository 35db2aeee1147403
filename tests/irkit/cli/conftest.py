"""Runs the command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from irkit.cli import main, run
from irkit.cli.verify import verify


@dataclass(frozen=True)
class Ran:
    """A command's exit status, and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture
def irkit(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def call(*arguments: object) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        return Ran(ended.value.code, *capfd.readouterr())

    return call


@pytest.fixture
def irkit_verify(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def call(*arguments: object) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(verify, "irkit-verify", [str(a) for a in arguments])
        return Ran(ended.value.code, *capfd.readouterr())

    return call
