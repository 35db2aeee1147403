"""A verifier as data: the rows of a specification, and the one function that walks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from xdsl.ir import Operation

OpT = TypeVar("OpT", bound=Operation)


@dataclass(frozen=True, slots=True)
class Constraint(Generic[OpT]):
    """One numbered constraint of the specification.

    ``holds`` returns ``None`` where an unknown dimension leaves it undecided; that is not a
    violation. ``message`` says what was found, with the numbers in it. ``title`` says what is
    asked, where that follows from how the row was made; the words for the numbered ones are in
    ``specs/constraints``.
    """

    id: str
    holds: Callable[[OpT], bool | None]
    message: Callable[[OpT], str]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """A row that does not hold: ``stablehlo.pad: (C4) ...``."""

    op: str
    id: str
    text: str

    def __str__(self) -> str:
        return f"{self.op}: ({self.id}) {self.text}"


def violations(op: OpT, rows: Sequence[Constraint[OpT]]) -> Iterator[Violation]:
    """Walks the rows in order and yields the first one that is false for ``op``, if any.

    Rows are ordered so that a later one may rely on the earlier ones (an index is known to be in
    range before it is used), hence one violation an operation.
    """
    for row in rows:
        if row.holds(op) is False:
            yield Violation(op.name, row.id, row.message(op))
            return


class ConstraintError(ValueError):
    """Type inference met a violated constraint; carries the :class:`Violation`."""

    def __init__(self, op: str, id: str, text: str) -> None:
        self.violation = Violation(op, id, text)
        super().__init__(str(self.violation))
