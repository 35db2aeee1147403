"""``interpreter.run_parallel``: functions as the processes of one parallel program.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/reference/InterpreterOps.td
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import ArrayAttr, ModuleOp, SymbolRefAttr
from xdsl.ir import Operation
from xdsl.irdl import (
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    var_operand_def,
    var_result_def,
)

from dialects.constraints import Constraint
from dialects.func import FuncOp
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.regions import problem_row
from dialects.stablehlo.token import TokenType


@irdl_op_definition
class RunParallelOp(StableHLOOp):
    """Runs the functions of ``programs``, a row a replica and a column a partition.

    The operands are the functions' arguments, those of the first function first; the results
    likewise. Each call of ``infeed`` in a program takes what the next function of ``infeed``
    returns.
    """

    name = "interpreter.run_parallel"

    inputs = var_operand_def()
    infeed = opt_prop_def(ArrayAttr[SymbolRefAttr])
    programs = prop_def(ArrayAttr[ArrayAttr[SymbolRefAttr]])
    outputs = var_result_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        problem_row("types", lambda op: _type_problem(op)),
        problem_row("programs", lambda op: _programs_problem(op)),
        problem_row("counts", lambda op: _count_problem(op)),
        problem_row("infeed", lambda op: _infeed_problem(op)),
    )

    def functions(self) -> Iterator[tuple[str, FuncOp | None]]:
        """The name of each program, row by row, and the function of that name, if there is one."""
        for row in self.programs:
            for symbol in row:
                name = symbol.string_value()
                yield name, _function(self, name)


def _type_problem(op: RunParallelOp) -> str | None:
    for type_ in (*op.operand_types, *op.result_types):
        if not ANY.accepts(type_) and not isinstance(type_, TokenType):
            return f"inputs and results must be a {ANY} or tokens, got {type_}"
    return None


def _programs_problem(op: RunParallelOp) -> str | None:
    rows = op.programs.data
    if not rows or not rows[0].data:
        return "programs must not be empty"
    for row in rows:
        if len(row) != len(rows[0]):
            return f"each row of programs must have {len(rows[0])} functions, one has {len(row)}"
    for name, function in op.functions():
        if function is None:
            return f"there is no function @{name}"
    return None


def _count_problem(op: RunParallelOp) -> str | None:
    types = [function.function_type for _, function in op.functions() if function is not None]
    wanted = sum(len(type_.inputs) for type_ in types)
    if len(op.operands) != wanted:
        return f"{len(op.operands)} operands, but the programs have {wanted} arguments in all"
    wanted = sum(len(type_.outputs) for type_ in types)
    if len(op.results) != wanted:
        return f"{len(op.results)} results, but the programs return {wanted} in all"
    return None


def _infeed_problem(op: RunParallelOp) -> str | None:
    if op.infeed is None:
        return None
    if not op.infeed.data:
        return "infeed must be absent or name a function"
    for symbol in op.infeed:
        name = symbol.string_value()
        function = _function(op, name)
        if function is None:
            return f"there is no function @{name}"
        outputs = function.function_type.outputs.data
        if len(outputs) != 1:
            return f"@{name} must return one tensor, but returns {len(outputs)} values"
        if not ANY.accepts(outputs[0]):
            return f"@{name} must return a tensor, but returns {outputs[0]}"
    return None


def _function(op: Operation, name: str) -> FuncOp | None:
    """The function of this name in the innermost module around the operation."""
    module = op.parent_op()
    while module is not None and not isinstance(module, ModuleOp):
        module = module.parent_op()
    if module is None:
        return None
    for candidate in module.body.block.ops:
        if isinstance(candidate, FuncOp) and candidate.sym_name.data == name:
            return candidate
    return None
