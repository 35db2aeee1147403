"""The kinds of steps that a random program can have: what each records."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from irkit.testing.catalogue import (
    collectives,
    comparison,
    contraction,
    conversion,
    convolution,
    dynamic,
    elementwise,
    indexing,
    legacy,
    numerics,
    quantization,
    reduction,
    shape,
    slicing,
    structure,
    values,
)
from irkit.testing.catalogue.generator import Generator
from irkit.testing.errors import ProgramError

KINDS: Mapping[str, Generator] = MappingProxyType(
    {
        **collectives.GENERATORS,
        **comparison.GENERATORS,
        **contraction.GENERATORS,
        **conversion.GENERATORS,
        **convolution.GENERATORS,
        **dynamic.GENERATORS,
        **elementwise.GENERATORS,
        **indexing.GENERATORS,
        **legacy.GENERATORS,
        **numerics.GENERATORS,
        **quantization.GENERATORS,
        **reduction.GENERATORS,
        **shape.GENERATORS,
        **slicing.GENERATORS,
        **values.GENERATORS,
        "call": structure.call,
        "case": structure.case,
        "composite": structure.composite,
        "dead": structure.dead,
        "forget": structure.forget,
        "if": structure.if_then_else,
        "infeed": structure.infeed,
        "new": structure.new,
        "outfeed": structure.outfeed,
        "parameter": structure.parameter,
        "partly_dead": structure.partly_dead,
        "recv": structure.recv,
        "scope": structure.scope,
        "send": structure.send,
        "trace": structure.trace,
        "while": structure.while_loop,
    }
)
"""Every kind by its name."""

REGIONS: Mapping[str, int] = MappingProxyType(
    {
        "case": 3,
        "dead": 1,
        "if": 2,
        "scope": 1,
        "while": 2,
        "scatter": 1,
        **collectives.REGIONS,
        **reduction.REGIONS,
    }
)
"""How many lists of ``inner`` steps a kind makes use of; none for the kinds that are missing."""

NEWER: frozenset[str] = frozenset(
    ("collective_broadcast_rooted", "collective_reduce", "uniform_dequantize", "uniform_quantize")
)
"""Kinds of which jaxlib 0.10's StableHLO does not know the operations or their types.

The one in ``iree-opt`` 3.13 does; without these in a program jaxlib reads all of it.
"""


def generator_of(kind: str) -> Generator:
    """What records a step of this kind. Raises ``ProgramError`` where there is none."""
    found = KINDS.get(kind)
    if found is None:
        raise ProgramError(f"{kind!r} is no kind of step; there are: {', '.join(sorted(KINDS))}")
    return found
