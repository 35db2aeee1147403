"""The first operation of each program whose values the other program never has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.ir import Operation

from irkit.interpreter.engine import Observer
from irkit.interpreter.numbers import is_complex, is_float
from irkit.interpreter.values import Array, Value
from irkit.verify.hashing import Digest, digest


@dataclass
class Values(Observer):
    """Remembers a digest of every value that a run makes, and who made it first."""

    made: dict[Digest, Operation] = field(default_factory=dict[Digest, Operation])

    def before(self, op: Operation) -> None:
        """Nothing is known yet."""

    def after(self, op: Operation, operands: Sequence[Value], results: Sequence[Value]) -> None:
        """Notes the results."""
        for result in results:
            self.made.setdefault(_digest(result), op)


def first_divergence(
    mine: Values, other: Values, unmatched: Sequence[Operation]
) -> Operation | None:
    """The first operation of a run with a result that the other run never has.

    ``unmatched`` are the operations that the other program has no equal of; where each of their
    values is by chance one of the other run's, the first of them is meant. Constants diverge from
    nothing.
    """
    candidates = dict.fromkeys(op for op in unmatched if op.operands)
    own = (op for made, op in mine.made.items() if made not in other.made)
    return next((op for op in own if op in candidates), next(iter(candidates), None))


def _digest(value: Value) -> Digest:
    if isinstance(value, np.ndarray):
        kind = f"{value.dtype}{value.shape}"
        return digest(b"array", kind.encode(), _comparable(value).tobytes())
    if isinstance(value, tuple):
        return digest(b"tuple", *map(_digest, value))
    return digest(type(value).__name__.encode())


def _comparable(array: Array) -> Array:
    """The array with one NaN for all: their bits mean nothing."""
    if is_float(array.dtype) or is_complex(array.dtype):
        return np.where(np.isnan(array), np.asarray(np.nan).astype(array.dtype), array)
    return array
