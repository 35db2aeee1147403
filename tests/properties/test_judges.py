"""The judges of the properties: which is asked, and what becomes of one that fails."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from irkit import Policy
from irkit.testing import Program
from irkit.testing.case import UNKNOWN_TO_UPSTREAM, Case
from irkit.testing.properties import iree, upstream
from irkit.testing.properties import witnesses as witnesses_module
from irkit.testing.properties.outcome import NotApplicableError, WitnessError
from irkit.testing.properties.witnesses import Witnesses

EMPTY = "module {\n}\n"
GLOBAL = 'util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<2xf32>\n'
WRONG = "func.func @f() {\n  %0 = stablehlo.wrong : tensor<f32>\n  return\n}\n"


def tool(folder: Path, script: str) -> str:
    path = folder / "iree-opt"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_without_judges_there_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses_module, "has_jaxlib", lambda: False)
    monkeypatch.setattr(iree, "iree_opt", lambda: None)
    with Witnesses(tmp_path) as witnesses:
        with pytest.raises(NotApplicableError, match="jaxlib is not installed"):
            witnesses.upstream([EMPTY])
        with pytest.raises(NotApplicableError, match="iree-opt is not installed"):
            witnesses.upstream([GLOBAL])


def test_upstream_is_started_anew_after_many_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses_module, "MOST_ASKED", 2)
    before = {*psutil.Process().children()}
    asked: list[set[psutil.Process]] = []
    with Witnesses(tmp_path) as witnesses:
        for _ in range(3):
            assert witnesses.upstream([EMPTY]) == [{"printed": EMPTY}]
            asked.append({*psutil.Process().children()} - before)
    assert asked[0] == asked[1]
    assert not asked[1] & asked[2]
    assert len(asked[2]) == 1


def test_iree_answers_of_each_text(tmp_path: Path) -> None:
    with Witnesses(tmp_path) as witnesses:
        whole, refused, other = witnesses.upstream([GLOBAL, WRONG, EMPTY])
        (pruned,) = witnesses.upstream([GLOBAL], prune=True)
    assert GLOBAL.strip() in whole["printed"]
    # After the first text and the line between them.
    assert refused["refused"].startswith("<stdin>:4:8: error: ")
    assert other == {"printed": EMPTY}
    assert pruned == {"printed": EMPTY}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo why >&2; kill -9 $$", "iree-opt: ended with -9: why"),
        ("echo module; exit 2", "iree-opt: ended with 2: $"),
        # One part for two texts.
        ("cat > /dev/null; echo module", "iree-opt: ended with 0: $"),
        ("exec sleep 60", r"iree-opt: no answer within 0\.2 s"),
    ],
)
def test_a_tool_that_crashes_or_hangs_has_found_nothing(
    tmp_path: Path, script: str, message: str
) -> None:
    path = tool(tmp_path, script)
    with pytest.raises(WitnessError, match=message):
        iree.answers(path, [EMPTY, EMPTY], tmp_path / "library", 0.02, prune=False)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("", "refused without a message"),
        ("what is this", "what is this"),
        ("<stdin>:1:1: error: of this text\\n<stdin>:1:2: error: more", "<stdin>:1:1: error: of"),
        ("<stdin>:9:1: error: of another text", "<stdin>:9:1: error: of another text"),
    ],
)
def test_the_first_error_about_a_text_is_its_message(tmp_path: Path, said: str, shown: str) -> None:
    path = tool(tmp_path, f"cat > /dev/null; printf '{said}' >&2; exit 1")
    (answer,) = iree.answers(path, [EMPTY], tmp_path / "library", 10, prune=False)
    assert answer["refused"].startswith(shown)


@pytest.mark.parametrize("kind", sorted(UNKNOWN_TO_UPSTREAM))
def test_what_is_newer_than_jaxlib_is_judged_by_iree(tmp_path: Path, kind: str) -> None:
    alone = Policy(chunk_end="operations", operations=1)
    with Witnesses(tmp_path) as witnesses:
        for seed in range(4):
            program = Program.random(seed, 3, [kind])
            upstream.check(Case(program, alone, "argument", True, seed), witnesses)


def test_faults_of_many_functions_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upstream verifies in threads; one that reports a fault waits for the one that waits for it
    where modules stand in modules."""
    monkeypatch.setattr(witnesses_module, "SECONDS", 3.0)
    t = "tensor<4xf32>"
    wrong = f'%0 = "stablehlo.reverse"(%x) <{{dimensions = array<i64: 5>}}> : ({t}) -> {t}'
    functions = "".join(
        f"func.func @f{k}(%x: {t}) -> {t} {{\n{wrong}\nreturn %0 : {t}\n}}\n" for k in range(8)
    )
    text = "".join(f"module @m{k} {{\n{functions}}}\n" for k in range(8))
    with Witnesses(tmp_path) as witnesses:
        answers = witnesses.upstream([f"module {{\n{text}}}\n"] * 10)
    assert all("refused" in answer for answer in answers)
