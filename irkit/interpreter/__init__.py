"""A reference interpreter: runs a module on numpy arrays, operation by operation.

Written to be right rather than fast; it shares no code with recording, pruning or emission.
"""

from __future__ import annotations

from irkit.interpreter.engine import Context, CustomCall, Observer, Program
from irkit.interpreter.errors import CheckError, EvaluationError, UnsupportedError
from irkit.interpreter.parallel import ParallelResults, run_parallel
from irkit.interpreter.process import DeadlockError
from irkit.interpreter.running import run
from irkit.interpreter.values import TOKEN, Array, Future, Value

__all__ = [
    "TOKEN",
    "Array",
    "CheckError",
    "Context",
    "CustomCall",
    "DeadlockError",
    "EvaluationError",
    "Future",
    "Observer",
    "ParallelResults",
    "Program",
    "UnsupportedError",
    "Value",
    "run",
    "run_parallel",
]
