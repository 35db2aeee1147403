"""Types as numbers, and the small constants that later operations look at."""

from __future__ import annotations

from array import array
from typing import cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IndexType, IntegerType
from xdsl.ir import Attribute, Operation

from dialects.dense import DenseAttr
from dialects.stablehlo.shape_operands import CONSTANTS

LARGEST_CONSTANT = 4096
"""Bytes of a constant that an operation's rules may look at."""


class TypeNumbers:
    """Numbers from 1 up; 0 is a type that is not known.

    The result of a small integer constant has a number of its own, which says what the constant is:
    the rules of an operation that takes sizes as operands depend on it.
    """

    def __init__(self) -> None:
        self.types: list[Attribute | None] = [None]
        self.origins: list[Operation | None] = [None]
        """The constant of a number that says it."""
        self.bases = array("I", (0,))
        """The number of the type alone."""
        self._known: dict[Attribute | tuple[Attribute, Attribute], int] = {}

    def number(self, type: Attribute) -> int:
        """The number of a type."""
        found = self._known.get(type)
        return self._add(type, type, None) if found is None else found

    def results(self, op: Operation) -> list[int]:
        """The numbers of an operation's results."""
        if op.name in CONSTANTS:
            value = op.properties.get("value")
            if value is not None and _is_small(value):
                type = op.results[0].type
                found = self._known.get((type, value))
                return [self._add((type, value), type, op) if found is None else found]
        return [self.number(type) for type in op.result_types]

    def _add(
        self,
        key: Attribute | tuple[Attribute, Attribute],
        type: Attribute,
        origin: Operation | None,
    ) -> int:
        base = 0 if origin is None else self.number(type)
        number = self._known[key] = len(self.types)
        self.types.append(type)
        self.origins.append(origin)
        self.bases.append(base or number)
        return number


def _is_small(value: Attribute) -> bool:
    if not isinstance(value, DenseIntOrFPElementsAttr):
        return False
    dense = cast("DenseAttr", value)
    integer = isinstance(dense.get_element_type(), IntegerType | IndexType)
    return integer and len(dense.data.data) <= LARGEST_CONSTANT
