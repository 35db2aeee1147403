"""Where the files under ``specs/`` are, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def spec_folder(kind: Literal["policies", "models", "constraints"]) -> Path:
    """The folder of shipped files of one kind."""
    installed = _PACKAGE / "specs" / kind
    return installed if installed.is_dir() else _PACKAGE.parent / "specs" / kind


def spec_names(kind: Literal["policies", "models", "constraints"]) -> list[str]:
    """The names by which shipped files can be given, sorted."""
    return sorted(path.stem for path in spec_folder(kind).glob("*.yaml"))
