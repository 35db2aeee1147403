"""Making one xDSL operation and appending it to a block, without the cost of the constructors.

``Operation.create`` and ``Block.add_op`` take 10-25 us an operation; a recorder makes millions.
:func:`append_op` sets the same fields directly. It relies on private fields of the pinned xDSL
release: tests/irkit/test_op_construction.py compares its result with ``create``'s field by field.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xdsl.dialects.builtin import UnknownLoc
from xdsl.ir import Attribute, Block, Operation, OpResult, Region, SSAValue, Use
from xdsl.ir.core import SSAValues

from passes.release import abandon_block, release_block

__all__ = ["abandon_block", "append_op", "release_block"]

_UNKNOWN_LOCATION = UnknownLoc()
_NO_OPERANDS: Any = SSAValues()


def append_op(
    block: Block,
    cls: type[Operation],
    operands: Sequence[SSAValue],
    result_types: Sequence[Attribute],
    properties: Mapping[str, Attribute],
    regions: Sequence[Region] = (),
) -> Operation:
    """Creates ``cls`` from checked parts and makes it the last operation of ``block``."""
    op = cls.__new__(cls)
    fields = vars(op)
    if operands:
        uses: list[Use] = []
        for index, value in enumerate(operands):
            first = value.first_use
            use = Use(op, index, None, first)
            if first is not None:
                first._prev_use = use
            value.first_use = use
            uses.append(use)
        fields["_operands"] = SSAValues(operands)
        fields["_operand_uses"] = tuple(uses)
    else:
        fields["_operands"] = _NO_OPERANDS
        fields["_operand_uses"] = ()
    if len(result_types) == 1:
        fields["results"] = SSAValues((OpResult(result_types[0], op, 0),))
    else:
        fields["results"] = SSAValues(OpResult(t, op, i) for i, t in enumerate(result_types))
    fields["properties"] = dict(properties)
    fields["attributes"] = {}
    fields["location"] = _UNKNOWN_LOCATION
    last = block._last_op
    fields["_prev_op"] = last
    fields["parent"] = block
    if last is None:
        block._first_op = op
    else:
        last._next_op = op
    block._last_op = op
    for region in regions:
        op.add_region(region)
    return op
