"""The generic form over upstream's test files: all of ``print/`` and some of ``testdata/``."""

from __future__ import annotations

from itertools import islice

import pytest

from dialects.reader import parse_module
from tests.conformance.corpus import Program, folder, functions, modules
from tests.conformance.generic import differences, readable

CORPUS = folder()


@pytest.mark.skipif(CORPUS is None, reason="upstream's test files are not here")
def test_the_generic_form_is_upstreams_and_reads_back() -> None:
    assert CORPUS is not None
    sample = [*islice(modules(CORPUS), 0, None, 60), *functions(CORPUS)]
    found = [*differences([*readable(iter(sample))])]
    assert len(found) > 50
    assert [(str(program), fault) for program, fault in found if fault] == []


def test_a_difference_is_told() -> None:
    program = Program("a", 0, 0, "func.func @f() { return }")
    other = parse_module("func.func @g() { return }")
    ((_, fault),) = differences([(program, other)])
    assert "line 2" in fault
