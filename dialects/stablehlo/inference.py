"""Asking an operation's table of constraints before the operation exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from xdsl.ir import Attribute, Block, Operation, SSAValue

from dialects.constraints import Constraint, ConstraintError, violations
from dialects.stablehlo.constant import ConstantOp

OpT = TypeVar("OpT", bound=Operation)


def checked_probe(
    cls: type[OpT],
    operands: Sequence[Attribute],
    properties: Mapping[str, Attribute],
    rows: Sequence[Constraint[Any]],
    constants: Mapping[int, Attribute] | None = None,
) -> OpT:
    """An operation without results on operands of these types, for which ``rows`` hold.

    Type inference reads it and drops it; so one table serves inference and verification.
    ``constants`` has the elements of operands, by number, that are known.
    Raises :class:`~dialects.constraints.ConstraintError` with the first row that does not hold.
    """
    values: list[SSAValue] = list(Block(arg_types=operands).args)
    for number, elements in (constants or {}).items():
        known = ConstantOp.create(result_types=(operands[number],), properties={"value": elements})
        values[number] = known.output
    probe = cls.create(operands=values, properties=properties)
    for violation in violations(probe, rows):
        raise ConstraintError(violation.op, violation.id, violation.text)
    return probe
