"""Operations share a signature exactly if they differ in nothing but which values they read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from xdsl.dialects.builtin import IntegerAttr, StringAttr, TensorType, UnitAttr, f32, f64, i32
from xdsl.dialects.test import TestOp as AnyOp
from xdsl.dialects.test import TestPureOp as PureOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dialects.dense import dense_from_array
from passes.signature import SignatureTable

F32, F64 = TensorType(f32, [4]), TensorType(f64, [4])
ONE, TWO = IntegerAttr(1, i32), IntegerAttr(2, i32)
LARGE = dense_from_array(np.arange(1 << 19, dtype=np.float32), TensorType(f32, [1 << 19]))


def make(
    reads: Sequence[SSAValue],
    results: Sequence[Attribute] = (F32,),
    cls: type[Operation] = AnyOp,
    **given,
) -> Operation:
    return cls.create(operands=reads, result_types=results, **given)


def values(*types: Attribute) -> Sequence[SSAValue]:
    return Block(arg_types=types).args


def nested(
    outer: Sequence[SSAValue],
    reads: Callable[[Sequence[SSAValue], Sequence[SSAValue]], Sequence[SSAValue]],
    arguments: Sequence[Attribute] = (F32, F32),
    inner: type[Operation] = AnyOp,
    yields: int = 1,
) -> Operation:
    """An operation with a region: two operations; ``reads`` picks what the second one reads."""
    block = Block(arg_types=arguments)
    first = make(block.args[:1], (F32, F32), inner)
    second = make(reads([*block.args, *first.results], outer), (F32,) * yields)
    block.add_ops([first, second])
    return make(outer[:1], regions=[Region(block)])


SAME = {
    "nothing": lambda: [make(values()) for _ in range(2)],
    "what is read": lambda: [make(values(F32)[:1]), make(values(F32, F32)[1:])],
    "how often a value is read": lambda: [make([*values(F32)] * 2), make(values(F32, F32))],
    "the values that a region captures": lambda: [
        nested(values(F32, F32), lambda own, outer, k=k: [outer[k]]) for k in (0, 1)
    ],
}
DIFFERENT = {
    "class": lambda: [make(values(F32)), make(values(F32), cls=PureOp)],
    "type of an operand": lambda: [make(values(F32)), make(values(F64))],
    "type of an operand beside properties": lambda: [
        make(values(t), properties={"prop1": ONE}) for t in (F32, F64)
    ],
    "number of operands": lambda: [make(values(F32)), make(values(F32, F32))],
    "an operand's type that is a result's": lambda: [
        make(values(F32), (F64,)),
        make(values(F32, F64), ()),
    ],
    "type of a result": lambda: [make(values(F32)), make(values(F32), (F64,))],
    "type of a result beside properties": lambda: [
        make((), (t,), properties={"prop1": ONE}) for t in (F32, F64)
    ],
    "a property": lambda: [make((), properties={"prop1": v}) for v in (ONE, TWO)],
    "name of a property": lambda: [make((), properties={n: ONE}) for n in ("prop1", "prop2")],
    "an attribute": lambda: [make((), attributes={"a": v}) for v in (ONE, TWO)],
    "name of an attribute": lambda: [make((), attributes={n: ONE}) for n in ("a", "b")],
    "property or attribute": lambda: [
        make((), properties={"prop1": ONE}),
        make((), attributes={"prop1": ONE}),
    ],
    "property or attribute beside others": lambda: [
        make((), properties={"prop1": ONE}, attributes={"prop2": TWO}),
        make((), properties={"prop1": ONE, "prop2": TWO}),
    ],
    "properties or none": lambda: [make(()), make((), properties={"prop1": UnitAttr()})],
    "attributes or none": lambda: [make(()), make((), attributes={"a": UnitAttr()})],
    "a region or none": lambda: [make(values(F32)), nested(values(F32), lambda own, outer: own)],
    "arguments of a region": lambda: [
        nested(values(F32), lambda own, outer: own[:1], (F32, other)) for other in (F32, F64)
    ],
    "what is read in a region": lambda: [
        nested(values(F32), lambda own, outer, pick=pick: [own[pick]]) for pick in range(4)
    ],
    "whether it is captured": lambda: [
        nested(values(F32), lambda own, outer: own[:1]),
        nested(values(F32), lambda own, outer: [outer[0]]),
    ],
    "whether it is captured, or another value of the region": lambda: [
        nested(values(F32), lambda own, outer: own[1:2]),
        nested(values(F32), lambda own, outer: [outer[0]]),
    ],
    "which captured values are one": lambda: [
        nested(values(F32, F32), lambda own, outer: [outer[0], outer[0]]),
        nested(values(F32, F32), lambda own, outer: [outer[0], outer[1]]),
    ],
    "the order of captured values and own": lambda: [
        nested(values(F32, F32), lambda own, outer, k=k: [outer[0], outer[1], outer[k]])
        for k in range(2)
    ],
    "an operation in a region": lambda: [
        nested(values(F32), lambda own, outer: own[:1], inner=cls) for cls in (AnyOp, PureOp)
    ],
    "results in a region": lambda: [
        nested(values(F32), lambda own, outer: own[:1], yields=count) for count in (1, 2)
    ],
    "a region in a region": lambda: [
        make((), regions=[Region(Block([nested(values(F32), lambda own, outer, k=k: [own[k]])]))])
        for k in range(4)
    ],
    "number of blocks": lambda: [
        make((), regions=[Region([Block() for _ in range(count)])]) for count in (1, 2)
    ],
    "to which region a block belongs": lambda: [
        make((), regions=[Region([Block() for _ in range(count)]) for count in counts])
        for counts in ((1, 2), (2, 1))
    ],
}


@pytest.mark.parametrize("what", SAME)
def test_operations_that_differ_in_this_share_their_signature(what: str) -> None:
    table = SignatureTable()
    found = {id(table.with_captures(op)[0]) for op in SAME[what]()}
    assert len(found) == 1


@pytest.mark.parametrize("what", DIFFERENT)
def test_operations_that_differ_in_this_do_not(what: str) -> None:
    table = SignatureTable()
    operations = DIFFERENT[what]()
    found = {id(table.with_captures(op)[0]) for op in operations}
    assert len(found) == len(operations)


def test_captured_values_are_given_once_in_the_order_of_reading() -> None:
    outer = values(F32, F32, F32)
    op = nested(outer, lambda own, outer: [outer[2], own[0], outer[0], outer[2], own[3]])
    signature, captured = SignatureTable().with_captures(op)
    assert [*captured] == [outer[2], outer[0]]
    assert signature.verified is False
    assert signature.template is None


def test_captured_values_of_regions_in_regions() -> None:
    outer = values(F32, F32)
    inner = nested(outer, lambda own, outer: [outer[1], own[0]])
    op = make((), regions=[Region(Block([inner]))])
    assert [*SignatureTable().with_captures(op)[1]] == [outer[0], outer[1]]


def test_an_operation_is_looked_at_once_until_it_is_forgotten() -> None:
    table, op = SignatureTable(), make(values(F32))
    first = table.with_captures(op)
    assert table.with_captures(op) is first
    op.properties["prop1"] = ONE
    assert table.with_captures(op) is first
    table.forget_operations()
    changed = table.with_captures(op)
    assert changed[0] is not first[0]
    del op.properties["prop1"]
    table.forget_operations()
    assert table.with_captures(op)[0] is first[0]


def test_clear_forgets_all() -> None:
    table, op = SignatureTable(), make(values(F32))
    first = table.with_captures(op)[0]
    table.clear()
    assert table.with_captures(op)[0] is not first


def test_large_constants_are_not_held() -> None:
    for attribute, held in ((LARGE, False), (StringAttr("small"), True)):
        table = SignatureTable()
        pair = [make((), properties={"prop1": attribute}) for _ in range(2)]
        first, second = (table.with_captures(op)[0] for op in pair)
        assert (first is second) == held


def test_identities_in_a_key_stay_taken() -> None:
    """A type that is freed could give its identity, and so its signature, to another type."""
    table = SignatureTable()
    seen: set[int] = set()
    for size in range(200):
        signature = table.with_captures(make(values(TensorType(f32, [size])), ()))[0]
        assert id(signature) not in seen
        seen.add(id(signature))
        table.forget_operations()
