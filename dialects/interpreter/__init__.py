"""``interpreter``: what upstream's interpreter adds for tests.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/reference/InterpreterOps.td
"""

from __future__ import annotations

from xdsl.ir import Dialect

from dialects.interpreter.observing import PrintOp, ProbeOp
from dialects.interpreter.run_parallel import RunParallelOp

__all__ = ["Interpreter", "PrintOp", "ProbeOp", "RunParallelOp"]

Interpreter = Dialect("interpreter", [PrintOp, ProbeOp, RunParallelOp], [])
