"""What must hold between operations: blocks end, values are defined first, symbols exist.

xDSL's verifier checks none of the last two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    FunctionType,
    ModuleOp,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    UnrankedTensorType,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.traits import IsTerminator

from dialects.dominance import dominated
from dialects.func import CallOp, FuncOp
from dialects.unknown_ops import may_end_block, needs_end
from dialects.util import GlobalOp, LoadOp

Fault = tuple[Operation, str]
"""An operation, and what is wrong with its place or its operands."""


def structural_faults(module: ModuleOp) -> Iterator[Fault]:
    """Every fault of the module's structure."""
    defined: set[SSAValue] = set()
    yield from _faults(module, defined)
    yield from _symbol_faults(module)


def _faults(op: Operation, defined: set[SSAValue] | None) -> Iterator[Fault]:
    for region in op.regions:
        if region.first_block is region.last_block:
            for block in region.blocks:
                yield from _block_faults(op, block, defined)
        else:
            yield from _faults_of_blocks(op, region, defined)


def _block_faults(op: Operation, block: Block, defined: set[SSAValue] | None) -> Iterator[Fault]:
    if defined is not None:
        defined.update(block.args)
    yield from _terminator_fault(op, block)
    for inner in block.ops:
        yield from faults_of(inner, defined)


def _faults_of_blocks(
    op: Operation, region: Region, defined: set[SSAValue] | None
) -> Iterator[Fault]:
    """Of a region of several blocks: what a block defines is seen where it dominates."""
    tree = dominated(region)
    found: dict[Block, list[Fault]] = {}
    # Down the tree with what is defined there, and up again without it.
    steps: list[tuple[Block, bool]] = [(block, True) for block in list(tree)[:1]]
    while steps:
        block, enters = steps.pop()
        if enters:
            found[block] = [*_block_faults(op, block, defined)]
            steps.append((block, False))
            steps.extend((below, True) for below in tree[block])
        elif defined is not None:
            defined.difference_update(block.args)
            for inner in block.ops:
                defined.difference_update(inner.results)
    for block in region.blocks:
        # Where control never comes nothing is used too early.
        yield from found[block] if block in found else _block_faults(op, block, None)


def faults_of(op: Operation, defined: set[SSAValue] | None) -> Iterator[Fault]:
    """Every fault of one operation and its regions; its results join ``defined``.

    None for ``defined``: where values come from is not looked at.
    """
    if defined is not None:
        for i, operand in enumerate(op.operands):
            if operand not in defined:
                yield op, f"{op.name}: operand {i} is used before it is defined"
    parent = op.parent_op()
    symbol = isinstance(op, FuncOp | ModuleOp) and op.sym_name is not None
    if symbol and parent is not None and not isinstance(parent, ModuleOp):
        yield op, f"{op.name}: a symbol stands in a module, not in {parent.name}"
    yield from _faults(op, defined)
    if defined is not None:
        defined.update(op.results)


def _terminator_fault(parent: Operation, block: Block) -> Iterator[Fault]:
    for op in block.ops:
        if op is not block.last_op and op.has_trait(IsTerminator):
            yield op, f"{op.name}: must be the last operation of its block"
    if not needs_end(parent):
        return
    last = block.last_op
    if last is None:
        yield parent, f"{parent.name}: a block is empty, but must end in a terminator"
    elif not may_end_block(last):
        yield last, f"{last.name}: ends a block, but is not a terminator"


def _module_fault(module: ModuleOp) -> str | None:
    """Why the module has no list of operations, which its generic form may lack."""
    if len(module.body.blocks) != 1:
        return f"builtin.module: its region has {len(module.body.blocks)} blocks, not one"
    return "builtin.module: its region takes no arguments" if module.body.block.args else None


def _symbol_faults(module: ModuleOp) -> Iterator[Fault]:
    fault = _module_fault(module)
    if fault is not None:
        yield module, fault
        return
    for name in module.attributes:
        if "." not in name:
            yield module, f"builtin.module: the attribute {name} needs a dialect's name before it"
    symbols: dict[str, Operation] = {}
    for op in module.body.block.ops:
        name = op.properties.get("sym_name")
        if isinstance(name, StringAttr):
            if name.data in symbols:
                yield op, f"{op.name}: the symbol @{name.data} is defined twice"
            symbols.setdefault(name.data, op)
    for op in module.body.block.ops:
        if isinstance(op, ModuleOp):
            yield from _symbol_faults(op)
            continue
        for inner in op.walk():
            fault = symbol_fault(inner, symbols)
            if fault is not None:
                yield inner, fault


def symbol_fault(op: Operation, symbols: dict[str, Operation]) -> str | None:
    """What is wrong with a call, or a load of a global, in a module of these symbols."""
    if isinstance(op, CallOp):
        return _call_fault(op, symbols)
    return _load_fault(op, symbols) if isinstance(op, LoadOp) else None


def _call_fault(call: CallOp, symbols: dict[str, Operation]) -> str | None:
    name = call.properties.get("callee")
    if not isinstance(name, SymbolRefAttr):
        return None  # the operation's own verifier says so
    callee = symbols.get(name.root_reference.data)
    if not isinstance(callee, FuncOp):
        return f"func.call: there is no function {name}"
    type_ = callee.properties.get("function_type")
    if not isinstance(type_, FunctionType):
        return None
    if call.operand_types != type_.inputs.data or call.result_types != type_.outputs.data:
        operands = ", ".join(map(str, call.operand_types))
        results = ", ".join(map(str, call.result_types))
        return f"func.call: {name} is {type_}, called as ({operands}) -> ({results})"
    return None


def _load_fault(load: LoadOp, symbols: dict[str, Operation]) -> str | None:
    found = symbols.get(load.global_.root_reference.data)
    if not isinstance(found, GlobalOp):
        return f"{load.name}: there is no global {load.global_}"
    if not _same_shape(found.type, load.result.type):
        return f"{load.name}: {load.global_} is {found.type}, loaded as {load.result.type}"
    if load.is_immutable is not None and found.is_mutable is not None:
        return f"{load.name}: {load.global_} is mutable, loaded as immutable"
    return None


def _same_shape(left: Attribute, right: Attribute) -> bool:
    """Whether the types' shapes agree, an unknown dimension with any; as IREE, which does not
    compare the elements' types."""
    shaped = (TensorType, UnrankedTensorType)
    if isinstance(left, shaped) and isinstance(right, UnrankedTensorType):
        return True
    if isinstance(left, UnrankedTensorType) and isinstance(right, shaped):
        return True
    if not isinstance(left, TensorType) or not isinstance(right, TensorType):
        return left == right
    ours = cast("TensorType[Attribute]", left).get_shape()
    theirs = cast("TensorType[Attribute]", right).get_shape()
    agree = (a == b or DYNAMIC_INDEX in (a, b) for a, b in zip(ours, theirs, strict=False))
    return len(ours) == len(theirs) and all(agree)
