"""How a property ends on a case, other than well."""

from __future__ import annotations


class PropertyError(AssertionError):
    """A property that does not hold: a fault of irkit, or of the property."""


class NotApplicableError(Exception):
    """A case that a property can say nothing of; the text is the reason, which is counted."""


class WitnessError(Exception):
    """A judge that crashed or hung, on a text that irkit holds valid. Not a fault of irkit."""


def first_difference(name: str, found: str, other_name: str, other: str) -> str:
    """One line about two texts that are not the same: where they part, and what stands there."""
    lines, others = found.splitlines(), other.splitlines()
    for number, (line, another) in enumerate(zip(lines, others, strict=False), 1):
        if line != another:
            return (
                f"line {number}: {name} has {line.strip()[:300]!r}, "
                f"{other_name} has {another.strip()[:300]!r}"
            )
    if len(lines) == len(others):
        return f"{name} and {other_name} differ in line ends alone"
    shorter, longer = (name, other_name) if len(lines) < len(others) else (other_name, name)
    return f"{shorter} ends after line {min(len(lines), len(others))}, {longer} goes on"


def require_same(name: str, found: str, other_name: str, other: str) -> None:
    """Raises :class:`PropertyError` with the first difference, if there is one."""
    if found != other:
        raise PropertyError(first_difference(name, found, other_name, other))
