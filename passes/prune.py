"""Incremental dead-value pruning: drops from a closed region what its terminator does not need."""

from __future__ import annotations

from xdsl.ir import Block, Region

from passes.effects import Removability
from passes.region_pass import PassResult
from passes.release import release_operation

# xDSL's public iterators can not be walked backward while operations are erased.
# pyright: reportPrivateUsage=false


class PrunePass:
    """Dead-code elimination on one region, nested regions included.

    One backward walk suffices in a block: users follow definitions, so when an operation is
    reached every dead user of it is gone already.
    """

    name = "prune"

    def __init__(self, removability: Removability | None = None) -> None:
        self._effects = removability or Removability()

    def run(self, region: Region) -> PassResult:
        """Removes the operations with no effect and no path to the region's terminator."""
        removed = sum(self._prune_block(block) for block in region.blocks)
        return PassResult(modified=removed > 0, removed=removed)

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
