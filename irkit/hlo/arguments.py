"""Checking and normalising what the functions of this namespace are given."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from operator import index
from typing import NoReturn, TypeVar

from irkit.errors import BuildError, user_location

Dims = tuple[int, ...]
CaseT = TypeVar("CaseT", bound=StrEnum)


def dims(values: Iterable[int]) -> Dims:
    """A tuple of Python integers, usable as a part of a key.

    Raises :class:`~irkit.errors.BuildError` where an entry is no integer.
    """
    try:
        return tuple(map(index, values))
    except TypeError as error:
        refuse(f"expected integers: {error}")


def optional_dims(values: Iterable[int] | None) -> Dims | None:
    """``None`` where the attribute is left out."""
    return None if values is None else dims(values)


def case_of(op: str, name: str, enum: type[CaseT], value: CaseT | str) -> CaseT:
    """The case of an enumeration that a word names.

    Raises :class:`~irkit.errors.BuildError` listing the words where there is none.
    """
    try:
        return enum(value)
    except ValueError:
        refuse(f"{op}: {name} {value!r} is not one of {', '.join(enum)}")


def refuse(text: str) -> NoReturn:
    """Raises :class:`~irkit.errors.BuildError` with the user's file and line."""
    where = user_location()
    raise BuildError(f"{where}: {text}" if where else text) from None
