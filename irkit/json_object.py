"""JSON objects from files that may say anything."""

from __future__ import annotations

import json
from typing import cast

from irkit.errors import shown


class JsonError(ValueError):
    """Text that is no such object; ``offset`` is the byte where that was seen."""

    def __init__(self, problem: str, offset: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset


def parse_object(text: bytes | bytearray) -> dict[str, object]:
    """A JSON object in UTF-8 without duplicate keys. Raises :class:`JsonError`."""
    try:
        value = cast("object", json.loads(text.decode("utf-8"), object_pairs_hook=_unique))
    except UnicodeDecodeError as error:
        raise JsonError("is not UTF-8", error.start) from None
    except json.JSONDecodeError as error:
        raise JsonError(f"is invalid: {error.msg}", error.pos) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, JsonError):
            raise
        raise JsonError("is nested too deep or has a number with too many digits", 0) from None
    if not isinstance(value, dict):
        raise JsonError("is no object", 0)
    return cast("dict[str, object]", value)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise JsonError(f"is ambiguous: the key {shown(twice)} stands twice")
    return found
