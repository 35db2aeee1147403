"""Pruning a closed region: upstream's rule for dead code, one backward walk."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import StringAttr, TensorType, UnitAttr, f32, i32
from xdsl.dialects.test import TestOp as AnyOp
from xdsl.dialects.test import TestPureOp as PureOp
from xdsl.ir import Block, Region

from dialects.chunk import ParameterOp, YieldOp
from dialects.stablehlo.binary import AddOp, MulOp
from dialects.stablehlo.control_flow import CaseOp, ReturnOp
from passes.prune import PrunePass

TYPE = TensorType(f32, [4])


def add(block: Block, lhs, rhs, cls=AddOp):
    op = cls.create(operands=[lhs, rhs], result_types=[TYPE])
    block.add_op(op)
    return op.results[0]


def closed(block: Block, *live_outs) -> Region:
    block.add_op(YieldOp.create(operands=live_outs))
    return Region(block)


def names(block: Block) -> list[str]:
    return [op.name for op in block.ops]


def test_a_value_without_a_reader_goes() -> None:
    block = Block(arg_types=[TYPE])
    x = block.args[0]
    kept = add(block, x, x)
    add(block, kept, x, MulOp)
    result = PrunePass().run(closed(block, kept))
    assert names(block) == ["stablehlo.add", "chunk.yield"]
    assert (result.modified, result.removed) == (True, 1)


def test_a_dead_chain_goes_whole() -> None:
    block = Block(arg_types=[TYPE])
    value = block.args[0]
    for _ in range(5):
        value = add(block, value, value)
    assert PrunePass().run(closed(block)).removed == 5
    assert names(block) == ["chunk.yield"]


def test_pruning_twice_changes_nothing() -> None:
    block = Block(arg_types=[TYPE])
    x = block.args[0]
    add(block, x, x)
    region = closed(block, add(block, x, x))
    prune = PrunePass()
    assert prune.run(region).modified
    assert not prune.run(region).modified


def test_block_arguments_and_terminator_stay() -> None:
    block = Block(arg_types=[TYPE, TYPE])
    PrunePass().run(closed(block))
    assert len(block.args) == 2
    assert names(block) == ["chunk.yield"]


def test_a_declaration_stays_and_a_mere_reference_goes() -> None:
    block = Block()
    name = StringAttr("w")
    for properties in ({"parameter": name, "declares": UnitAttr()}, {"parameter": name}):
        block.add_op(ParameterOp.create(result_types=[TYPE], properties=properties))
    assert PrunePass().run(closed(block)).removed == 1
    assert names(block) == ["chunk.parameter", "chunk.yield"]


@pytest.mark.parametrize("readers", [0, 1, 3])
def test_removal_depends_on_readers_alone(readers: int) -> None:
    block = Block(arg_types=[TYPE])
    value = add(block, block.args[0], block.args[0])
    outs = [add(block, value, value, MulOp) for _ in range(readers)]
    PrunePass().run(closed(block, *outs))
    assert ("stablehlo.add" in names(block)) == (readers > 0)


def test_nested_operations_are_counted_with_the_others() -> None:
    block = Block(arg_types=[TYPE, TensorType(i32, [])])
    x, index = block.args
    branches = [Block(), Block()]
    for number, branch in enumerate(branches):
        for _ in range(number + 1):
            add(branch, x, x)
        branch.add_op(ReturnOp.create(operands=[x]))
    case = CaseOp.create(
        operands=[index], result_types=[TYPE], regions=[Region(branch) for branch in branches]
    )
    block.add_op(case)
    add(block, x, x)
    add(block, x, x)
    result = PrunePass().run(closed(block, case.results[0]))
    assert (result.modified, result.removed) == (True, 5)
    assert [names(branch) for branch in branches] == [["stablehlo.return"]] * 2


def test_a_result_beside_a_live_one_stays_with_it() -> None:
    block = Block(arg_types=[TYPE])
    for read in (0, 1, None):
        pair = PureOp.create(operands=[], result_types=[TYPE, TYPE])
        block.add_op(pair)
        if read is not None:
            block.add_op(AnyOp.create(operands=[pair.results[read]]))
    assert PrunePass().run(closed(block)).removed == 1
    assert names(block) == ["test.pureop", "test.op"] * 2 + ["chunk.yield"]
