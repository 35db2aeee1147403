"""Whose line an error names."""

from __future__ import annotations

import _thread
from queue import SimpleQueue

import pytest

from irkit.errors import located, user_location

CALL = "def call(inner):\n    return inner()\n"


def from_module(name: str) -> str:
    """The location found by a call through a module of this name, defined in ``its.py``."""
    names: dict[str, object] = {"__name__": name}
    exec(compile(CALL, "its.py", "exec"), names)
    return names["call"](user_location)


@pytest.mark.parametrize(
    "name", ["model", "__main__", "irkit_extras", "irkits", "passes2.x", "irkit.models.llama", ""]
)
def test_the_users_modules(name: str) -> None:
    assert from_module(name) == "its.py:2"


@pytest.mark.parametrize("name", ["irkit", "irkit.builder", "dialects.x", "passes.y.z"])
def test_what_is_irkits_own_is_passed_over(name: str) -> None:
    """The caller of irkit is named, however deep it went."""
    assert from_module(name).startswith(f"{__file__}:")


def test_where_nobody_else_called_there_is_no_line() -> None:
    """In a thread that irkit itself began."""
    names: dict[str, object] = {"__name__": "irkit.of_its_own"}
    exec(
        compile("def begin(done, *inner):\n    done([i() for i in inner])\n", "its.py", "exec"),
        names,
    )
    said: SimpleQueue[list[str]] = SimpleQueue()
    _thread.start_new_thread(names["begin"], (said.put, user_location))
    assert said.get(timeout=10) == [""]


def test_a_message_begins_with_the_line() -> None:
    assert located("why").startswith(f"{__file__}:")
    assert located("why").endswith(": why")
