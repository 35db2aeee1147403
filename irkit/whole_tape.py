"""A tape that keeps everything in one block: scopes and chunks mean nothing to it."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Block, Operation, SSAValue

from irkit.errors import RecordingError
from irkit.tape import UNBOUNDED
from irkit.value import Value


class WholeTape:
    """What the buffered reference and private functions share; they add parameters and functions.

    ``private_function`` names the function whose body is recorded, if it is not ``@main``.
    """

    def __init__(self, private_function: str | None = None) -> None:
        self.block = Block()
        self.private_function = private_function

    @property
    def operations_recorded(self) -> int:
        """Counted anew each time: only who was interrupted asks."""
        return sum(1 for _ in self.block.ops)

    def cost(self, op: Operation) -> int:
        """Nothing: no chunk ever ends."""
        return 0

    def room(self) -> int:
        """Without bound."""
        return UNBOUNDED

    def make_room(self) -> None:
        """Never called: operations cost nothing."""

    def recorded(self, values: Sequence[Value]) -> None:
        """The block holds everything."""

    def enter(self, value: Value) -> SSAValue:
        """Never called by a builder: every value keeps its SSA value."""
        raise RecordingError(f"{value!r} is not part of this recording")

    def enter_scope(self, name: str) -> bool:
        """Scopes end nothing."""
        return False

    def leave_scope(self, name: str, live_outs: Sequence[Value] | None) -> bool:
        """Scopes end nothing."""
        return False

    def abandon_scope(self, name: str) -> None:
        """Scopes end nothing."""

    def argument(self, value: Value, name: str) -> None:
        """The next argument of the function."""
        value.ssa = self.block.insert_arg(value.type, len(self.block.args))
