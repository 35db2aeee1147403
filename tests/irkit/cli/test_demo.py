"""``irkit demo`` says ``identical``, with both peaks."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

from irkit.cli import demo, main
from irkit.verify import policies

SIZES = {"sequence": 8, "config.num_hidden_layers": 1}


def test_a_difference_is_told(irkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where one of the two texts is damaged on its way to the comparison; nothing is kept."""

    def damaging(arguments: list[str]) -> None:
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
        if "buffered" in arguments:
            path = Path(arguments[arguments.index("-o") + 1])
            path.write_bytes(path.read_bytes().replace(b"stablehlo.add", b"stablehlo.sub", 1))

    monkeypatch.setattr(demo, "SIZES", SIZES)
    monkeypatch.setattr(policies, "run_irkit", damaging)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ran = irkit("demo")
    assert (ran.status, ran.err) == (1, "")
    assert re.fullmatch(r"DIFFERENT  from byte \d+, line \d+", ran.out.splitlines()[-1])
    assert list(tmp_path.iterdir()) == []


def test_demo(irkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(demo, "SIZES", {"sequence": 8})
    ran = irkit("demo", "--keep", tmp_path)
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines] == ["weights", "streamed", "buffered", "identical"]
    assert all(" peak " in line for line in lines[1:3])
    text = (tmp_path / "streamed.mlir").read_bytes()
    assert text == (tmp_path / "buffered.mlir").read_bytes()
    assert f"{len(text):,} bytes" in lines[3]
