"""``interpreter.run_parallel``: functions of a module as the processes of one grid.

https://github.com/openxla/stablehlo/blob/main/stablehlo/reference/InterpreterOps.td
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dialects.interpreter.run_parallel import RunParallelOp
from irkit.interpreter.process import Process, ProcessGrid
from irkit.interpreter.process_groups import ProcessId
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Value, arrays

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


@implements(RunParallelOp, on_storage=True)
def run_parallel(op: RunParallelOp, operands: list[Any], context: Context) -> list[Value]:
    """Runs each program of the grid with its share of the operands, and joins their results.

    The functions of ``infeed`` are called beforehand, in order.
    """
    program = context.program
    rows = op.programs.data
    infeed = [arrays(context.call(symbol, [], op)) for symbol in op.infeed or ()]
    grid = ProcessGrid(len(rows), len(rows[0].data), infeed=infeed)
    functions = [program.function(symbol, op) for row in rows for symbol in row]
    arguments: dict[ProcessId, list[Value]] = {}
    names: dict[ProcessId, str] = {}
    for id, function in zip(grid.process_ids, functions, strict=True):
        count = len(function.function_type.inputs)
        arguments[id], operands = operands[:count], operands[count:]
        names[id] = function.symbol

    def run_one(process: Process) -> list[Value]:
        return program.run(names[process.id], arguments[process.id], process)

    results = grid.run(run_one)
    return [value for id in grid.process_ids for value in results[id]]
