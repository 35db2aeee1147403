"""What must hold between operations: blocks end, values are defined first, symbols exist.

xDSL's verifier checks none of the last two.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.ir import Block, Operation, SSAValue
from xdsl.traits import IsTerminator, NoTerminator

from dialects.func import CallOp, FuncOp

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
                for i, operand in enumerate(inner.operands):
                    if operand not in defined:
                        yield inner, f"{inner.name}: operand {i} is used before it is defined"
                yield from _faults(inner, defined)
                defined.update(inner.results)


def _terminator_fault(parent: Operation, block: Block) -> Iterator[Fault]:
    for op in block.ops:
        if op is not block.last_op and op.has_trait(IsTerminator):
            yield op, f"{op.name}: must be the last operation of its block"
    if parent.has_trait(NoTerminator):
        return
    last = block.last_op
    if last is None:
        yield parent, f"{parent.name}: a block is empty, but must end in a terminator"
    elif not last.has_trait(IsTerminator):
        yield last, f"{last.name}: ends a block, but is not a terminator"


def _symbol_faults(module: ModuleOp) -> Iterator[Fault]:
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
                fault = _call_fault(inner, symbols)
                if fault is not None:
                    yield inner, fault


def _call_fault(call: CallOp, symbols: dict[str, Operation]) -> str | None:
    callee = symbols.get(call.callee.root_reference.data)
    if not isinstance(callee, FuncOp):
        return f"func.call: there is no function {call.callee}"
    type_ = callee.function_type
    if call.operand_types != type_.inputs.data or call.result_types != type_.outputs.data:
        operands = ", ".join(map(str, call.operand_types))
        results = ", ".join(map(str, call.result_types))
        return f"func.call: {call.callee} is {type_}, called as ({operands}) -> ({results})"
    return None
