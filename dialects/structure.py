"""What must hold between operations: blocks end, values are defined first, symbols exist.

xDSL's verifier checks none of the last two.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import FunctionType, ModuleOp, StringAttr, SymbolRefAttr
from xdsl.ir import Block, Operation, SSAValue
from xdsl.traits import IsTerminator

from dialects.func import CallOp, FuncOp
from dialects.unknown_ops import may_end_block, needs_end

Fault = tuple[Operation, str]
"""An operation, and what is wrong with its place or its operands."""


def structural_faults(module: ModuleOp) -> Iterator[Fault]:
    """Every fault of the module's structure."""
    defined: set[SSAValue] = set()
    yield from _faults(module, defined)
    yield from _symbol_faults(module)


def _faults(op: Operation, defined: set[SSAValue]) -> Iterator[Fault]:
    for region in op.regions:
        for block in region.blocks:
            defined.update(block.args)
            yield from _terminator_fault(op, block)
            for inner in block.ops:
                yield from faults_of(inner, defined)


def faults_of(op: Operation, defined: set[SSAValue]) -> Iterator[Fault]:
    """Every fault of one operation and its regions; its results join ``defined``."""
    for i, operand in enumerate(op.operands):
        if operand not in defined:
            yield op, f"{op.name}: operand {i} is used before it is defined"
    parent = op.parent_op()
    symbol = isinstance(op, FuncOp | ModuleOp) and op.sym_name is not None
    if symbol and parent is not None and not isinstance(parent, ModuleOp):
        yield op, f"{op.name}: a symbol stands in a module, not in {parent.name}"
    yield from _faults(op, defined)
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
            if isinstance(inner, CallOp):
                fault = call_fault(inner, symbols)
                if fault is not None:
                    yield inner, fault


def call_fault(call: CallOp, symbols: dict[str, Operation]) -> str | None:
    """What is wrong with a call in a module of these symbols."""
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
