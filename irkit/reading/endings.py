"""Why the reading of a text by statements ends early."""

from __future__ import annotations

from dataclasses import replace

from dialects.diagnostics import Diagnostic

LONGEST_WHOLE = 1 << 25
"""Characters of a text that is read as a whole where its layout asks for that."""

UNPRINTABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the printing of an operation that is not valid may raise."""

MOST_FAULTS = 1000
"""Faults after which no more are looked for."""


class UnfollowedError(Exception):
    """Text that is not read statement by statement; what else reads it decides what it is.

    ``diagnostic`` says what could not be followed, and that it is read as a whole only up to a
    certain length; so it is the error of a longer text. Where nothing else can make sense of the
    text, ``fault`` is true and the diagnostic says what is wrong.
    """

    def __init__(self, diagnostic: Diagnostic, *, fault: bool = False) -> None:
        if not fault:
            limit = f"{LONGEST_WHOLE >> 20} MiB, hexadecimal constants left out"
            message = f"{diagnostic.message}: not followed in a text of more than {limit}"
            diagnostic = replace(diagnostic, message=message)
        self.diagnostic = diagnostic
        super().__init__(str(diagnostic))


class EndOfReadingError(Exception):
    """A syntax error after which nothing can be told of the text."""


class RefusedError(Exception):
    """What is to be remembered of an operation cannot be had, for it is not valid."""
