"""What a person needs to believe that two programs differ, and to find out why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.ir import Operation

from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.values import Array, Value
from irkit.verify.graph.divergence import match
from irkit.verify.trials.diverging import Values, first_divergence
from irkit.verify.trials.outcome import OutputDifference, difference
from irkit.verify.trials.shrink import MOST_RUNS, shrink
from irkit.verify.trials.side import Draw, Side
from irkit.verify.trials.slicing import work

SHRINKING_WORK = 1 << 31
"""Elementary operations that are spent on simpler inputs, and the runs that there are at least."""
LEAST_RUNS = 8


@dataclass(frozen=True)
class Counterexample:
    """Inputs for which a function gives different outputs."""

    function: str
    draw: Draw
    inputs: Sequence[Value]
    left: Sequence[Value]
    right: Sequence[Value]
    difference: OutputDifference
    left_place: str
    """The first operation whose values the other side never has: ``a.mlir:7: stablehlo.add``;
    see :func:`~irkit.verify.trials.diverging.first_divergence`."""
    right_place: str
    parameters: tuple[Mapping[str, Array], Mapping[str, Array]]
    """The external parameters that the left and the right read, by key."""


def counterexample(
    left: Side,
    right: Side,
    function: str,
    inputs: Sequence[Value],
    draw: Draw,
    most_ulps: int,
) -> Counterexample:
    """Shrinks inputs for which the sides differ, and finds where they part.

    Raises ``ValueError`` where they do not differ.
    """
    runs = SHRINKING_WORK / max(1.0, work(left.parsed.module) + work(right.parsed.module))
    small = shrink(
        inputs,
        lambda given: _differ(left, right, function, given, draw, most_ulps) is not None,
        max(LEAST_RUNS, int(min(MOST_RUNS, runs))),
    )
    seen = Values(), Values()
    read: tuple[dict[str, Array], dict[str, Array]] = {}, {}
    outputs = [
        side.run(function, small, draw, [values], parameters)
        for side, values, parameters in zip((left, right), seen, read, strict=True)
    ]
    found = difference(outputs[0], outputs[1], most_ulps)
    if found is None:
        raise ValueError("the inputs are no counterexample")
    matched = match(
        left.parsed.module, right.parsed.module, left.parsed.resources, right.parsed.resources
    )
    places = [
        _place(left, first_divergence(seen[0], seen[1], matched.left)),
        _place(right, first_divergence(seen[1], seen[0], matched.right)),
    ]
    return Counterexample(
        function, draw, small, outputs[0], outputs[1], found, places[0], places[1], read
    )


def _differ(
    left: Side, right: Side, function: str, inputs: Sequence[Value], draw: Draw, most_ulps: int
) -> OutputDifference | None:
    try:
        outputs = [side.run(function, inputs, draw) for side in (left, right)]
    except EvaluationError:
        # Simpler inputs for which a program has no meaning are no counterexample.
        return None
    return difference(outputs[0], outputs[1], most_ulps)


def _place(side: Side, op: Operation | None) -> str:
    if op is None:
        return f"no operation of {side.parsed.source.name}"
    line, _ = side.parsed.position(op)
    return f"{side.parsed.source.name}:{line}: {op.name}"


def described(values: Sequence[Value]) -> str:
    """Values on one line each, long arrays shortened."""
    with np.printoptions(threshold=16, edgeitems=4, linewidth=100):
        return "\n".join(f"  {place}: {_described(value)}" for place, value in enumerate(values))


def _described(value: Value) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)} {str(value).replace(chr(10), ' ')}"
    return repr(value)
