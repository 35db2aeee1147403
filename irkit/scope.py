"""Named parts of a forward."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from irkit.interruption import note_place
from irkit.value import Value

if TYPE_CHECKING:
    from irkit.builder import Builder


class Scope:
    """A part of the forward, given by ``with builder.scope(name) as scope``."""

    def __init__(self, builder: Builder, name: str) -> None:
        self.name = name
        """The dotted name, enclosing scopes included."""
        self.live_outs: list[Value] | None = None
        """What :meth:`returns` declared; None if it was not called."""
        self._builder = builder

    def returns(self, *values: Value) -> None:
        """Declares what later code reads of this scope; only a ``declared`` policy needs it.

        Raises ``BuildError`` for what is no value of the builder's.
        """
        owned = [
            self._builder.own(value, f"scope {self.name!r}: live-out {number}")
            for number, value in enumerate(values)
        ]
        self.live_outs = [*(self.live_outs or []), *owned]

    def __enter__(self) -> Scope:
        self._builder.enter_scope(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        note_place(
            error, f"recording {self.name} ({self._builder.operations_recorded:,} operations)"
        )
        self._builder.leave_scope(self, failed=kind is not None)
