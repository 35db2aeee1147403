"""Operands that hold sizes: 1-dimensional tensors of integers, whose values may be constants.

Where such a value is a constant the constraints on it are decided, elsewhere they are left open,
as upstream does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IndexType, IntegerType
from xdsl.ir import Operation, SSAValue

from dialects.constraints import Constraint
from dialects.dense import DenseAttr, dense_array
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.element_types import INTEGER, ElementTypes
from dialects.stablehlo.tensors import is_tensor, rank, shape

SIZES = INTEGER | ElementTypes(("index",), frozenset({IndexType()}))
"""What a size may be; the specification has integers, ``index`` is upstream's addition."""

CONSTANTS = frozenset(("stablehlo.constant", "arith.constant"))
"""Operations whose property ``value`` has the elements of their result."""


_MOST_SIZES = 1 << 16
"""No shape has more; a splat of any size takes no text."""


def constant_integers(value: SSAValue) -> tuple[int, ...] | None:
    """The elements of a constant tensor of integers in order; ``None`` for any other value.

    Also ``None`` for more than can be the sizes of a shape.
    """
    owner = value.owner
    if not isinstance(owner, Operation) or owner.name not in CONSTANTS:
        return None
    elements = owner.properties.get("value")
    if not isinstance(elements, DenseIntOrFPElementsAttr):
        return None
    dense = cast(DenseAttr, elements)
    if not isinstance(dense.get_element_type(), IntegerType | IndexType):
        return None
    array = dense_array(dense)
    if array.size > _MOST_SIZES:
        return None
    return tuple(int(number) for number in array.reshape(-1))


def sizes_row(
    id: str,
    name: str,
    *,
    dimensions: int = 1,
    static: bool = True,
    elements: ElementTypes = SIZES,
) -> Constraint[Any]:
    """The operand is a tensor of integers of this rank, and of a known shape if ``static``."""

    def holds(op: Any) -> bool:
        value: SSAValue = getattr(op, name)
        return (
            is_tensor(value)
            and elements.accepts(value.type)
            and rank(value) == dimensions
            and not (static and DYNAMIC in shape(value))
        )

    known = "static " if static else ""
    return Constraint(
        id,
        holds,
        lambda op: (
            f"{name} must be a {known}{dimensions}-dimensional {elements}, "
            f"got {getattr(op, name).type}"
        ),
    )


def constants_row(
    id: str,
    value: Callable[[Any], SSAValue],
    holds: Callable[[Any, Sequence[int]], bool],
    message: Callable[[Any, Sequence[int]], str],
) -> Constraint[Any]:
    """A row on the numbers of an operand, undecided where they are not constant."""

    def decided(op: Any) -> bool | None:
        numbers = constant_integers(value(op))
        return None if numbers is None else holds(op, numbers)

    return Constraint(id, decided, lambda op: message(op, constant_integers(value(op)) or ()))
