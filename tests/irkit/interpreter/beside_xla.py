"""Programs of many operations on the same inputs, their results beside those of XLA."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np

from irkit.interpreter import run
from irkit.interpreter.closeness import ulp_distance
from irkit.interpreter.numbers import widen
from tests.irkit.interpreter.programs import type_of
from tests.witness.xla import compiled

Array = np.ndarray[Any, Any]


def tensor(shape: Sequence[int], element: str) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


class Program:
    """Operations on the same inputs, run here and by XLA in one go."""

    def __init__(self, inputs: dict[str, Array]) -> None:
        self.inputs = inputs
        self.lines: dict[str, tuple[str, str]] = {}
        """The text after ``%r =`` of each result, and its type."""

    def add(self, label: str, function: str, names: str, result: str) -> None:
        """``function`` may have properties after its name; ``names`` are its operands."""
        name, _, properties = function.partition(" ")
        operands = ", ".join(f"%{operand}" for operand in names.split())
        types = ", ".join(type_of(self.inputs[operand]) for operand in names.split())
        self.lines[label] = f'"{name}"({operands}) {properties} : ({types}) -> {result}', result

    def results(self) -> dict[str, tuple[Array, Array]]:
        """Ours and theirs by label."""
        arguments = ", ".join(f"%{name}: {type_of(x)}" for name, x in self.inputs.items())
        lines = [f"%r{i} = {text}" for i, (text, _) in enumerate(self.lines.values())]
        returned = ", ".join(f"%r{i}" for i in range(len(lines)))
        types = ", ".join(type_ for _, type_ in self.lines.values())
        body = "\n".join([*lines, f"return {returned} : {types}"])
        text = f"func.func @main({arguments}) -> ({types}) {{\n{body}\n}}"
        inputs = [*self.inputs.values()]
        pairs = zip(run(text, inputs), compiled(text, *inputs, optimized=False), strict=True)
        return {label: (np.asarray(x), y) for label, (x, y) in zip(self.lines, pairs, strict=True)}


def assert_close(ours: Array, theirs: Array, ulps: int) -> None:
    """No element is further away than so many units in the last place of its own, or of 1 if that
    is greater: the functions that cross zero lose digits there. Zeros have one sign."""
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    a, b = widen(ours).reshape(-1), widen(theirs).reshape(-1)
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= ulps * float(ml_dtypes.finfo(ours.dtype).eps)
    far = (ulp_distance(ours, theirs).reshape(-1) > ulps) & ~near
    zeros = (a == 0) & (b == 0) & (np.signbit(a) != np.signbit(b))
    assert not np.any(far | zeros), [*zip(a[far | zeros], b[far | zeros], strict=True)]
