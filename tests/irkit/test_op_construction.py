"""``append_op`` makes what xDSL's own constructors make, and ``release_block`` frees it."""

from __future__ import annotations

import gc
import weakref

import pytest
from xdsl.dialects.builtin import DenseArrayBase, TensorType, f32, i64
from xdsl.ir import Block, Operation, Region

from dialects.stablehlo.binary import AddOp
from dialects.stablehlo.control_flow import IfOp, ReturnOp
from dialects.stablehlo.shape import TransposeOp
from irkit.op_construction import append_op, release_block

TYPE = TensorType(f32, [4, 4])


def made_by(construct):
    """A block whose operations use one value twice, carry properties, and hold regions."""
    block = Block(arg_types=[TYPE, TensorType(f32, [])])
    x, pred = block.args
    add = construct(block, AddOp, (x, x), (TYPE,), {}, ())
    permutation = DenseArrayBase.from_list(i64, [1, 0])
    turned = construct(
        block, TransposeOp, (add.results[0],), (TYPE,), {"permutation": permutation}, ()
    )
    regions = []
    for _ in range(2):
        inner = Block()
        construct(inner, ReturnOp, (turned.results[0],), (), {}, ())
        regions.append(Region(inner))
    construct(block, IfOp, (pred,), (TYPE, TYPE), {}, regions)
    return block


def by_xdsl(block, cls, operands, types, properties, regions) -> Operation:
    op = cls.create(
        operands=operands, result_types=types, properties=properties, regions=list(regions)
    )
    block.add_op(op)
    return op


def described(block: Block, numbers: dict[int, int]) -> list[object]:
    """Everything reachable of a block's operations, with objects as numbers."""

    def number(thing: object) -> int:
        return numbers.setdefault(id(thing), len(numbers))

    out: list[object] = [[(number(a), a.type, a.index) for a in block.args]]
    for op in block.ops:
        uses = [[(number(u.operation), u.index) for u in v.uses] for v in op.operands]
        out.append(
            (
                type(op),
                number(op),
                [number(v) for v in op.operands],
                [(number(r), r.type, r.index, r.owner is op) for r in op.results],
                uses,
                dict(op.properties),
                dict(op.attributes),
                op.location,
                op.parent is block,
                op.prev_op is None or number(op.prev_op),
                op.next_op is None or number(op.next_op),
                [described(region.block, numbers) for region in op.regions],
                [region.parent is op for region in op.regions],
                [u.index for u in op._operand_uses],
                op.successors[:],
            )
        )
    assert block.first_op is next(iter(block.ops))
    assert block.last_op is list(block.ops)[-1]
    return out


def test_same_structure_as_the_constructors() -> None:
    assert described(made_by(append_op), {}) == described(made_by(by_xdsl), {})


def test_operations_do_not_share_their_properties() -> None:
    block = made_by(append_op)
    properties = {"permutation": DenseArrayBase.from_list(i64, [1, 0])}
    first, second = (
        append_op(block, TransposeOp, (block.args[0],), (TYPE,), properties) for _ in range(2)
    )
    del first.properties["permutation"]
    assert second.properties == properties


def test_xdsl_edits_what_append_op_made() -> None:
    block = made_by(append_op)
    add, turned, _ = block.ops
    turned.operands[0] = block.args[0]
    block.erase_op(add)
    assert [op.name for op in block.ops] == ["stablehlo.transpose", "stablehlo.if"]


@pytest.mark.parametrize("construct", [append_op, by_xdsl])
def test_released_operations_need_no_collector(construct) -> None:
    gc.collect()
    gc.disable()
    try:
        block = made_by(construct)
        watched = [weakref.ref(op) for op in block.walk()]
        release_block(block)
        del block
        assert [ref() for ref in watched] == [None] * len(watched)
    finally:
        gc.enable()
