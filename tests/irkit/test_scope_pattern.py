"""Scope patterns, beside the regular expression that says the same."""

from __future__ import annotations

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from irkit.scope_pattern import ScopePattern


@given(st.text("ab.*", max_size=8), st.text("ab.", max_size=10))
def test_it_matches_what_the_expression_matches(pattern: str, name: str) -> None:
    pieces = re.split(r"(\*\*+|\*)", pattern)
    said = "".join(
        ".*" if p.startswith("**") else "[^.]*" if p == "*" else re.escape(p) for p in pieces
    )
    assert ScopePattern(pattern).matches(name) == bool(re.fullmatch(said, name))


def test_no_pattern_takes_long() -> None:
    began = time.perf_counter()
    for pattern in ("**" * 500 + "x", "**a" * 500, "*a" * 500 + "**x"):
        assert not ScopePattern(pattern).matches("a.a" * 100)
    assert time.perf_counter() - began < 2
