"""Where irkit's verifier and upstream's differ on purpose, or because upstream's is at fault."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Difference:
    """One known difference, told by who refuses and by what is said then."""

    by: Literal["irkit", "upstream"]
    """Who refuses what the other takes."""
    mutant: str
    """A pattern of what was changed (``stablehlo.compare compare_type``)."""
    message: str
    """A pattern of the message of the one that refuses."""
    reason: str


DIFFERENCES: Sequence[Difference] = (
    Difference(
        "irkit",
        "",
        r"^stablehlo\.dynamic_conv: \(C2[56]\)",
        "dynamic_conv: upstream does not look at the result's shape, even of constant padding",
    ),
    Difference(
        "irkit",
        "",
        r"^stablehlo\.reduce_scatter: \(C8\)",
        "reduce_scatter: upstream does not look at the size of the groups",
    ),
)


def known_difference(what: str, ours: str | None, theirs: str | None) -> str | None:
    """Why only one of the two refuses a mutant; none for what is not known."""
    by, message = ("irkit", ours) if ours is not None else ("upstream", theirs)
    for known in DIFFERENCES:
        if (
            known.by == by
            and re.search(known.mutant, what)
            and re.search(known.message, message or "")
        ):
            return known.reason
    return None
