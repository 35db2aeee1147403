"""Modules that differ from a given one in one place, and modules that mean the same.

Every function works on a clone. A mutant differs in something that its outputs or effects depend
on, so no tier may call the two equal; a variant differs in nothing of the kind.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    BoolAttr,
    BytesAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    ModuleOp,
    StringAttr,
    TensorType,
    UnitAttr,
    f32,
    i1,
    i32,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.traits import IsTerminator, is_side_effect_free

from dialects.func import FuncOp
from dialects.stablehlo.attributes import ComparisonDirection, ComparisonDirectionAttr
from passes.prune import PrunePass

Mutant = tuple[str, ModuleOp]
"""What was done, and the module."""


def pruned(module: ModuleOp) -> ModuleOp:
    """A clone in which every operation counts."""
    clone = module.clone()
    for op in clone.walk():
        if isinstance(op, FuncOp):
            PrunePass().run(op.body)
    return clone


def operations(module: ModuleOp) -> list[Operation]:
    """The operations inside of functions, in order."""
    return [op for op in module.walk() if not isinstance(op, ModuleOp | FuncOp)]


# -- one place changed -------------------------------------------------------------------------


def mutants(module: ModuleOp) -> Iterator[Mutant]:
    """Every mutant of a module in which every operation counts."""
    for place, op in enumerate(operations(module)):
        for name, value in op.properties.items():
            # What a private symbol is called, and that it is one, means nothing.
            for other in () if name in ("sym_name", "sym_visibility") else _changed(value):
                yield _mutant(module, place, f"{op.name} {name}", _set_property(name, other))
        for index in range(len(op.results)):
            yield _mutant(module, place, f"{op.name} type of result {index}", _retype(index))
        yield from _rewired(module, place, op)
        yield from _swapped(module, place, op)


def _mutant(
    module: ModuleOp, place: int, what: str, change: Callable[[Operation], object]
) -> Mutant:
    clone = module.clone()
    change(operations(clone)[place])
    return what, clone


def _set_property(name: str, value: Attribute) -> Callable[[Operation], object]:
    return lambda op: op.properties.__setitem__(name, value)


def _retype(index: int) -> Callable[[Operation], object]:
    def change(op: Operation) -> None:
        result = op.results[index]
        cast(Any, result)._type = _other_type(result.type)

    return change


def _other_type(type_: Attribute) -> Attribute:
    if not isinstance(type_, TensorType):
        return TensorType(f32, [])
    tensor = cast("TensorType[Attribute]", type_)
    shape = list(tensor.get_shape())
    if shape:
        return TensorType(tensor.element_type, [shape[0] + 1 if shape[0] >= 0 else 1, *shape[1:]])
    return TensorType(i32 if tensor.element_type != i32 else f32, [])


def _rewired(module: ModuleOp, place: int, op: Operation) -> Iterator[Mutant]:
    """Each operand replaced by an argument of the same type that is another value."""
    block = op.parent
    for index, operand in enumerate(op.operands):
        for other in block.args if block is not None else ():
            if other is not operand and other.type == operand.type:
                number = other.index

                def change(op: Operation, index: int = index, number: int = number) -> None:
                    assert op.parent is not None
                    op.operands[index] = op.parent.args[number]

                yield _mutant(module, place, f"{op.name} operand {index}", change)
                break


def _swapped(module: ModuleOp, place: int, op: Operation) -> Iterator[Mutant]:
    """Two effects in the other order, where they are not the same effect twice."""
    after = op.next_op
    if (
        after is None
        # Definitions stand in any order.
        or isinstance(op.parent_op(), ModuleOp)
        or any(o.has_trait(IsTerminator) or is_side_effect_free(o) for o in (op, after))
        or set(after.operands) & set(op.results)
        or op.is_structurally_equivalent(after)
        or _text(op) == _text(after)
    ):
        return

    def change(op: Operation) -> None:
        assert op.parent is not None
        assert op.next_op is not None
        after = op.next_op
        after.detach()
        op.parent.insert_op_before(after, op)

    yield _mutant(module, place, f"{op.name} after the next effect", change)


def _text(op: Operation) -> tuple[object, ...]:
    return op.name, tuple(op.properties.items()), tuple(op.operands), op.result_types


def _changed(value: Attribute) -> Iterator[Attribute]:
    """The attribute with one field changed."""
    match value:
        case IntegerAttr() if value.type == i1:
            yield BoolAttr.from_bool(not value.value.data)
        case IntegerAttr():
            yield IntegerAttr(value.value.data + 1, value.type)
        case FloatAttr():
            yield FloatAttr(0.0 if value.value.data else 1.0, value.type)
        case StringAttr():
            yield StringAttr(value.data + "x")
        case UnitAttr():
            yield BoolAttr.from_bool(False)
        case ComparisonDirectionAttr():
            yield ComparisonDirectionAttr(
                next(d for d in ComparisonDirection if d is not value.data)
            )
        case DenseIntOrFPElementsAttr():
            raw = value.data.data
            # Narrow elements use the low bits of their bytes.
            for place, bit in ((0, 0), (len(raw) - 1, 0)) if raw else ():
                yield DenseIntOrFPElementsAttr(value.type, BytesAttr(_flipped(raw, place, bit)))
        case DenseArrayBase() if value.elt_type == i1:
            flags = [*map(bool, cast("DenseArrayBase[IntegerType]", value).get_values())]
            if flags:
                yield DenseArrayBase.from_list(i1, [not flags[0], *flags[1:]])
        case DenseArrayBase():
            raw = value.data.data
            if raw:
                yield DenseArrayBase(value.elt_type, BytesAttr(_flipped(raw, 0, 0)))
        case ArrayAttr():
            yield ArrayAttr(value.data[1:] if value.data else [StringAttr("x")])
        case DictionaryAttr():
            yield DictionaryAttr({**value.data, "x": UnitAttr()})
        case _:
            yield StringAttr("another kind of attribute")


def _flipped(raw: bytes, place: int, bit: int) -> bytes:
    """One bit of the data changed."""
    changed = bytearray(raw)
    changed[place] ^= 1 << bit
    return bytes(changed)


# -- the same program --------------------------------------------------------------------------


def variants(module: ModuleOp, seed: int) -> Iterator[Mutant]:
    """Programs that mean the same for every semantics of the operations."""
    for what, change in (
        ("pure operations in another order", _reorder),
        ("dead code", _insert_dead),
        ("duplicates", _duplicate),
        ("properties in another order", _reorder_properties),
    ):
        clone = module.clone()
        change(clone, random.Random(seed))
        yield what, clone


def _blocks(module: ModuleOp) -> Iterator[Block]:
    for op in module.walk():
        if not isinstance(op, ModuleOp):
            for region in op.regions:
                yield from region.blocks


def _pure(op: Operation) -> bool:
    return is_side_effect_free(op) and not op.has_trait(IsTerminator) and "rng" not in op.name


def _reads(op: Operation) -> set[SSAValue]:
    """What an operation and its regions read."""
    return {operand for inner in op.walk() for operand in inner.operands}


def _reorder(module: ModuleOp, random: random.Random) -> None:
    """Moves pure operations up, as far as their operands let them."""
    for block in _blocks(module):
        for op in list(block.ops):
            before = op.prev_op
            while before is not None and _pure(op) and not _reads(op) & set(before.results):
                earlier = before.prev_op
                if random.random() < 0.3:
                    break
                op.detach()
                block.insert_op_before(op, before)
                before = earlier


def _insert_dead(module: ModuleOp, random: random.Random) -> None:
    for block in _blocks(module):
        for op in list(block.ops):
            if _pure(op) and random.random() < 0.5:
                block.insert_op_after(op.clone(), op)


def _duplicate(module: ModuleOp, random: random.Random) -> None:
    for block in _blocks(module):
        for op in list(block.ops):
            if _pure(op):
                twin = op.clone()
                block.insert_op_after(twin, op)
                for result, other in zip(op.results, twin.results, strict=True):
                    for use in list(result.uses):
                        if use.operation is not twin and random.random() < 0.5:
                            use.operation.operands[use.index] = other


def _reorder_properties(module: ModuleOp, random: random.Random) -> None:
    for op in module.walk():
        for items in (op.properties, op.attributes):
            shuffled = list(items.items())
            random.shuffle(shuffled)
            items.clear()
            items.update(shuffled)
