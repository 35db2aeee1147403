"""A counterexample that was kept is one again when both modules are run on it."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from irkit.interpreter.inputs import read_inputs
from irkit.interpreter.running import entry_function, program_of
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.policies import run_irkit
from irkit.verify.tiers.trials import judge
from irkit.verify.trials.counterexample import Counterexample
from irkit.verify.trials.inputs import trial_inputs
from irkit.verify.trials.replay import NotKeptError, keep, replay_commands, reproducing_command
from irkit.verify.verdict import Finding, Tier, Verdict
from irkit.weights import open_weights

INTEGERS = [f"{sign}{width}" for sign in ("i", "ui") for width in (2, 4, 8, 16, 32, 64)]
FLOATS = ["bf16", "f16", "f32", "f64", "f4E2M1FN", "f6E2M3FN", "f6E3M2FN", "f8E3M4", "f8E4M3"]
FLOATS += ["f8E4M3FN", "f8E4M3FNUZ", "f8E4M3B11FNUZ", "f8E5M2", "f8E5M2FNUZ", "f8E8M0FNU"]
ELEMENTS = ["i1", *INTEGERS, *FLOATS, "complex<f32>", "complex<f64>"]


def found_in(folder: Path, left: str, right: str) -> tuple[Pair, Counterexample]:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    pair = Pair(*files)
    finding = judge(pair, Options())
    assert finding.counterexample is not None, finding.summary
    return pair, finding.counterexample


@pytest.mark.parametrize("element", ELEMENTS)
def test_inputs_of_every_type_are_kept(tmp_path: Path, element: str) -> None:
    t = f"tensor<5x{element}>"
    text = f"func.func @main(%x: {t}, %y: {t}) -> {t} {{\n  return %x : {t}\n}}\n"
    pair, found = found_in(tmp_path, text, text.replace("return %x", "return %y"))
    # As they are drawn, before they were made simple.
    entry = entry_function(program_of(pair.modules[0]), "main")
    drawn = trial_inputs(entry.function_type.inputs.data, 0, 1)
    path = tmp_path / "found.npz"
    for inputs in (found.inputs, drawn):
        kept = Counterexample(**{**vars(found), "inputs": inputs})
        assert keep(kept, path) == []
        again = read_inputs([path], entry)
        for one, other in zip(inputs, again, strict=True):
            assert isinstance(one, np.ndarray)
            assert isinstance(other, np.ndarray)
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            assert one.tobytes() == other.tobytes()


def test_tokens_and_tuples_are_kept(tmp_path: Path) -> None:
    parts = "tuple<tensor<2xf32>, tensor<bf16>>"
    text = (
        f"func.func @f(%t: !stablehlo.token, %x: {parts}) -> tensor<2xf32> {{\n"
        f"  %0 = stablehlo.get_tuple_element %x[0] : ({parts}) -> tensor<2xf32>\n"
        "  %1 = stablehlo.abs %0 : tensor<2xf32>\n  return %1 : tensor<2xf32>\n}\n"
    )
    pair, found = found_in(tmp_path, text, text.replace("abs", "negate"))
    path = tmp_path / "found.npz"
    keep(found, path)
    entry = entry_function(program_of(pair.modules[0]), "f")
    token, pieces = read_inputs([path], entry)
    assert repr(token) == "token"
    assert isinstance(pieces, tuple)
    assert [str(getattr(piece, "dtype", "")) for piece in pieces] == ["float32", "bfloat16"]
    assert [getattr(piece, "shape", None) for piece in pieces] == [(2,), ()]


def with_parameter(type_: str, op: str) -> str:
    return (
        f'util.global private @w = #flow.parameter.named<"model"::"layer/ü.w"> : {type_}\n'
        f"func.func @main(%x: {type_}) -> {type_} {{\n"
        f"  %w = util.global.load @w : {type_}\n"
        f"  %0 = stablehlo.{op} %x, %w : {type_}\n  return %0 : {type_}\n}}\n"
    )


def test_external_parameters_are_kept_beside_the_inputs(tmp_path: Path) -> None:
    t = "tensor<3xbf16>"
    pair, found = found_in(tmp_path, with_parameter(t, "add"), with_parameter(t, "subtract"))
    path = tmp_path / "found.npz"
    weights = keep(found, path)
    assert weights == 2 * [tmp_path / "found.safetensors"]
    commands = replay_commands(pair, found, path, weights)
    outputs = [run_irkit(shlex.split(command)[1:]) for command in commands]
    assert outputs[0].startswith("tensor<3xbf16> {")
    assert outputs[0] != outputs[1]


def test_parameters_that_no_file_can_hold_are_told(tmp_path: Path) -> None:
    t = "tensor<3xi4>"
    _, found = found_in(tmp_path, with_parameter(t, "add"), with_parameter(t, "subtract"))
    with pytest.raises(NotKeptError, match="is of type int4"):
        keep(found, tmp_path / "found.npz")
    assert not (tmp_path / "found.npz").exists()


LOADING = """
util.global private @w = #flow.parameter.named<"model"::"KEY"> : tensor<2xf32>
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %w = util.global.load @w : tensor<2xf32>
  %0 = stablehlo.OP %x, %w : tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""
PLAIN = """
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.negate %x : tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""


@pytest.mark.parametrize(
    ("left", "right", "names"),
    [
        (LOADING, PLAIN, ["found.safetensors"] * 2),
        (PLAIN, LOADING, ["found.safetensors"] * 2),
        (LOADING, LOADING.replace("OP", "subtract"), ["found.safetensors"] * 2),
        (
            LOADING,
            LOADING.replace("KEY", "other"),
            ["found.left.safetensors", "found.right.safetensors"],
        ),
    ],
)
def test_each_side_is_run_on_the_parameters_that_it_read(
    tmp_path: Path, left: str, right: str, names: list[str]
) -> None:
    pair, found = found_in(tmp_path, *(text.replace("OP", "add") for text in (left, right)))
    path = tmp_path / "found.npz"
    weights = keep(found, path)
    assert [place.name for place in weights] == names
    assert sorted(tmp_path.glob("*.safetensors")) == sorted(set(weights))
    for command, place, read in zip(
        replay_commands(pair, found, path, weights), weights, found.parameters, strict=True
    ):
        assert shlex.split(command)[-2:] == ["--weights", str(place)]
        with open_weights(place) as kept:
            for key, values in read.items():
                raw = bytearray(kept.info(key).nbytes)
                kept.read_into(key, 0, raw)
                assert raw == values.tobytes()


def test_the_settings_that_matter_are_in_the_command(tmp_path: Path) -> None:
    pair, found = found_in(tmp_path, PLAIN, PLAIN.replace("negate", "abs"))
    options = Options(seed=5, trials=9, assume_real=True, max_ulps=2)
    files = f"{pair.left} {pair.right}"
    tried = Finding(Tier.TRIALS, Verdict.DIFFERENT, "", counterexample=found)
    proved = Finding(Tier.SMT, Verdict.DIFFERENT, "", counterexample=found)
    assert [reproducing_command(pair, finding, options) for finding in (tried, proved)] == [
        f"irkit-verify {files} --tier trials --seed 5 --trials 1 --assume real --max-ulps 2",
        f"irkit-verify {files} --tier smt --seed 5 --trials 9 --assume real --max-ulps 2",
    ]
