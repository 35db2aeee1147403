"""Why the reading of a text by statements ends early."""

from __future__ import annotations

from dialects.diagnostics import Diagnostic

MOST_FAULTS = 1000
"""Faults after which no more are looked for."""


class UnfollowedError(Exception):
    """Text that is not read statement by statement; what else reads it decides what it is."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(str(diagnostic))


class EndOfReadingError(Exception):
    """A syntax error after which nothing can be told of the text."""


class RefusedError(Exception):
    """What is to be remembered of an operation cannot be had, for it is not valid."""
