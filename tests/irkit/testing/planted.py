"""Bugs that are planted in irkit, one changed expression each, for the tests of the tests."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from irkit.streaming import template
from irkit.streaming.emitter import NestedText
from irkit.streaming.nested_names import RegionNames
from irkit.streaming.sweep import Sweep


@dataclass(frozen=True)
class Bug:
    """``right`` in a function's source replaced by ``wrong``."""

    home: Any
    """The class or module that holds the function."""
    function: str
    right: str
    wrong: str

    def plant(self, patch: pytest.MonkeyPatch) -> None:
        """Replaces the function until ``patch`` is undone."""
        patch.setattr(self.home, self.function, self._made())

    def _made(self) -> Callable[..., Any]:
        function = getattr(self.home, self.function)
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.right) == 1, f"{self.function} holds {self.right!r} not once"
        names: dict[str, Any] = {}
        compiled = compile(
            source.replace(self.right, self.wrong), inspect.getfile(function), "exec"
        )
        exec(compiled, vars(sys.modules[function.__module__]), names)
        return names[self.function]


BUGS = {
    "a sweep that forgets the last operand": Bug(
        Sweep, "visit", "range(start, end)", "range(start, end - 1)"
    ),
    "a sweep that takes live-outs one too far": Bug(
        Sweep, "_take_live_outs", "word = record.first_word", "word = record.first_word + 1"
    ),
    "a sweep that stops before the first operation": Bug(
        Sweep, "visit", "len(operations) - 1, -1, -1", "len(operations) - 1, 0, -1"
    ),
    "captures that are not operands": Bug(
        template, "_rendered", "operands=len(inputs)", "operands=len(op.operands)"
    ),
    "a lost effect": Bug(
        template, "_rendered", "removable=effects.removable(op)", "removable=True"
    ),
    "an effect lost in a region": Bug(
        template,
        "_rendered",
        "removable=effects.removable(op)",
        "removable=effects.removable(op) or bool(op.regions)",
    ),
    "names of a region that begin anew": Bug(
        NestedText, "_format", "names(self._final)", "names(type(self._final)())"
    ),
    "names of a nested region that begin anew": Bug(
        RegionNames, "names", "names(counters.fork())", "names(NameCounters())"
    ),
}
