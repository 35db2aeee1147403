"""What a builder writes to: the whole program at once, or one chunk after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from xdsl.ir import Block, Operation, SSAValue

from dialects.func import FuncOp
from irkit.value import Value

UNBOUNDED = 1 << 62
"""Room of a tape that never ends a chunk."""


class Tape(Protocol):
    """Receives the operations of one function in the order in which they ran."""

    block: Block
    """Where the next operation goes; another object after a chunk was closed."""

    private_function: str | None
    """The private function that is recorded; None for ``@main``."""

    @property
    def operations_recorded(self) -> int:
        """Operations so far, those inside regions not counted."""
        ...

    def cost(self, op: Operation) -> int:
        """What one operation of this signature takes of the tape's room."""
        ...

    def room(self) -> int:
        """How much an empty chunk holds; at least one operation always fits."""
        ...

    def make_room(self) -> None:
        """Closes the open chunk and opens the next one."""
        ...

    def recorded(self, values: Sequence[Value]) -> None:
        """The values that the last appended operation defined."""
        ...

    def enter(self, value: Value) -> SSAValue:
        """The open chunk's own name for a value of an earlier chunk: a live-in.

        Raises ``EscapeError`` where the earlier chunk should have declared it.
        """
        ...

    def argument(self, value: Value, name: str) -> None:
        """Declares the next function argument and binds ``value`` to it."""
        ...

    def parameter(self, value: Value, name: str) -> int:
        """Declares a parameter at this place, binds ``value`` to it, and gives what it costs."""
        ...

    def enter_scope(self, name: str) -> bool:
        """A scope opens; true if that closed the open chunk."""
        ...

    def leave_scope(self, name: str, live_outs: Sequence[Value] | None) -> bool:
        """A scope ends, with the live-outs it declared; true if that closed the open chunk."""
        ...

    def abandon_scope(self, name: str) -> None:
        """A scope ends by an exception, and no chunk with it."""
        ...

    def define(self, function: FuncOp) -> None:
        """Adds a private function to the module."""
        ...
