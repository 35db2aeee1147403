"""A property tried on a case: how it ended, and how to tell two failures apart."""

from __future__ import annotations

import re
import time
import traceback as traceback_module
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from irkit.testing.properties.outcome import NotApplicableError, PropertyError, WitnessError
from irkit.testing.workers.worker import Json

if TYPE_CHECKING:
    from irkit.testing.case import Case
    from irkit.testing.properties import Property
    from irkit.testing.properties.witnesses import Witnesses

Status = Literal["held", "failed", "not applicable", "witness"]

_PLACES = 3
"""Innermost frames that a failure shows."""


@dataclass
class Outcome:
    """How a property ended. ``witness``: its judge crashed, so that nothing is known."""

    name: str
    """Of the property."""
    status: Status = "held"
    message: str = ""
    seconds: float = 0.0

    @property
    def signature(self) -> str:
        """What failures of one cause have in common: the message without names and numbers."""
        text = re.sub(r"'[^']*'|\"[^\"]*\"|%?[\w.#]*\d[\w.#]*|<[^>]*>", "_", self.message)
        return f"{self.name}: {' '.join(text.split())[:100]}"

    def to_json(self) -> Json:
        """An object, the property's name under ``property``."""
        data = asdict(self)
        return {"property": data.pop("name"), **data}


def attempt(property_: Property, case: Case, witnesses: Witnesses) -> Outcome:
    """Tries a property; whatever it raises is an outcome."""
    outcome = Outcome(property_.name)
    with _Recorded(outcome):
        property_.load()(case, witnesses)
    return outcome


class _Recorded:
    """Notes what a block raises, and how long it took."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def __enter__(self) -> None:
        self._begun = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        outcome = self._outcome
        outcome.seconds = time.perf_counter() - self._begun
        if error is None:
            return True
        if not isinstance(error, Exception):
            return False
        outcome.message = str(error)
        if isinstance(error, NotApplicableError):
            outcome.status = "not applicable"
        elif isinstance(error, WitnessError):
            outcome.status = "witness"
        else:
            outcome.status = "failed"
            if not isinstance(error, PropertyError):
                outcome.message = f"{type(error).__name__}{_places(error)}: {error}"
        return True


def _places(error: Exception) -> str:
    frames = traceback_module.extract_tb(error.__traceback__)[-_PLACES:]
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f" ({places})"
