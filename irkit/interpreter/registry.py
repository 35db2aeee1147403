"""Which function evaluates which operation.

A function gets the operation, its operands' values and the :class:`~irkit.interpreter.engine.
Context`; it returns the result of an operation that has one, or a list of all results. It owns the
list of operands and may empty it, so that what it no longer needs is freed while it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from xdsl.ir import Operation

from irkit.interpreter.values import Value

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context

Evaluate: TypeAlias = "Callable[[Any, list[Any], Context], Value | list[Value]]"
EvaluateT = TypeVar("EvaluateT", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Implementation:
    """How an operation is evaluated."""

    evaluate: Evaluate
    elementwise: bool
    """Whether an element of the result depends on the same element of each operand alone, and
    operands of different shapes are broadcast as numpy does."""
    on_storage: bool
    """Whether it takes quantized operands and results as they are; otherwise quantized operations
    are evaluated through real numbers."""


_TABLE: dict[str, Implementation] = {}


def implements(
    *operations: type[Operation] | str, elementwise: bool = False, on_storage: bool = False
) -> Callable[[EvaluateT], EvaluateT]:
    """Says that a function evaluates these operations, given by class or by full name."""

    def register(function: EvaluateT) -> EvaluateT:
        for operation in operations:
            name = operation if isinstance(operation, str) else operation.name
            if name in _TABLE:
                raise ValueError(f"{name} has two functions")
            _TABLE[name] = Implementation(function, elementwise, on_storage)
        return function

    return register


def implementation(name: str) -> Implementation | None:
    """The function of an operation, given its full name."""
    _load()
    return _TABLE.get(name)


@cache
def _load() -> None:
    """Imports the functions. They import this module, so it cannot be done above."""
    import_module("irkit.interpreter.ops")
