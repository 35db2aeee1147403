"""Faults that are planted in every process that is started from here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def plant(folder: Path, code: str) -> Path:
    """A folder whose code runs when a Python with it on its path starts."""
    planted = folder / "planted"
    planted.mkdir()
    (planted / "sitecustomize.py").write_text(code)
    return planted


def plant_here(patch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Plants the code in the processes that this one starts, until ``patch`` is undone."""
    places = (plant(folder, code), ROOT)
    patch.setenv("PYTHONPATH", os.pathsep.join(map(str, places)))
