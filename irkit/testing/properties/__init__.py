"""What must hold of every program under every policy: one module a property, by name.

Each has ``check(case, witnesses)``, which raises :class:`~.outcome.PropertyError` where the
property does not hold, and :class:`~.outcome.NotApplicableError` where it says nothing of the case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from irkit.errors import IRKitError

if TYPE_CHECKING:
    from irkit.testing.case import Case
    from irkit.testing.properties.witnesses import Witnesses

    Check = Callable[[Case, Witnesses], None]


@dataclass(frozen=True)
class Property:
    """One property. Programs of more than ``most`` steps are not tried with it, for it is slow."""

    name: str
    title: str
    most: int
    upstream: bool = False
    """Whether upstream is its judge."""

    def load(self) -> Check:
        """Its ``check``."""
        return import_module(f"{__name__}.{self.name}").check


ANY = 100_000
PROPERTIES: Sequence[Property] = (
    Property("identity", "the streamed text is the buffered one (P1)", ANY),
    Property("upstream", "upstream prints it back and prunes alike (P2)", ANY, upstream=True),
    Property("pruning", "pruning is idempotent and keeps the graph", ANY),
    Property("interpretation", "pruning keeps every bit of the results", 200),
    Property("inference", "infer(declared) = declared", 2_000),
    Property("printing", "parse(print(x)) = x in both syntaxes", 2_000),
    Property("memory", "the peak is within the policy's bound (P3)", ANY),
    Property("refusal", "mutants are refused by both verifiers or none (P4)", 120, upstream=True),
)


class UnknownPropertyError(IRKitError, ValueError):
    """A property that does not exist."""


def properties(names: Sequence[str] = ()) -> list[Property]:
    """The properties of these names; all of them for none.

    Raises :class:`UnknownPropertyError`.
    """
    known = {p.name: p for p in PROPERTIES}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UnknownPropertyError(
            f"no property called {', '.join(map(repr, unknown))}; there are: {', '.join(known)}"
        )
    return [known[name] for name in dict.fromkeys(names)] or list(PROPERTIES)
