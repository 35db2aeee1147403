"""The wrong and right programs of this folder's tests, by the constraint that they are about.

A test module lists them as ``WRONG_PROGRAMS`` and ``RIGHT_PROGRAMS``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class WrongProgram:
    """A program whose first violation in an operation of this name has this id."""

    op: str
    """Without ``stablehlo.``."""
    id: str
    text: str
    stricter: bool = False
    """Upstream takes the program although the specification forbids it."""


def wrong_programs(op: str, cases: Iterable[tuple[str, str]]) -> list[WrongProgram]:
    """Programs of one operation, given as id and text."""
    return [WrongProgram(op, id, text) for id, text in cases]


def stricter_programs(op: str, cases: Iterable[tuple[str, str]]) -> list[WrongProgram]:
    """As ``wrong_programs``, for what upstream does not check."""
    return [WrongProgram(op, id, text, stricter=True) for id, text in cases]


def all_wrong_programs() -> Iterator[WrongProgram]:
    """Those of every test module of this folder."""
    for module in _modules():
        yield from getattr(module, "WRONG_PROGRAMS", ())


def all_right_programs() -> Iterator[str]:
    """Those of every test module of this folder."""
    for module in _modules():
        yield from getattr(module, "RIGHT_PROGRAMS", ())


def _modules() -> Iterator[ModuleType]:
    # As pytest imports them: the folder is no package.
    if str(_FOLDER) not in sys.path:
        sys.path.insert(0, str(_FOLDER))
    for path in sorted(_FOLDER.glob("test_*.py")):
        if path.stem != "test_constraint_programs":
            yield import_module(path.stem)
