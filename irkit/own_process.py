"""Running parts of irkit in a process of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGES = str(Path(__file__).resolve().parents[1])


def python_command(module: str) -> list[str]:
    """The command that runs a module with this interpreter; its arguments follow.

    Unlike with ``python -m`` alone, nothing in the current folder is imported.
    """
    return [sys.executable, "-P", "-m", module]


def own_environment() -> dict[str, str]:
    """The environment in which such a process finds the same irkit."""
    path = os.pathsep.join(p for p in (_PACKAGES, os.environ.get("PYTHONPATH")) if p)
    return {**os.environ, "PYTHONPATH": path}
