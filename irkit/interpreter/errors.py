"""What can go wrong while a module runs."""

from __future__ import annotations

from xdsl.ir import Operation

from irkit.errors import IRKitError


class EvaluationError(IRKitError, ValueError):
    """An operation that cannot be evaluated, or whose check failed.

    ``operation`` is the innermost operation at fault, once the engine has seen the error;
    ``located`` says whether the message names it and its place.
    """

    def __init__(self, message: str, operation: Operation | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.located = False

    def __reduce__(self) -> tuple[type[EvaluationError], tuple[str]]:
        # An operation is linked with all of its module, which no process sends to another.
        return type(self), (self.message,)


class UnsupportedError(EvaluationError):
    """An operation, element type or custom call that the interpreter has no function for."""


class OutOfMemoryError(EvaluationError, MemoryError):
    """An operation that needs more memory than there is."""


class CheckError(EvaluationError):
    """A ``check`` operation found other values than it expected."""
