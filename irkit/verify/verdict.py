"""What a comparison can say, and how strong it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from irkit.verify.trials.counterexample import Counterexample

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Verdict(Enum):
    """What is known of two modules."""

    EQUAL = "equal"
    NO_DIFFERENCE = "no difference found"
    """Trials have found none; that is no proof."""
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Tier(IntEnum):
    """A way of comparing; a lower number is stronger evidence of equality."""

    BYTES = 0
    NAMES = 1
    GRAPH = 2
    RULES = 3
    TRIALS = 4
    SMT = 5

    @property
    def shown(self) -> str:
        """``2 (graph)``."""
        return f"{self.value} ({self.name.lower()})"


@dataclass(frozen=True)
class Finding:
    """What one tier found."""

    tier: Tier
    verdict: Verdict
    summary: str
    """One sentence: what was shown, or why nothing could be."""
    details: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """The same for programs: see the schema of ``--json``."""
    seconds: float = 0.0
    counterexample: Counterexample | None = None
    """The inputs that show a difference, where some were found."""
