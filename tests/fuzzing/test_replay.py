"""Every kept input through its target: those that reach much code, and those that once failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing.attempts import run_within
from tests.fuzzing.targets import FOLDER, TARGETS, Target, corpus, saved

_MOST_BYTES = 4096
_MOST_FILES = 70
_MOST_IN_ALL = 1 << 20


def kept(target: Target) -> list[Path]:
    """The inputs of a target."""
    folders = (corpus(target.name), saved(target.name))
    return [path for folder in folders if folder.exists() for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_nothing_is_found_again(target: Target) -> None:
    run = target.load()
    inputs = kept(target)
    assert inputs
    for path in inputs:
        try:
            run_within(run, path.read_bytes())
        except BaseException as error:
            error.add_note(f"the input is {path.relative_to(FOLDER)}")
            raise


def test_what_is_kept_is_small() -> None:
    sizes = {path: path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()}
    inputs = {p: n for p, n in sizes.items() if p.parent.parent.name in ("corpora", "regressions")}
    assert max(inputs.values()) <= _MOST_BYTES
    assert sum(inputs.values()) <= _MOST_IN_ALL
    for target in TARGETS.values():
        assert sum(p.parent == corpus(target.name) for p in inputs) <= _MOST_FILES
