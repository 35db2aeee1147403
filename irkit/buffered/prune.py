"""Dead-code elimination on a whole function by reachability."""

from __future__ import annotations

from xdsl.ir import Block, Operation
from xdsl.traits import IsTerminator, is_side_effect_free


def prune_unreachable(block: Block) -> int:
    """Erases what neither has an effect nor is read, over any path, by something that has.

    Marks from the roots (terminators and operations with effects) along operands, enters the
    regions of what it marks, then sweeps. Gives the number of operations erased, nested ones
    included.
    """
    marked: set[Operation] = set()
    pending: list[Operation] = _roots(block)
    while pending:
        op = pending.pop()
        if op in marked:
            continue
        marked.add(op)
        pending.extend(o.owner for o in op.operands if isinstance(o.owner, Operation))
        for region in op.regions:
            for inner in region.blocks:
                pending.extend(_roots(inner))
    return _erase_unmarked(block, marked)


def _roots(block: Block) -> list[Operation]:
    return [op for op in block.ops if op.has_trait(IsTerminator) or not is_side_effect_free(op)]


def _erase_unmarked(block: Block, marked: set[Operation]) -> int:
    erased = 0
    for op in reversed(list(block.ops)):
        if op not in marked:
            block.erase_op(op)
            erased += 1
            continue
        for region in op.regions:
            for inner in region.blocks:
                erased += _erase_unmarked(inner, marked)
    return erased
