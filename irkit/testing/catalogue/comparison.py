"""``compare``, ``select`` and ``clamp``."""

from __future__ import annotations

from collections.abc import Mapping

from dialects.stablehlo.attributes import ComparisonDirection
from dialects.stablehlo.comparison import comparison_types
from irkit import hlo
from irkit.hlo.reducers import scalar_of
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import is_plain, like, operand
from irkit.testing.drawing import Drawing
from irkit.value import Value


def compare(d: Drawing) -> Value:
    """A comparison in each direction, of a type that the elements allow or none."""
    lhs = operand(d, quantized=True)
    rhs = like(d, lhs)
    direction = d.picks.choose(tuple(ComparisonDirection))
    types = (None, *comparison_types(lhs.type.element_type))
    return hlo.compare(lhs, rhs, direction, d.picks.choose(types))


def select(d: Drawing) -> Value:
    """A choice by one boolean, or by one for each element."""
    on_true = operand(d, quantized=True)
    on_false = like(d, on_true)
    whole = d.picks.flag() and is_plain(on_true.type)
    pred = d.value(on_true.shape, "i1") if whole else d.scalar("i1")
    return hlo.select(pred, on_true, on_false)


def clamp(d: Drawing) -> Value:
    """Bounds of the operand's shape, or of no dimensions."""
    x = operand(d, quantized=True)
    scalar = scalar_of(x.type)
    low, high = (like(d, x) if d.picks.flag() else d.value_of(scalar) for _ in range(2))
    return hlo.clamp(low, x, high)


GENERATORS: Mapping[str, Generator] = {"clamp": clamp, "compare": compare, "select": select}
