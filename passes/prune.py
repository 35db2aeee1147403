"""Incremental dead-value pruning: drops from a closed region what its terminator does not need."""

from __future__ import annotations

from xdsl.ir import Block, Region

from dialects.dominance import postorder
from passes.effects import Removability
from passes.region_pass import PassResult
from passes.release import release_block, release_operation

# xDSL's public iterators can not be walked backward while operations are erased.
# pyright: reportPrivateUsage=false


class PrunePass:
    """Dead-code elimination on one region, nested regions included.

    One backward walk suffices: users follow definitions in a block, and stand in blocks that theirs
    dominates, so when an operation is reached every dead user of it is gone already.
    """

    name = "prune"

    def __init__(self, removability: Removability | None = None) -> None:
        self._effects = removability or Removability()

    def run(self, region: Region) -> PassResult:
        """Removes the operations with no effect and no path to a terminator of the region."""
        if region.first_block is region.last_block:
            removed = sum(self._prune_block(block) for block in region.blocks)
        else:
            removed = self._prune_blocks(region)
        return PassResult(modified=removed > 0, removed=removed)

    def _prune_blocks(self, region: Region) -> int:
        """Of several blocks those go that nothing branches to; users precede what they use."""
        order = postorder(region)
        reached = {*order}
        unreachable = [block for block in region.blocks if block not in reached]
        removed = sum(1 for block in unreachable for _ in block.walk())
        for block in unreachable:
            region.detach_block(block)
            block.drop_all_references()
        for block in unreachable:
            release_block(block)
        return removed + sum(map(self._prune_block, order))

    def _prune_block(self, block: Block) -> int:
        removed = 0
        removable = self._effects.removable
        op = block._last_op
        while op is not None:
            previous = op._prev_op
            for result in op.results:
                if result.first_use is not None:
                    dead = False
                    break
            else:
                dead = removable(op)
            if dead:
                removed += 1
                block.erase_op(op)
                release_operation(op)
            elif op.regions:
                removed += sum(self.run(region).removed for region in op.regions)
            op = previous
        return removed
