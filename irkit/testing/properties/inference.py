"""Inferring an operation's types again gives those that it was recorded with."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute

from dialects.reader import parse_module
from dialects.stablehlo.base import StableHLOOp, compatible
from dialects.stablehlo.tensors import is_tensor, shape
from irkit.testing.case import Case
from irkit.testing.properties.outcome import PropertyError
from irkit.testing.properties.witnesses import Witnesses

WITH_ELEMENTS = frozenset(
    f"stablehlo.{name}" for name in ("convolution", "dot", "dot_general", "dynamic_conv")
)
"""Operations that are recorded with the element type of their result."""
WITH_SIZES = frozenset(
    f"stablehlo.{name}" for name in ("dynamic_gather", "rng", "set_dimension_size")
)
"""Operations that may be recorded with sizes which an operand holds."""


def check(case: Case, witnesses: Witnesses) -> None:
    """Each operation of the text, read again: ``infer`` of its operand types, properties and
    regions gives the result types that stand there.

    Where types do not determine the result, which is said when it is recorded, what is inferred
    agrees with it in what is known.
    """
    parsed = parse_module(case.text())
    checked = 0
    for op in parsed.module.walk():
        if not isinstance(op, StableHLOOp) or not op.infers():
            continue
        types = [operand.type for operand in op.operands]
        inferred = op.infer(types, op.properties, op.regions)
        if not _agree(op, inferred):
            shown = ", ".join(map(str, op.result_types)), ", ".join(map(str, inferred))
            where = parsed.diagnostic(op, f"{op.name}: recorded as ({shown[0]})")
            raise PropertyError(f"{where}, inferred again as ({shown[1]})")
        checked += 1
    witnesses.counts["operations inferred again"] += checked


def _agree(op: StableHLOOp, inferred: Sequence[Attribute]) -> bool:
    declared = op.result_types
    if tuple(inferred) == tuple(declared):
        return True
    if op.name in WITH_ELEMENTS:
        return len(declared) == len(inferred) and all(
            is_tensor(a) and is_tensor(b) and shape(a) == shape(b)
            for a, b in zip(declared, inferred, strict=True)
        )
    return op.name in WITH_SIZES and all(map(compatible, declared, inferred))
