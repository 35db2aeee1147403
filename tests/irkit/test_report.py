"""Reports round-trip, the sampler stays bounded, and pictures are drawn from reports."""

from __future__ import annotations

import builtins
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit.memory_plot import PlotError, draw_memory
from irkit.memory_sampler import (
    MemorySampler,
    peak_resident_bytes,
    resident_bytes,
    thinned,
)
from irkit.report import SCHEMA, Phase, Report, ReportError, read_report

REPORT = Report(
    label="streamed",
    model="llama-small",
    policy="per-scope",
    constants="inline",
    output="out.mlir",
    process_seconds=2.0,
    wall_seconds=1.5,
    cpu_seconds=1.75,
    peak_resident_bytes=90_000_000,
    operations_recorded=1467,
    operations_pruned=220,
    operations_emitted=1247,
    chunks=22,
    widest_cut=9,
    log_bytes=30_000,
    output_bytes=4_400_000_000,
    sha256="ab" * 32,
    phases=[Phase("record", 0.0, 0.5), Phase("emit", 0.5, 1.5)],
    memory=[(0.0, 60_000_000), (0.5, 80_000_000), (1.5, 90_000_000)],
)


def test_round_trip(tmp_path: Path):
    REPORT.write(tmp_path / "r.json")
    assert read_report(tmp_path / "r.json") == REPORT
    assert json.loads((tmp_path / "r.json").read_text())["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "irkit-report/0"}, "no report"),
        ({"wall_seconds": "long"}, "wall_seconds: not of type float"),
        ({"chunks": 1.5}, "chunks: not of type int"),
        ({"extra": 1}, "extra: unknown field"),
        ({"phases": [{"name": "x"}]}, "malformed"),
        ({"memory": [[1]]}, "malformed"),
        ({"memory": 3}, "malformed"),
        ({"memory": [[0.0, float("inf")]]}, "malformed"),
    ],
)
def test_malformed_reports_are_refused(tmp_path: Path, change: dict[str, Any], words: str):
    path = tmp_path / "r.json"
    REPORT.write(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ReportError, match=words) as caught:
        read_report(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Report)])
def test_every_field_is_needed(tmp_path: Path, field: str):
    path = tmp_path / "r.json"
    REPORT.write(path)
    data = json.loads(path.read_text())
    del data[field]
    path.write_text(json.dumps(data))
    with pytest.raises(ReportError, match=f"{field}: missing"):
        read_report(path)


def test_what_is_no_json_is_refused(tmp_path: Path):
    path = tmp_path / "r.json"
    for text in ("", "{", "[]", "3", "[" * 100_000):
        path.write_text(text)
        with pytest.raises(ReportError, match=r"not JSON|no report"):
            read_report(path)
    with pytest.raises(ReportError, match="No such file"):
        read_report(tmp_path / "none.json")


def test_the_sampler_sees_what_is_held():
    with MemorySampler(interval=0.005) as sampler:
        time.sleep(0.05)
        held = bytearray(b"x") * (64 << 20)
        time.sleep(0.05)
        assert len(held)
        del held
        time.sleep(0.05)
    sizes = [size for _, size in sampler.samples]
    assert max(sizes) - sizes[0] > 60 << 20
    assert max(sizes) - sizes[-1] > 60 << 20
    assert [t for t, _ in sampler.samples] == sorted(t for t, _ in sampler.samples)


def test_the_samplers_series_is_bounded_and_keeps_its_peak():
    with MemorySampler(interval=0.0005, max_samples=16) as sampler:
        time.sleep(0.1)
    assert 2 <= len(sampler.samples) <= 17
    assert sampler.samples[0][0] < 0.01
    assert sampler.samples[-1][0] > 0.09


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_thinning_halves_and_keeps_the_ends_and_the_peak(sizes: list[int]):
    samples = [(float(number), size) for number, size in enumerate(sizes)]
    halved = thinned(samples)
    assert len(halved) == 1 + len(sizes) // 2
    assert halved[0] == samples[0]
    assert halved[-1][0] == samples[-1][0]
    assert max(size for _, size in halved) == max(sizes)


def test_peak_is_at_least_what_is_resident():
    assert peak_resident_bytes() >= resident_bytes() - (1 << 20)


def test_the_peak_remembers_what_was_freed():
    held = bytearray(b"x") * (64 << 20)
    high = resident_bytes()
    del held
    assert peak_resident_bytes() >= high - (1 << 20)


@pytest.mark.parametrize(
    ("name", "magic"), [("p.png", b"\x89PNG"), ("p.svg", b"<?xml"), ("p.pdf", b"%PDF")]
)
def test_pictures_of_one_and_of_several_runs(tmp_path: Path, name: str, magic: bytes):
    second = dataclasses.replace(REPORT, label="buffered", memory=[(0.0, 1), (3.0, 400_000_000)])
    for reports in ([REPORT], [REPORT, second]):
        draw_memory(reports, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(magic)


def test_a_run_without_samples_is_drawn(tmp_path: Path):
    """It was over before the first."""
    draw_memory([dataclasses.replace(REPORT, memory=[], label="quick")], tmp_path / "p.svg")
    text = (tmp_path / "p.svg").read_text()
    assert "<!-- quick: peak 90 MB, 1.5 s -->" in text
    assert text.count("stroke-width: 1.6") == 1, "the line in the legend"
    draw_memory([REPORT], tmp_path / "sampled.svg")
    assert (tmp_path / "sampled.svg").read_text().count("stroke-width: 1.6") == 2


def test_the_picture_names_what_it_shows(tmp_path: Path):
    draw_memory([REPORT], tmp_path / "p.svg", log_scale=True)
    text = (tmp_path / "p.svg").read_text()
    for words in ("streamed: peak 90 MB, 1.5 s", "resident memory (MB)", "record", "emit"):
        assert f"<!-- {words} -->" in text


def test_unknown_formats_are_refused(tmp_path: Path):
    with pytest.raises(PlotError, match=r"must end in \.png, \.svg, \.pdf"):
        draw_memory([REPORT], tmp_path / "p.exe")


def test_a_missing_matplotlib_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        monkeypatch.delitem(sys.modules, name)
    original = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PlotError, match=r"pip install 'irkit\[plot\]'"):
        draw_memory([REPORT], tmp_path / "p.png")
