"""Pruning a module that was read from a file to some of its outputs."""

from __future__ import annotations

from collections.abc import Sequence, Set

from typing_extensions import TypeIs
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FunctionType, ModuleOp, StringAttr
from xdsl.ir import Operation

from dialects.func import FuncOp, ReturnOp
from dialects.util import GlobalOp
from irkit.errors import IRKitError
from irkit.reading.symbols import symbols_of
from passes.prune import PrunePass

NAME_ATTRIBUTE = "irkit.name"
MAIN = "main"


class OutputNameError(IRKitError, ValueError):
    """An output that the module does not have."""


def prune_module(module: ModuleOp, outputs: Sequence[str] | None = None) -> int:
    """Removes, in place, the operations that no output needs; gives their number.

    ``outputs`` names what ``@main`` (or the only function) keeps returning, by the results'
    ``irkit.name`` or by position (``0``); all of it if None. Private globals that nothing refers
    to any more go as well. Raises :class:`OutputNameError`.
    """
    changed: FuncOp | None = None
    if outputs is not None:
        main = main_function([op for op in module.body.block.ops if isinstance(op, FuncOp)])
        changed = main if keep_outputs(main, outputs) else None
    prune = PrunePass()
    functions = [op for op in module.walk() if isinstance(op, FuncOp)]
    removed = sum(prune.run(function.body).removed for function in functions)
    used = set(symbols_of(module))
    if changed is not None:
        refuse_callers(changed, used)
    return removed + _drop_unused_globals(module, used)


def main_function(among: Sequence[FuncOp]) -> FuncOp:
    """``@main``, or the only function; raises :class:`OutputNameError` if there is neither."""
    functions = {op.sym_name.data: op for op in among}
    if len(functions) == 1:
        return next(iter(functions.values()))
    if MAIN not in functions:
        raise OutputNameError(f"the module has no function @{MAIN} whose outputs could be chosen")
    return functions[MAIN]


def keep_outputs(function: FuncOp, outputs: Sequence[str]) -> bool:
    """Lets the function return no more than ``outputs``, in that order; gives whether that changed
    it. Raises :class:`OutputNameError`."""
    lasts = [block.last_op for block in function.body.blocks]
    returns = [last for last in lasts if isinstance(last, ReturnOp)]
    if not returns:
        raise OutputNameError(f"@{function.sym_name.data} does not end in a return")
    attributes = list(function.res_attrs.data) if function.res_attrs else []
    types = function.function_type.outputs.data
    names = [_name(attributes[i]) if i < len(attributes) else None for i in range(len(types))]
    positions = {str(i): i for i in range(len(names))}
    positions |= {name: i for i, name in enumerate(names) if name is not None}
    for output in outputs:
        if output not in positions:
            shown = ", ".join(name or str(i) for i, name in enumerate(names))
            raise OutputNameError(
                f"@{function.sym_name.data} has no output {output!r}; there are: {shown or 'none'}"
            )
    kept = [positions[output] for output in outputs]
    for last in returns:
        last.operands = [last.operands[i] for i in kept]
    if attributes:
        function.properties["res_attrs"] = ArrayAttr([attributes[i] for i in kept])
    function.properties["function_type"] = FunctionType.from_lists(
        function.function_type.inputs.data, [types[i] for i in kept]
    )
    return kept != list(range(len(types)))


def refuse_callers(function: FuncOp, symbols: Set[str]) -> None:
    """Raises :class:`OutputNameError` if the function, whose outputs have changed, is among the
    symbols that are named in its module."""
    if function.sym_name.data in symbols:
        raise OutputNameError(
            f"@{function.sym_name.data} is called in its module, so it must keep its outputs"
        )


def _name(attributes: DictionaryAttr) -> str | None:
    name = attributes.data.get(NAME_ATTRIBUTE)
    return name.data if isinstance(name, StringAttr) else None


def _drop_unused_globals(module: ModuleOp, used: Set[str]) -> int:
    unused = [
        op for op in module.body.block.ops if is_private_global(op) and op.sym_name.data not in used
    ]
    for op in unused:
        module.body.block.erase_op(op)
    return len(unused)


def is_private_global(op: Operation) -> TypeIs[GlobalOp]:
    """Whether ``op`` is a global that nothing outside the module can read."""
    visibility = op.properties.get("sym_visibility")
    private = isinstance(visibility, StringAttr) and visibility.data == "private"
    return isinstance(op, GlobalOp) and private
