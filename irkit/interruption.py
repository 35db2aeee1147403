"""Where an interruption came: in a note on the exception, which says so to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

_BEGINNING = "while "


def is_interruption(error: BaseException | None) -> bool:
    """Whether this ends the process (``KeyboardInterrupt``, ``SystemExit``) and is no fault."""
    return isinstance(error, KeyboardInterrupt | SystemExit)


def place(error: BaseException) -> str:
    """``while recording layers.3 (1,234 operations)``, or nothing where that is not known."""
    notes: list[str] = getattr(error, "__notes__", [])
    return next((note for note in notes if note.startswith(_BEGINNING)), "")


def note_place(error: BaseException | None, what: str) -> None:
    """Notes what was done when ``error`` came, if it is an interruption and has no such note."""
    if error is not None and is_interruption(error) and not place(error):
        error.add_note(_BEGINNING + what)


@contextmanager
def doing(what: Callable[[], str]) -> Generator[None]:
    """An interruption that leaves this block is noted to have come in it; inner blocks first."""
    try:
        yield
    except BaseException as error:
        note_place(error, what())
        raise
