"""A small run of ``benchmarks.float_text``: random floats of every type, beside upstream."""

from __future__ import annotations

import pytest
from jax._src.interpreters.mlir import make_ir_context

from benchmarks.float_text import compare
from dialects import float_text
from dialects.float_text import FLOAT_FORMATS


@pytest.mark.parametrize("name", FLOAT_FORMATS)
def test_random_floats_are_printed_and_read_as_upstream_does(name: str) -> None:
    with make_ir_context():
        found = compare(name, 300, seed=1)
    assert (found.print_differences, found.read_differences) == (0, 0), found.examples
    assert found.printed == min(300, 1 << FLOAT_FORMATS[name].width)
    assert found.read == 300


def test_a_planted_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    true = float_text._default_digits
    monkeypatch.setattr(float_text, "_default_digits", lambda format: true(format) - 1)
    float_text.float_text.cache_clear()
    with make_ir_context():
        found = compare("f32", 300, seed=1)
    float_text.float_text.cache_clear()
    assert found.print_differences > 0
    assert found.examples != ()
