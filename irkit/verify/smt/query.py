"""Asking the solver whether two functions can differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.ir import Attribute

from dialects.stablehlo.tensors import element_type
from irkit.interpreter.engine import Program
from irkit.interpreter.values import Array, dtype_of
from irkit.verify.graph.module import ModuleDigester
from irkit.verify.pair import Pair
from irkit.verify.smt.sorts import UntranslatableError, Z, bits_of
from irkit.verify.smt.symbolic import Translation, unknowns


@dataclass(frozen=True)
class Answer:
    """What the solver says of one output of one function."""

    function: str
    output: int | None
    status: str
    """``unsat``: equal; ``sat``: there is a model; else why nothing is known."""
    inputs: tuple[Array, ...] = ()
    """The model's inputs."""


def ask(pair: Pair, function: str, output: int | None, milliseconds: int) -> Answer:
    """Whether there are inputs for which this output differs. Runs where the executor says.

    Without an output: whether the function can be translated, which none with effects can.
    """
    try:
        types, sides = translate(pair, function)
    except UntranslatableError as error:
        return Answer(function, output, str(error))
    if output is None:
        return Answer(function, output, "unsat")
    left, right = (side[output] for side in sides)
    solver = Z.Solver()
    solver.set("timeout", milliseconds)
    solver.add(Z.Or([a != b for a, b in zip(left.flat, right.flat, strict=True)]))
    status = str(solver.check())
    if status == "unknown":
        return Answer(function, output, f"the solver gave up: {solver.reason_unknown()}")
    if status == "unsat":
        return Answer(function, output, status)
    model = solver.model()
    inputs = [
        _values(model, unknowns(type_, f"x{place}"), type_) for place, type_ in enumerate(types)
    ]
    return Answer(function, output, status, tuple(inputs))


def translate(
    pair: Pair, function: str
) -> tuple[Sequence[Attribute], tuple[list[Array], list[Array]]]:
    """The types of a function's arguments, and the outputs of both sides as terms of them.

    Raises :class:`~irkit.verify.smt.sorts.UntranslatableError`.
    """
    left, right = pair.modules
    types = ModuleDigester(left.module).functions()[function].function_type.inputs.data
    arguments = [unknowns(type_, f"x{place}") for place, type_ in enumerate(types)]
    sides = [
        Translation(
            Program(side.module, resources=side.resources),
            ModuleDigester(side.module, side.resources).attributes,
        ).call(function, arguments)
        for side in (left, right)
    ]
    return types, (sides[0], sides[1])


def _values(model: Any, terms: Array, type_: Attribute) -> Array:
    dtype = dtype_of(type_)
    element = element_type(type_)
    bits = [bits_of(model.eval(term, model_completion=True), element) for term in terms.flat]
    if dtype == np.bool:
        return np.array(bits, np.bool).reshape(terms.shape)
    return np.array(bits, f"u{dtype.itemsize}").view(dtype).reshape(terms.shape)
