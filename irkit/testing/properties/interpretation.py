"""Pruning does not change a bit of what the program computes."""

from __future__ import annotations

import numpy as np

from dialects.func import FuncOp
from dialects.reader import ParsedModule, parse_module
from irkit.interpreter import Value, run
from irkit.interpreter.errors import UnsupportedError
from irkit.interpreter.inputs import InputError, random_inputs
from irkit.testing.case import HOSTED, Case
from irkit.testing.properties.outcome import NotApplicableError, PropertyError
from irkit.testing.properties.witnesses import Witnesses


def check(case: Case, witnesses: Witnesses) -> None:
    """The whole and the pruned program, run on the same inputs, give the same bits."""
    whole = parse_module(case.streamed(prune=False), "whole")
    names = {op.name.removeprefix("stablehlo.") for op in whole.module.walk()}
    if names & HOSTED:
        raise NotApplicableError("needs a host or peers")
    pruned = parse_module(case.streamed(prune=True), "pruned")
    try:
        inputs = random_inputs(_main(whole), case.seed)
    except InputError:
        raise NotApplicableError("takes tokens, or sizes that are not known") from None
    try:
        before, after = (_results(case, parsed, inputs) for parsed in (whole, pruned))
    except UnsupportedError as error:
        raise NotApplicableError(error.message) from None
    for number, (a, b) in enumerate(zip(before, after, strict=True)):
        if _bits(a) != _bits(b):
            raise PropertyError(
                f"output {number} is {a!r:.300} of the whole program, {b!r:.300} of the pruned one"
            )
    witnesses.counts["programs interpreted"] += 1
    witnesses.counts["outputs compared bit by bit"] += len(before)


def _main(parsed: ParsedModule) -> FuncOp:
    for op in parsed.module.body.block.ops:
        if isinstance(op, FuncOp) and op.symbol == "main":
            return op
    raise PropertyError("the text has no function @main")


def _results(case: Case, parsed: ParsedModule, inputs: list[Value]) -> list[Value]:
    return run(parsed, inputs, weights=case.program.weights(), seed=case.seed, write=len)


def _bits(value: Value) -> object:
    # Programs return nothing else, neither tokens nor tuples.
    assert isinstance(value, np.ndarray)
    return value.dtype.str, value.shape, value.tobytes()
