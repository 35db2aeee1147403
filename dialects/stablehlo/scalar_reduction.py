"""The body of ``scatter`` and ``select_and_scatter``: a reduction of scalars.

Their updates take the place of the initial values, and whatever the updates' shape is, the body
sees one element of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Region, SSAValue

from dialects.constraints import Constraint, ConstraintError
from dialects.stablehlo.regions import returned_types, types_text
from dialects.stablehlo.tensors import element_type, is_tensor

Parts = tuple[Sequence[SSAValue], Sequence[SSAValue], Region]
"""Inputs, updates and body."""


@dataclass(frozen=True, slots=True)
class ScalarReduction:
    """What the rows on a reducer's body look at."""

    inputs: Sequence[SSAValue]
    init_values: Sequence[SSAValue]
    body: Region


def on_scalars(
    rows: Sequence[Constraint[Any]], parts: Callable[[Any], Parts]
) -> tuple[Constraint[Any], ...]:
    """The rows of a reducer's body, for an operation with these inputs, updates and body."""

    def reduction(op: Any) -> ScalarReduction:
        inputs, updates, body = parts(op)
        scalars = Block(arg_types=[TensorType(element_type(update), ()) for update in updates])
        return ScalarReduction(inputs, scalars.args, body)

    def adapted(row: Constraint[Any]) -> Constraint[Any]:
        return Constraint(
            row.id,
            lambda op: row.holds(reduction(op)),
            lambda op: row.message(reduction(op)),
        )

    return tuple(map(adapted, rows))


def accumulated_elements(
    name: str, id: str, inputs: Sequence[SSAValue], regions: Sequence[Region]
) -> Sequence[Attribute]:
    """The element types of the results: what the body returns, else those of the inputs.

    Raises :class:`~dialects.constraints.ConstraintError` with ``id`` where it does not return a
    tensor for each input.
    """
    if not regions:
        return [element_type(i) for i in inputs]
    returned = returned_types(regions[0])
    if len(returned) != len(inputs) or not all(map(is_tensor, returned)):
        raise ConstraintError(
            name, id, f"the body returns {types_text(returned)}, expected {len(inputs)} tensors"
        )
    return [element_type(type_) for type_ in returned]
