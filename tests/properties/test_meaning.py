"""Pruning keeps the meaning, by graph and by bits; and the interpreter gives what XLA gives."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, seed, settings

from dialects.reader import parse_module
from irkit import Policy
from irkit.interpreter import run
from irkit.verify.graph.module import module_digests
from tests.properties.random_forwards import SHAPE, RandomForward, forwards
from tests.properties.test_identity import text

POLICY = Policy(name="short", chunk_end="operations", operations=5)
NOT_RUN = {"effect", "outfeed", "random", "parameter"}
"""Steps that need somebody to answer them, and random bits, which XLA draws as it likes."""

XLA = """
import json, sys
import numpy as np
from tests.witness.xla import compiled
for line in sys.stdin:
    text, x, y = json.loads(line)
    inputs = [np.array(a, np.float32) for a in (x, y)]
    print(json.dumps([[str(a.dtype), np.asarray(a, np.float64).tolist()] for a in
                      compiled(text, *inputs)]), flush=True)
"""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(forwards())
def test_pruning_keeps_the_graph(forward: RandomForward) -> None:
    whole = parse_module(text(forward, "argument", POLICY, prune=False)).module
    pruned = parse_module(text(forward, "argument", POLICY, prune=True)).module
    assert module_digests(whole) == module_digests(pruned)


def runnable(forward: RandomForward) -> RandomForward:
    return replace(forward, steps=tuple(s for s in forward.steps if s.kind not in NOT_RUN))


def test_interpreting_gives_what_xla_gives_before_and_after_pruning() -> None:
    random = np.random.default_rng(5)
    lines: list[str] = []
    ours: list[list[np.ndarray]] = []

    @seed(11)
    @settings(max_examples=40, deadline=None, database=None)
    @given(forwards())
    def collect(forward: RandomForward) -> None:
        forward = runnable(forward)
        pruned = text(forward, "argument", POLICY, prune=True)
        x, y = (random.standard_normal(SHAPE).astype(np.float32) for _ in range(2))
        found = run(pruned, [x, y])
        before = run(text(forward, "argument", POLICY, prune=False), [x, y])
        assert [a.tobytes() for a in found] == [b.tobytes() for b in before]
        lines.append(json.dumps([pruned, x.tolist(), y.tolist()]))
        ours.append(found)

    collect()
    done = subprocess.run(
        [sys.executable, "-c", XLA],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    answers = done.stdout.splitlines()
    assert len(answers) == len(ours) >= 40
    for answer, found in zip(answers, ours, strict=True):
        for (dtype, expected), value in zip(json.loads(answer), found, strict=True):
            assert str(value.dtype) == dtype
            np.testing.assert_allclose(value, np.array(expected), rtol=1e-5, atol=1e-5)
