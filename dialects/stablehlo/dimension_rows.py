"""Rows that ask of lists of dimensions whether they increase, repeat, or are in range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dialects.constraints import Constraint
from dialects.stablehlo.dimension_numbers import dims_text
from dialects.stablehlo.tensors import in_range, is_sorted, is_unique

Row = Constraint[Any]
Dimensions = Callable[[Any], Sequence[int]]
"""Reads a list of dimensions from an operation."""


def increasing_row(id: str, name: str, dims: Dimensions) -> Row:
    """Sorted, and none twice."""
    return Constraint(
        id,
        lambda op: is_sorted(dims(op)) and is_unique(dims(op)),
        lambda op: f"{name} {dims_text(dims(op))} must increase",
    )


def sorted_row(id: str, name: str, dims: Dimensions) -> Row:
    """Sorted."""
    return Constraint(
        id,
        lambda op: is_sorted(dims(op)),
        lambda op: f"{name} {dims_text(dims(op))} must be sorted",
    )


def unique_row(id: str, **lists: Dimensions) -> Row:
    """No dimension twice in all the lists together."""

    def message(op: Any) -> str:
        shown = " and ".join(f"{name} {dims_text(dims(op))}" for name, dims in lists.items())
        return f"a dimension repeats in {shown}"

    return Constraint(
        id, lambda op: is_unique([d for dims in lists.values() for d in dims(op)]), message
    )


def in_range_row(id: str, name: str, dims: Dimensions, bound: Callable[[Any], int]) -> Row:
    """All at least 0 and less than ``bound``."""
    return Constraint(
        id,
        lambda op: in_range(dims(op), bound(op)),
        lambda op: f"{name} {dims_text(dims(op))} not all in [0, {bound(op)})",
    )
