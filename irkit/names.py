"""The names that a forward gives to arguments, parameters, functions, scopes and outputs."""

from __future__ import annotations

from irkit.errors import BuildError, located


def check_name(what: str, name: object) -> None:
    """Raises ``BuildError`` unless ``name``, of ``what``, is text that UTF-8 can hold."""
    if not isinstance(name, str):
        raise BuildError(located(f"the name of {what} is {name!r}, not a string"))
    try:
        name.encode()
    except UnicodeEncodeError as error:
        bad = f"\\u{ord(name[error.start]):04x}"
        raise BuildError(
            located(f"the name {name!r} of {what} has a lone surrogate, {bad}, which UTF-8 lacks")
        ) from None
