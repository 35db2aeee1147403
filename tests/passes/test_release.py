"""What is released holds nothing, at whatever depth, and nothing else is touched."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, f32
from xdsl.dialects.test import TestOp as AnyOp
from xdsl.ir import Block, Region

from passes.release import abandon_block, release_block, release_operation

F32 = TensorType(f32, [4])


def test_every_use_of_every_value_goes() -> None:
    block = Block(arg_types=[F32, F32])
    argument = block.args[0]
    first = AnyOp.create(operands=[argument, argument, block.args[1]], result_types=[F32, F32])
    readers = [AnyOp.create(operands=[*first.results, argument]) for _ in range(3)]
    block.add_ops([first, *readers])
    values = [*block.args, *first.results]
    uses = [use for value in values for use in value.uses]
    assert len(uses) == 12
    operations = [*block.ops]
    release_block(block)
    assert not any(map(vars, (block, *values, *uses, *operations)))


def test_regions_go_with_their_operation() -> None:
    inner = Block(arg_types=[F32])
    deep = AnyOp.create(operands=inner.args)
    inner.add_op(AnyOp.create(regions=[Region(Block([deep]))]))
    region = Region(inner)
    op = AnyOp.create(regions=[region])
    release_operation(op)
    assert not any(map(vars, (op, region, inner, deep)))


def test_what_an_abandoned_block_read_is_not_read_any_more() -> None:
    outer = Block(arg_types=[F32])
    value = outer.args[0]
    keeps = AnyOp.create(operands=[value])
    outer.add_op(keeps)
    lost = Block([AnyOp.create(operands=[value, value])])
    abandon_block(lost)
    assert [use.operation for use in value.uses] == [keeps]
