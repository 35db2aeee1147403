"""Operations that show values while a program runs, and ``check``'s that compare them.

Source: ``stablehlo/reference/InterpreterOps.td`` and ``stablehlo/tests/CheckOps.td`` of
https://github.com/openxla/stablehlo
"""

from __future__ import annotations

from typing import Any

from xdsl.ir import Operation

from dialects.check.ops import (
    ExpectAlmostEqConstOp,
    ExpectAlmostEqOp,
    ExpectCloseOp,
    ExpectEqConstOp,
    ExpectEqOp,
    ExpectSerializedEqOp,
)
from dialects.func import FuncOp
from dialects.interpreter import PrintOp, ProbeOp
from dialects.naming import name_values
from irkit.interpreter.checks import expect_almost_eq, expect_close, expect_eq
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import CheckError
from irkit.interpreter.registry import implements
from irkit.interpreter.value_text import value_text
from irkit.interpreter.values import Array, Value


@implements(PrintOp)
def print_(op: PrintOp, operands: list[Any], context: Context) -> list[Value]:
    """Writes the operand's name, type and elements."""
    function: Operation | None = op
    while function is not None and not isinstance(function, FuncOp):
        function = function.parent_op()
    name = "" if function is None else f"{name_values(function)[op.operand]} = "
    context.program.write(f"{name}{value_text(operands[0], op.operand.type)}\n")
    return []


@implements(ProbeOp, on_storage=True)
def probe(op: ProbeOp, operands: list[Any], context: Context) -> Array:
    """Keeps the operand under ``probe_id``, after those of earlier iterations."""
    context.program.probes.setdefault(op.probe_id.data, []).append(operands[0])
    return operands[0]


@implements(ExpectSerializedEqOp, on_storage=True)
def expect_serialized_eq(
    op: ExpectSerializedEqOp, operands: list[Any], context: Context
) -> list[Value]:
    """The probe of this name held, in this iteration, what is expected."""
    held = context.program.probes.get(op.probe_id.data, [])
    iteration = 0 if op.iteration is None else op.iteration.value.data
    if iteration >= len(held):
        raise CheckError(f"the probe {op.probe_id.data!r} was passed {len(held)} times")
    expect_eq(held[iteration], operands[0])
    return []


@implements(ExpectEqOp, on_storage=True)
def equal(op: ExpectEqOp, operands: list[Any], context: Context) -> list[Value]:
    """Every element of ``lhs`` equals that of ``rhs``."""
    expect_eq(operands[0], operands[1])
    return []


@implements(ExpectEqConstOp, on_storage=True)
def equal_constant(op: ExpectEqConstOp, operands: list[Any], context: Context) -> list[Value]:
    """Every element equals the constant's."""
    expect_eq(operands[0], context.program.elements(op.value))
    return []


@implements(ExpectAlmostEqOp, on_storage=True)
def almost_equal(op: ExpectAlmostEqOp, operands: list[Any], context: Context) -> list[Value]:
    """Every element of ``lhs`` is within the tolerance of that of ``rhs``."""
    expect_almost_eq(operands[0], operands[1], op.tolerated)
    return []


@implements(ExpectAlmostEqConstOp, on_storage=True)
def almost_equal_constant(
    op: ExpectAlmostEqConstOp, operands: list[Any], context: Context
) -> list[Value]:
    """Every element is within the tolerance of the constant's."""
    expect_almost_eq(operands[0], context.program.elements(op.value), op.tolerated)
    return []


@implements(ExpectCloseOp, on_storage=True)
def close(op: ExpectCloseOp, operands: list[Any], context: Context) -> list[Value]:
    """As many numbers between ``actual`` and ``expected`` as the operation allows."""
    expect_close(operands[0], operands[1], *op.ulps)
    return []
