"""``irkit demo`` says ``identical``, with both peaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from irkit.cli import demo


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
