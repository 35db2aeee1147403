"""The errors that users see. Each says what was wrong, where, and what to do."""

from __future__ import annotations

import sys

_PACKAGES = frozenset({"irkit", "dialects", "passes"})
_MODELS = "irkit.models"


class IRKitError(Exception):
    """Base of every error that irkit raises on purpose."""


class BuildError(IRKitError, ValueError):
    """A builder call that no valid operation can come from.

    The message names the operation, the violated constraint with its id in the specification, the
    operand types, and the line of the user's code that made the call.
    """


class RecordingError(IRKitError, RuntimeError):
    """A builder or recording used in a way its state does not allow."""


class EscapeError(IRKitError, ValueError):
    """A value read outside the chunk that should have declared it, or declared and never read."""


class LogError(IRKitError, RuntimeError):
    """The op log did not read back as it was written (truncated, or a checksum that differs)."""


def shown(value: object, most: int = 100) -> str:
    """The ``repr`` of what an input says, cut to ``most`` characters."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def user_location() -> str:
    """``file:line`` of the innermost frame outside irkit, or an empty string.

    The models that ship with irkit are written on the public API and count as a user's code.
    """
    # Documented, if with an underscore; inspect offers the same for 10 ms of import time.
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in _PACKAGES or f"{module}.".startswith(f"{_MODELS}."):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def located(text: str) -> str:
    """``text`` after the user's file and line."""
    where = user_location()
    return f"{where}: {text}" if where else text
