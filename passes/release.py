"""Breaking the reference cycles of xDSL objects that are done with.

Operations, results and uses point at each other; without this they wait for the cyclic collector,
and a recorder's memory depends on when that runs.
"""

# The fields of xDSL's objects are set aside whole, private ones included; the release is pinned.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from xdsl.ir import Block, Operation, SSAValue


def release_block(block: Block) -> None:
    """Takes apart a block and everything in it. Nothing of it may be used afterwards."""
    op = block._first_op
    while op is not None:
        following = op._next_op
        release_operation(op)
        op = following
    for argument in block._args:
        _release_uses(argument)
    vars(block).clear()


def release_operation(op: Operation) -> None:
    """Takes apart an operation that is in no block any more, or whose block is released too."""
    for region in op.regions:
        for nested in region.blocks:
            release_block(nested)
        vars(region).clear()
    for result in op.results:
        _release_uses(result)
    vars(op).clear()


def _release_uses(value: SSAValue) -> None:
    use = value.first_use
    while use is not None:
        following = use._next_use
        vars(use).clear()
        use = following
    vars(value).clear()


def abandon_block(block: Block) -> None:
    """Takes apart a block that will be no part of the program, though it reads values that are."""
    block.drop_all_references()
    release_block(block)
