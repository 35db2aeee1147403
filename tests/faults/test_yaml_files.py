"""Hostile policy and model files; all of them in processes by ``python -m tests.faults``."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from irkit.models import load_model
from irkit.policy_file import load_policy
from tests.faults import yaml_files

FAULTS = {fault.name: fault for fault in yaml_files.faults() if fault.words != "/none/x"}


@pytest.mark.parametrize("name", FAULTS)
def test_a_hostile_file_is_one_error(name: str) -> None:
    began = time.perf_counter()
    assert yaml_files.by_the_api(FAULTS[name]) is None
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    "name",
    ["policy: pipe", "policy: escaped terminal command as key", "model value: 10**9 layers",
     "config.json: nested 10**6 deep"],
)  # fmt: skip
def test_a_hostile_file_is_one_line_and_leaves_nothing(name: str) -> None:
    assert yaml_files.in_a_process(FAULTS[name]) is None


@pytest.mark.parametrize("size", ["64MiB", "64 MB", "0x10", "1_000", "'64KiB'", "+64"])
def test_right_sizes_are_taken(size: str, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"chunks: {{end: bytes, bytes: {size}}}")
    expected = {"64MiB": 64 << 20, "64 MB": 64_000_000, "0x10": 16, "1_000": 1000, "+64": 64}
    assert load_policy(path).chunk_bytes == expected.get(size, 64 << 10)


@pytest.mark.parametrize("start", ["\ufeff", "---\n", "# a comment\r\n", "%YAML 1.1\n---\n"])
def test_right_files_are_taken(start: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(start + yaml_files.POLICY)
    assert load_policy(path).chunk_bytes == 64 << 10
    path.write_text(start + yaml_files.MODEL)
    assert load_model(path).dtype == "f32"
