"""What can go wrong while a module runs."""

from __future__ import annotations

from xdsl.ir import Operation

from irkit.errors import IRKitError


class EvaluationError(IRKitError, ValueError):
    """An operation that cannot be evaluated, or whose check failed.

    ``operation`` is the innermost operation at fault, once the engine has seen the error.
    """

    def __init__(self, message: str, operation: Operation | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation


class UnsupportedError(EvaluationError):
    """An operation, element type or custom call that the interpreter has no function for."""


class CheckError(EvaluationError):
    """A ``check`` operation found other values than it expected."""
