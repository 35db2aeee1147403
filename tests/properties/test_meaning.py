"""The interpreter gives what XLA gives, of whole programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from irkit.interpreter import run
from irkit.testing import Program, policies, programs
from irkit.testing.case import Case

KINDS = (
    *("add", "subtract", "multiply", "maximum", "minimum", "negate", "abs", "floor", "ceil"),
    *("sign", "select", "compare", "clamp", "and", "or", "xor", "not", "iota", "sort"),
    *("transpose", "reshape", "reverse", "slice", "pad", "concatenate", "broadcast_in_dim"),
    *("reduce", "dot_general", "dynamic_slice", "dynamic_update_slice", "gather", "scatter"),
    *("call", "if", "while", "case", "dead", "partly_dead", "forget", "scope"),
)
"""Operations with one right result: no limits of accuracy, no host."""

XLA = """
import json, sys
import numpy as np
from tests.witness.xla import compiled
for line in sys.stdin:
    try:
        found = compiled(json.loads(line))
    except Exception as error:
        print(json.dumps(str(error)[:300]), flush=True)
        continue
    print(json.dumps([[str(a.dtype), a.shape, a.tobytes().hex()] for a in found]), flush=True)
"""


def test_interpreting_gives_what_xla_gives() -> None:
    cases: list[Case] = []

    @seed(11)
    @settings(max_examples=16, deadline=None, database=None)
    @given(programs(max_size=10, kinds=KINDS), policies(), st.just("inline"))
    def collect(program: Program, policy, form) -> None:
        # Without arguments: parameters are constants.
        cases.append(Case(Program(program.steps, program.outputs), policy, form, True, 0))

    collect()
    texts = [case.text() for case in cases]
    done = subprocess.run(
        [sys.executable, "-c", XLA],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    compared = 0
    for text, line in zip(texts, done.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        if isinstance(answer, str):
            # XLA's CPU compiler does not have every type.
            assert "support" in answer or "mplement" in answer, answer
            continue
        for (dtype, shape, data), value in zip(answer, run(text), strict=True):
            assert (str(value.dtype), list(value.shape)) == (dtype, shape)
            expected = np.frombuffer(bytes.fromhex(data), value.dtype).reshape(shape)
            np.testing.assert_allclose(
                value.astype(np.complex128), expected.astype(np.complex128), rtol=1e-5, atol=1e-5
            )
            compared += 1
    assert compared >= 5
