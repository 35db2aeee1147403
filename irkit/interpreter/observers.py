"""What can watch a run: a trace of every operation, a stop at the first NaN, progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from xdsl.ir import Operation

from dialects.attribute_text import attribute_text
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.numbers import is_complex, is_float, widen
from irkit.interpreter.values import Array, Value

Special: TypeAlias = Literal["nan", "inf"]
"""What a run can stop at."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a value is, in short."""

    shape: tuple[int, ...]
    dtype: str
    least: Any
    """The least number that is finite, or none: of complex numbers the least modulus."""
    greatest: Any
    nan: int
    inf: int

    def __str__(self) -> str:
        dims = "x".join(map(str, self.shape))
        text = f"{dims}x{self.dtype}" if dims else self.dtype
        if self.least is not None:
            text += f" in [{self.least}, {self.greatest}]"
        if self.nan:
            text += f", {self.nan} NaN"
        if self.inf:
            text += f", {self.inf} inf"
        return text


def statistics(values: Array) -> Statistics:
    """Shape, dtype, range and counts of NaN and infinity.

    Elements that numpy repeats without holding them more than once are looked at once.
    """
    dtype = values.dtype
    shape = tuple(values.shape)
    size = values.size
    values = values[tuple(slice(1) if step == 0 else slice(None) for step in values.strides)]
    times = size // values.size if size else 0
    if not is_float(dtype) and not is_complex(dtype):
        least, greatest = _range(widen(values))
        return Statistics(shape, dtype.name, least, greatest, 0, 0)
    with np.errstate(all="ignore"):
        wide = widen(values)
        nan, inf = np.isnan(wide), np.isinf(wide)
        least, greatest = _range(
            np.abs(wide)[~(nan | inf)] if is_complex(dtype) else wide[~(nan | inf)]
        )
    counts = (times * int(np.count_nonzero(found)) for found in (nan, inf))
    return Statistics(shape, dtype.name, least, greatest, *counts)


def _range(values: Array) -> tuple[Any, Any]:
    if not values.size:
        return None, None
    return values.min().item(), values.max().item()


def described(value: Value) -> str:
    """A value in short."""
    if isinstance(value, np.ndarray):
        return str(statistics(value))
    if isinstance(value, tuple):
        return f"({', '.join(map(described, value))})"
    return repr(value)


class Trace:
    """Writes a line for every operation: its place, name, and each of its results in short."""

    def __init__(
        self,
        write: Callable[[str], object],
        position: Callable[[Operation], tuple[int, int]] | None = None,
    ) -> None:
        self._write = write
        self._position = position
        self._depth = 0

    def before(self, op: Operation) -> None:
        """An operation begins; those of its regions stand deeper in the trace."""
        self._depth += 1

    def after(self, op: Operation, operands: Sequence[Value], results: Sequence[Value]) -> None:
        """Writes the line of an operation that is done."""
        self._depth -= 1
        place = ""
        if self._position is not None:
            line, column = self._position(op)
            place = f"{line}:{column}: "
        shown = "; ".join(map(described, results)) or "nothing"
        self._write(f"{place}{'  ' * self._depth}{op.name}: {shown}\n")


class BreakError(EvaluationError):
    """A run was stopped at the first operation with a result that was asked for."""


class BreakOn:
    """Stops at the first operation whose result has a NaN (or an infinity).

    The error names the operation and describes its operands and results. Operations of regions and
    of called functions come before the operation that they belong to.
    """

    def __init__(self, kinds: Sequence[Special]) -> None:
        self._kinds = frozenset(kinds)

    def before(self, op: Operation) -> None:
        """Nothing is known yet."""

    def after(self, op: Operation, operands: Sequence[Value], results: Sequence[Value]) -> None:
        """Raises :class:`BreakError` where a result has what was asked for."""
        found = [name for value in results for name in self._found(value)]
        if not found:
            return
        lines = [f"{op.name} gave {' and '.join(dict.fromkeys(found))}"]
        types = zip(op.operand_types, operands, strict=True)
        lines += [
            f"  operand {i}: {attribute_text(type_)}: {described(value)}"
            for i, (type_, value) in enumerate(types)
        ]
        lines += [f"  result {i}: {described(value)}" for i, value in enumerate(results)]
        raise BreakError("\n".join(lines), op)

    def _found(self, value: Value) -> list[str]:
        if not isinstance(value, np.ndarray):
            return []
        if not is_float(value.dtype) and not is_complex(value.dtype):
            return []
        seen = statistics(value)
        return [
            label
            for kind, label, number in (("nan", "NaN", seen.nan), ("inf", "infinity", seen.inf))
            if kind in self._kinds and number
        ]


class Progress:
    """Counts operations, for a progress bar; ``total`` is how many stand in the program."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.name = ""
        self._seen: set[Operation] = set()

    def before(self, op: Operation) -> None:
        """An operation begins."""
        self.name = op.name

    def after(self, op: Operation, operands: Sequence[Value], results: Sequence[Value]) -> None:
        """An operation is done; one that runs again, as in a loop, is counted once."""
        if op not in self._seen:
            self._seen.add(op)
            self.done += 1
