"""The reader by statements against the one of whole modules, on a part of upstream's test files.

``python -m tests.conformance.readers`` compares them on all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.corpus import folder
from tests.conformance.readers import differences

CORPUS = folder()
EVERY = 40


@pytest.mark.skipif(
    CORPUS is None, reason="upstream's test files are not here: set STABLEHLO_TESTS to their folder"
)
def test_both_readers_make_the_same_of_a_text(tmp_path: Path) -> None:
    assert CORPUS is not None
    found, count = differences(CORPUS, tmp_path, EVERY)
    assert count > 40
    assert found == {}
