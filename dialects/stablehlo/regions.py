"""Looking into the regions of an operation: one block each, ended by ``stablehlo.return``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Attribute, Operation, Region

from dialects.constraints import Constraint
from dialects.stablehlo.base import compatible

OpT = TypeVar("OpT", bound=Operation)


def problem_row(id: str, problem: Callable[[OpT], str | None]) -> Constraint[OpT]:
    """A constraint from a function that tells what is wrong, or ``None``."""
    return Constraint(id, lambda op: problem(op) is None, lambda op: problem(op) or "")


def structure_problem(label: str, regions: Iterable[Region]) -> str | None:
    """Why some region is not one block ended by ``stablehlo.return``."""
    for number, region in enumerate(regions):
        blocks = list(region.blocks)
        if len(blocks) != 1:
            return f"{label} {number} has {len(blocks)} blocks, expected one"
        last = blocks[0].last_op
        if last is None or last.name != "stablehlo.return":
            found = "nothing" if last is None else last.name
            return f"{label} {number} ends in {found}, expected stablehlo.return"
    return None


def returned_types(region: Region) -> Sequence[Attribute]:
    """The types of what ``stablehlo.return`` returns; none for a region without it."""
    last = region.blocks[0].last_op if region.blocks else None
    return () if last is None else [operand.type for operand in last.operands]


def argument_types(region: Region) -> Sequence[Attribute]:
    """The types of the entry block's arguments."""
    return [argument.type for argument in region.blocks[0].args] if region.blocks else ()


def all_compatible(left: Sequence[Attribute], right: Sequence[Attribute]) -> bool:
    """Whether types agree pairwise, an unknown dimension with any."""
    return len(left) == len(right) and all(map(compatible, left, right))


def types_text(types: Iterable[Attribute]) -> str:
    """``(tensor<f32>, tensor<i32>)``."""
    return f"({', '.join(map(str, types))})"


def is_buffer(type_: Attribute) -> bool:
    """Whether the type is a memref, which only some operations may carry."""
    return isinstance(type_, MemRefType)
