"""Whose line an error names."""

from __future__ import annotations

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


def test_a_message_begins_with_the_line() -> None:
    assert located("why").startswith(f"{__file__}:")
    assert located("why").endswith(": why")
