"""What the strategies give, and the properties that hold of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import irkit.testing
from irkit import Policy, record
from irkit.testing import Program, ProgramError, forwards, policies, programs, types, weights
from irkit.testing.weight_files import (
    NPZ_DTYPES,
    fits_safetensors,
    save_npz,
    save_safetensors,
    save_sharded,
)
from irkit.weights import iter_blocks, open_weights

QUICK = settings(
    max_examples=25, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
FORMS = ("argument", "inline", "resource", "external")


def text(program: Program, policy: Policy | None, form: str = "inline") -> str:
    recording = record(program, policy=policy, weights=program.weights(), constants=form)
    return str(recording.to_compute_graph().pruned_to_outputs().to_stablehlo())


@QUICK
@given(forwards(max_size=15), policies(), st.sampled_from(FORMS))
def test_forwards_and_policies(forward: Program, policy: Policy, form: str) -> None:
    assert text(forward, policy, form) == text(forward, None, form)


@QUICK
@given(programs(max_size=12, declares=True), policies(declared=True), st.sampled_from(FORMS))
def test_declared_live_outs(program: Program, policy: Policy, form: str) -> None:
    assert policy.live_outs == "declared"
    assert text(program, policy, form) == text(program, None, form)


@QUICK
@given(policies(forms=("inline", "resource", "external", None)))
def test_policies_can_be_followed(policy: Policy) -> None:
    program = Program.random(2, 8)
    recording = record(program, policy=policy, weights=program.weights())
    assert "func.func public @main" in str(recording.to_compute_graph().to_stablehlo())


@pytest.mark.parametrize(
    "holds",
    [
        lambda p: p.chunk_end == "never",
        lambda p: p.chunk_end == "scope" and p.log == "disk",
        lambda p: p.chunk_end == "bytes" and p.max_operations < 40 and p.log_memory_limit == 0,
        lambda p: p.constants_form == "external" and p.constants_threshold == 512,
    ],
)
def test_policies_of_every_sort(holds: Any) -> None:
    find(policies(forms=(None, "external")), holds, settings=settings(QUICK, max_examples=2000))


@QUICK
@given(types())
def test_types_are_types_of_arguments(type_: Any) -> None:
    recording = record(lambda b: b.argument("x", type_))
    assert f"%arg0: {type_}" in str(recording.to_compute_graph().to_stablehlo())


@QUICK
@given(st.data(), st.integers(0, 5), st.integers(0, 300))
def test_sizes(data: st.DataObject, least: int, more: int) -> None:
    program = data.draw(programs(min_size=least, max_size=least + more))
    assert least <= len(program.steps)
    assert len(program.steps) <= least + more or program.size <= least + more


@settings(QUICK, max_examples=3, phases=[Phase.generate])
@given(programs(min_size=3_000, max_size=10_000))
def test_large_programs_are_made_of_a_seed(program: Program) -> None:
    assert 3_000 <= program.size <= 10_000
    assert program == Program.from_json(program.to_json())


@pytest.mark.parametrize(("least", "most"), [(-1, 3), (4, 3), (0, 100_001)])
def test_sizes_out_of_range(least: int, most: int) -> None:
    with pytest.raises(ValueError, match="0 <= min <= max <= 100000"):
        programs(min_size=least, max_size=most)


def test_an_unknown_kind() -> None:
    with pytest.raises(ProgramError, match="'nothing' is no kind"):
        programs(kinds=["nothing"])


# -- weights ---------------------------------------------------------------------------------------


@QUICK
@given(weights())
def test_weights_are_a_source(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    def forward(b: irkit.Builder) -> list[irkit.Value]:
        return [b.parameter(name) for name in arrays]

    made = [
        str(record(forward, weights=arrays, constants="inline", policy=policy).to_compute_graph()
            .to_stablehlo())
        for policy in (None, Policy(chunk_end="operations", operations=1))
    ]  # fmt: skip
    assert made[0] == made[1]


@settings(QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weights(), st.integers(1, 3))
def test_saved_weights_come_back(
    tmp_path: Path, arrays: dict[str, np.ndarray[Any, Any]], shards: int
) -> None:
    arrays = {name: array for name, array in arrays.items() if fits_safetensors(array)}
    for path in (
        save_safetensors(tmp_path / "w.safetensors", arrays),
        save_sharded(tmp_path, arrays, shards),
    ):
        check_source(path, arrays)
    plain = {f"w{i}": a for i, a in enumerate(arrays.values()) if a.dtype in NPZ_DTYPES}
    check_source(save_npz(tmp_path / "w.npz", plain, compressed=shards == 1), plain)


def check_source(path: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    with open_weights(path) as source:
        assert sorted(source.names) == sorted(arrays)
        for name, array in arrays.items():
            assert (source.info(name).shape, source.info(name).dtype) == (array.shape, array.dtype)
            found = b"".join(bytes(part) for part in iter_blocks(source, name, bytearray(64)))
            assert found == array.tobytes()


def test_a_dtype_that_the_format_lacks(tmp_path: Path) -> None:
    array = np.zeros(2, np.complex128)
    with pytest.raises(irkit.WeightError, match="tensor 'w': dtype complex128 has no place in it"):
        save_safetensors(tmp_path / "w.safetensors", {"w": array})


# -- the package -----------------------------------------------------------------------------------


def test_hypothesis_is_needed_by_the_strategies_alone() -> None:
    script = (
        "import sys\n"
        "sys.modules['hypothesis'] = None\n"
        "import irkit\n"
        "assert 'irkit.testing' not in sys.modules\n"
        "from irkit.testing import Program, Step, shrink\n"
        "import irkit.testing.mutations\n"
        "program = Program.random(1, 10)\n"
        "irkit.record(program)\n"
        "assert shrink(program, lambda p: True, 9).size == 0\n"
        "try:\n"
        "    from irkit.testing import programs\n"
        "except ImportError:\n"
        "    print('none')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "none\n"


def test_every_public_name_is_there() -> None:
    assert set(irkit.testing.__all__) <= set(dir(irkit.testing))
    for name in irkit.testing.__all__:
        assert getattr(irkit.testing, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        irkit.testing.nothing  # noqa: B018


def test_the_example_of_the_documentation() -> None:
    example = (irkit.testing.__doc__ or "").split("::\n\n", 1)[1].split("=====", 1)[0]
    lines = [line.removeprefix("    ") for line in example.splitlines()]
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    settings(QUICK, max_examples=5)(names["test_streaming_changes_nothing"])()
