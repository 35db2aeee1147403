"""The errors that users see. Each says what was wrong, where, and what to do."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE_FOLDERS = tuple(
    str(Path(__file__).resolve().parent.parent / name) for name in ("irkit", "dialects", "passes")
)
_MODELS = str(Path(__file__).resolve().parent / "models")


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


def user_location() -> str:
    """``file:line`` of the innermost frame outside irkit, or an empty string.

    The models that ship with irkit are written on the public API and count as a user's code.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way without inspect's import cost
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_MODELS) or not path.startswith(_PACKAGE_FOLDERS):
            return f"{path}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
