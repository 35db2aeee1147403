"""The names that MLIR gives to values after symbols."""

from __future__ import annotations

import re

_INVALID = re.compile(rb"[^A-Za-z0-9$._-]")
_UNPREFIXED = re.compile(rb"[A-Za-z$._ -]")


def suggested_name(symbol: str) -> str:
    """The value name (without ``%``) that a symbol's name suggests, as MLIR sanitizes it.

    Spaces become ``_``, any other byte that no identifier has becomes its hexadecimal digits; a
    name that starts with a digit or such a byte gets a leading ``_``. Two symbols may suggest one
    name.
    """
    data = symbol.encode()
    name = _INVALID.sub(lambda m: b"_" if m[0] == b" " else b"%X" % m[0][0], data).decode()
    return name if _UNPREFIXED.match(data) else f"_{name}"
