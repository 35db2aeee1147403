"""Programs as data: valid whatever the data are, the same everywhere, any size."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from dialects.reader import faults, parse_module
from irkit import Policy, lower, record
from irkit.testing import PrivateFunction, Program, ProgramError, Step
from irkit.testing.catalogue import KINDS, REGIONS
from irkit.testing.elements import DTYPES

FORMS = ("argument", "inline", "resource", "external")


def text(program: Program, form: str = "argument", policy: Policy | None = None) -> str:
    weights = None if form == "argument" else program.weights()
    recording = record(program, weights=weights, constants=form, policy=policy)
    return str(recording.to_compute_graph().to_stablehlo())


@pytest.mark.parametrize("seed", range(60))
def test_a_program_of_any_seed_is_valid(seed: int) -> None:
    program = Program.random(seed, 1 + seed % 25)
    assert program.size == 1 + seed % 25
    assert faults(parse_module(text(program, FORMS[seed % 4]))) == []


def test_any_picks_will_do() -> None:
    """Without picks, with too many, with huge ones; with regions missing or too many."""
    for kind in KINDS:
        for picks in ((2**62,) * 40, tuple(range(50, 90))):
            inner = ((Step("new", picks), Step("trace")),) * (REGIONS.get(kind, 0) + 1)
            record(Program((Step(kind), Step(kind, picks, inner)), outputs=(*picks, 0)))


def test_the_same_program_records_the_same_text() -> None:
    program = Program.random(3, 30)
    assert text(program) == text(program)


def test_another_process_makes_the_same_programs_and_texts() -> None:
    """Whatever the hash seed."""
    script = (
        "import hashlib\n"
        "from irkit import record\n"
        "from irkit.testing import Program\n"
        "programs = [Program.random(seed, 15) for seed in range(8)]\n"
        "texts = [str(record(p).to_compute_graph().to_stablehlo()) for p in programs]\n"
        "data = ''.join(p.to_json() for p in programs) + ''.join(texts)\n"
        "print(hashlib.sha256(data.encode()).hexdigest())\n"
    )
    programs = [Program.random(seed, 15) for seed in range(8)]
    data = "".join(p.to_json() for p in programs) + "".join(map(text, programs))
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(data.encode()).hexdigest()


def test_random_programs_have_every_kind_and_every_dtype() -> None:
    seen: Counter[str] = Counter()
    dtypes: set[str] = set()
    for seed in range(300):
        program = Program.random(seed, 40)
        seen.update(program.kinds())
        dtypes |= {dtype for _, dtype in program.arguments}
    assert set(seen) == set(KINDS)
    assert dtypes == set(DTYPES)
    assert min(seen.values()) >= 20


def test_only_the_wanted_kinds() -> None:
    program = Program.random(1, 200, ["add", "if", "trace"])
    assert program.kinds() == {"add", "if", "trace"}
    with pytest.raises(ProgramError, match=r"'nothing' is no kind of step; there are: .*while"):
        Program.random(1, 5, ["nothing"])


def test_a_hundred_thousand_steps() -> None:
    """From a seed, and recorded through chunks: few signatures, for each new one costs the most."""
    assert Program.random(5, 100_000).size == 100_000
    steps = (Step("add"), Step("negate", (0, 3)), Step("forget", (1,)), Step("trace"))
    program = Program(steps * 25_000, window=5, scope_length=1000)
    assert program.size == 100_000
    policy = Policy(chunk_end="operations", operations=512)
    result = lower(program, io.BytesIO(), policy=policy)
    assert result.ops_recorded > 75_000
    assert result.ops_emitted < result.ops_recorded


# -- the shape of a program ------------------------------------------------------------------------


def test_an_argument_and_one_value_twice_can_be_outputs_and_so_can_nothing() -> None:
    steps = (Step("negate"),)
    arguments = (((2,), "f32"), ((3,), "f32"))
    assert "return\n" in text(Program(steps, arguments=arguments))
    assert "return %0, %0, %arg1, %arg0" in text(Program(steps, (0, 0, 1, 2), arguments))


def test_values_out_of_the_window_are_not_read() -> None:
    """The handle is dropped, so that a chunk that ends keeps nothing of it."""
    arguments = (((), "f32"),)
    steps = (*[Step("new")] * 3, Step("outfeed", (1, 3)))
    assert '"stablehlo.outfeed"(%arg0, ' in text(Program(steps, (0,), arguments))
    assert '"stablehlo.outfeed"(%cst' in text(Program(steps, (0,), arguments, window=2))


def test_functions_are_called_and_composed() -> None:
    function = PrivateFunction((((2,), "f32"),), (Step("negate"),), (0, 1))
    program = Program((Step("call"), Step("composite")), (0, 2), functions=(function,))
    assert "call @f0(" in text(program)
    assert 'stablehlo.composite "my.f0"' in text(program)


def test_dead_code_in_every_place() -> None:
    inside = (Step("add"), Step("negate"))
    kinds = ("dead", "scope", "if", "while", "case")
    for kind in kinds:
        step = Step(kind, (0, 1), (inside,) * 3)
        graph = record(Program((step,))).to_compute_graph()
        assert graph.num_nodes > 0
        assert "negate" in str(graph.to_stablehlo())
        assert "negate" not in str(graph.pruned_to_outputs().to_stablehlo())


def test_a_large_program_is_shown_by_its_size() -> None:
    small = Program((Step("negate"),), (0,))
    assert repr(small).startswith("Program(steps=(Step(kind='negate'")
    assert repr(Program.random(1, 5000)) == "<Program of 5000 steps>"


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_json_and_back(seed: int) -> None:
    program = Program.random(seed, 30, declares=seed % 2 == 0)
    assert Program.from_json(program.to_json()) == program


GOOD = json.loads(Program((Step("if", (1,), ((Step("add"),),)),)).to_json())


def changed(**changes: object) -> str:
    return json.dumps({**GOOD, **changes})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "no JSON of a program"),
        ("[" * 100_000, "no JSON of a program"),
        ("[]", "program: expected an object with the keys irkit_program, arguments"),
        ("{}", "program: missing key"),
        (changed(more=1), "program: unknown key 'more'"),
        (changed(irkit_program=2), r"program.irkit_program: expected the version, 1, got 2"),
        (changed(window=-1), "program.window: expected a whole number from 0 on, got -1"),
        (changed(outputs=[True]), r"program.outputs\[0\]: expected a whole number"),
        (changed(outputs=[1 << 70]), r"program.outputs\[0\]: expected a whole number"),
        (changed(arguments=[[[2], "f33"]]), r"program.arguments\[0\]: 'f33' names no StableHLO"),
        (changed(arguments=[[2]]), r"program.arguments\[0\]: expected a shape and a dtype"),
        (changed(steps=[["nothing"]]), r"program.steps\[0\]: 'nothing' is no kind of step"),
        (changed(steps=[["add", 1]]), r"program.steps\[0\]: expected a list, got 1"),
        (changed(steps=[["if", [], [[["add", [], [], 1]]]]]),
         r"program.steps\[0\]\[0\]\[0\]: expected a kind, picks and inner steps"),
        (changed(functions=[{}]), r"program.functions\[0\]: missing key"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_clear_error(data: str, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        Program.from_json(data)


def test_regions_nest_only_so_deep() -> None:
    steps: list[object] = []
    for _ in range(80):
        steps = [["if", [], [steps]]]
    with pytest.raises(ProgramError, match="regions nest deeper than 64"):
        Program.from_json(changed(steps=steps))
