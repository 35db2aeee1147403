"""The error of this package."""

from __future__ import annotations

from irkit.errors import IRKitError


class ProgramError(IRKitError, ValueError):
    """A program that can not be read from its file, or has a step of an unknown kind."""
