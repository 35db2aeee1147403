"""``async_start`` and ``async_done``: one operation that runs beside the others.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#async_start, #async_done
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    region_def,
    result_def,
    var_operand_def,
)

from dialects.constraints import Constraint, ConstraintError
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.collectives import takes_tensors
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.future import FutureType
from dialects.stablehlo.regions import (
    argument_types,
    problem_row,
    returned_types,
    structure_problem,
    types_text,
)
from dialects.stablehlo.signature import Rows, require, returns, row

ASYNCHRONOUS = frozenset(
    f"stablehlo.{name}"
    for name in (
        "all_gather",
        "all_reduce",
        "all_to_all",
        "collective_broadcast",
        "collective_permute",
        "collective_reduce",
        "dynamic_slice",
        "dynamic_update_slice",
        "reduce_scatter",
        "slice",
    )
)
"""What may run beside other operations: collectives and slices."""


def _single_problem(region: Region) -> str | None:
    count = len(region.blocks[0].ops)
    if count == 2:
        return None
    return f"body has {count} operations, expected one and stablehlo.return"


def _kind_problem(region: Region) -> str | None:
    first = region.blocks[0].first_op
    if first is not None and first.name in ASYNCHRONOUS:
        return None
    found = "nothing" if first is None else first.name
    return f"body must run a collective or a slice, got {found}"


def _arguments_problem(region: Region, operands: Sequence[Attribute]) -> str | None:
    arguments = argument_types(region)
    if list(arguments) == list(operands):
        return None
    return f"body takes {types_text(arguments)}, the operands are {types_text(operands)}"


def _returned_problem(region: Region) -> str | None:
    returned = returned_types(region)
    return None if len(returned) == 1 else f"body returns {types_text(returned)}, expected one"


def _isolation_problem(op: AsyncStartOp) -> str | None:
    for inner in op.body.walk():
        for operand in inner.operands:
            if not _is_inside(operand, op.body):
                return f"{inner.name} in body uses a value from outside"
    return None


def _is_inside(value: SSAValue, region: Region) -> bool:
    """Whether the value is an argument or a result of something in the region."""
    owner = value.owner
    block = owner if isinstance(owner, Block) else owner.parent
    while block is not None:
        if block.parent is region:
            return True
        around = block.parent_op()
        block = None if around is None else around.parent
    return False


def _result_problem(op: AsyncStartOp) -> str | None:
    expected = FutureType.of(returned_types(op.body))
    return None if op.result.type == expected else f"expected {expected}, got {op.result.type}"


@irdl_op_definition
class AsyncStartOp(StableHLOOp):
    """Starts the one operation of ``body``, a collective or a slice, on the operands.

    ``body`` sees nothing but its arguments.
    """

    name = "stablehlo.async_start"

    arguments = var_operand_def()
    result = result_def()
    body = region_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        takes_tensors("I1"),
        problem_row("I2", lambda op: structure_problem("body", (op.body,))),
        problem_row("C1", lambda op: _single_problem(op.body)),
        problem_row("C2", lambda op: _kind_problem(op.body)),
        problem_row("C3", lambda op: _arguments_problem(op.body, op.operand_types)),
        problem_row("I2", _isolation_problem),
        problem_row("C1", lambda op: _returned_problem(op.body)),
        problem_row("C4", _result_problem),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        if len(regions) != 1:
            raise ConstraintError(cls.name, "I2", f"{len(regions)} regions, expected one")
        region = regions[0]
        for id, look in (
            ("I2", lambda: structure_problem("body", regions)),
            ("C1", lambda: _single_problem(region)),
            ("C2", lambda: _kind_problem(region)),
            ("C3", lambda: _arguments_problem(region, operands)),
            ("C1", lambda: _returned_problem(region)),
        ):
            problem = look()
            if problem is not None:
                raise ConstraintError(cls.name, id, problem)
        return (FutureType.of(returned_types(region)),)


@irdl_op_definition
class AsyncDoneOp(StableHLOOp):
    """Waits for what ``async_start`` began, and gives its result."""

    name = "stablehlo.async_done"

    operand = operand_def()
    result = result_def()

    INPUTS: ClassVar[Rows] = (
        row(
            "I1",
            lambda s: len(_awaited(s.operand_types[0])) == 1,
            lambda s: f"operand must be the future of one tensor, got {s.operand_types[0]}",
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("O1", "result", ANY),
        row(
            "C1",
            lambda s: list(s.result_types) == list(_awaited(s.operand_types[0])),
            lambda s: (
                f"the result of {s.operand_types[0]} must be {_awaited(s.operand_types[0])[0]}, "
                f"got {s.result_types[0]}"
            ),
        ),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return _awaited(operands[0])


def _awaited(type_: Attribute) -> Sequence[Attribute]:
    return type_.types.data if isinstance(type_, FutureType) else ()
