"""What one kind of fault came to: how often it was tried, and what was lost."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """One row of the table that ``python -m tests.faults`` prints."""

    name: str
    """The fault, in a few words."""
    tried: int
    lost: int
    """Trials after which a promise did not hold; 0 unless irkit is at fault."""
    seconds: float
    losses: tuple[str, ...] = ()
    """What went wrong, one line a loss."""

    def row(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return asdict(self) | {"losses": list(self.losses), "seconds": round(self.seconds, 1)}


def count(name: str, trials: Iterable[str | None]) -> Outcome:
    """Runs the trials: each gives what was lost in it, or None."""
    began = time.perf_counter()
    found = list(trials)
    losses = tuple(loss for loss in found if loss)
    return Outcome(name, len(found), len(losses), time.perf_counter() - began, losses)
