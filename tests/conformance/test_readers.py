"""The reader by statements against the one of whole modules, on all of upstream's test files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.corpus import folder, modules, programs
from tests.irkit.reading.two_readers import check_agrees, rewriting_agrees

CORPUS = folder()
needs_corpus = pytest.mark.skipif(
    CORPUS is None, reason="upstream's test files are not here: set STABLEHLO_TESTS to their folder"
)


@needs_corpus
def test_both_readers_find_the_same_faults(tmp_path: Path) -> None:
    assert CORPUS is not None
    every = [p for part in ("verify", "infer", "print") for p in programs(CORPUS, part)]
    every += modules(CORPUS)
    assert len(every) > 1000
    differences = {str(p): check_agrees(p.text, tmp_path) for p in every}
    assert {k: v for k, v in differences.items() if v is not None} == {}


@needs_corpus
def test_both_readers_print_and_prune_the_same_bytes(tmp_path: Path) -> None:
    assert CORPUS is not None
    every = [p for part in ("verify", "infer", "print") for p in programs(CORPUS, part)]
    every += list(modules(CORPUS))[::4]
    differences = {str(p): rewriting_agrees(p.text, tmp_path) for p in every}
    assert {k: v for k, v in differences.items() if v is not None} == {}
