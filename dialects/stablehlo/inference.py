"""Asking an operation's table of constraints before the operation exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from xdsl.ir import Attribute, Block, Operation

from dialects.constraints import Constraint, ConstraintError, violations

OpT = TypeVar("OpT", bound=Operation)


def checked_probe(
    cls: type[OpT],
    operands: Sequence[Attribute],
    properties: Mapping[str, Attribute],
    rows: Sequence[Constraint[Any]],
) -> OpT:
    """An operation without results on operands of these types, for which ``rows`` hold.

    Type inference reads it and drops it; so one table serves inference and verification.
    Raises :class:`~dialects.constraints.ConstraintError` with the first row that does not hold.
    """
    probe = cls.create(operands=Block(arg_types=operands).args, properties=properties)
    for violation in violations(probe, rows):
        raise ConstraintError(violation.op, violation.id, violation.text)
    return probe
