"""The parameter forms ``external``, ``resource`` and ``inline``, judged by the tools that read
them."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import TensorType, bf16, f32, f64, i1, i8

from dialects.attribute_text import attribute_text
from dialects.dense import dense_literal_of
from irkit import Builder, Policy, Value, record
from irkit.artifact import external, resource
from irkit.artifact.form import ArtifactError, ArtifactForm, Parameter
from irkit.artifact.writer import ArtifactWriter
from irkit.weights import open_weights
from tests.witness import iree, upstream

TYPE = TensorType(f32, [2, 4])
NAMES = ["w", "layers.0/norm é", "1 x"]


def written(form: str, parameters: list[Parameter], weights: Any, body: str) -> str:
    """A module whose lines ``<position> <value name>`` in ``body`` define parameters."""
    out = io.BytesIO()
    source = None if weights is None else open_weights(weights)
    writer = ArtifactWriter(out, ArtifactForm(form), parameters, source)  # type: ignore[arg-type]
    writer.prologue("module @m {\n", range(len(parameters)))
    for line in body.splitlines(keepends=True):
        if line[0].isdigit():
            position, name = line.split()
            writer.parameter(int(position), name)
        else:
            writer.text(line)
    writer.text("  }\n}\n")
    writer.epilogue()
    return out.getvalue().decode()


def sum_of_globals(names: list[str], dead: str | None = None) -> str:
    """A function that adds the globals of these names to its argument."""
    parameters = [Parameter(name, TYPE) for name in names]
    lines = ["  func.func public @main(%arg0: tensor<2x4xf32>) -> tensor<2x4xf32> {\n"]
    total = "%arg0"
    for number, parameter in enumerate(parameters):
        value = f"%{external.load_name(parameter)}"
        lines.append(f"{number} {value}\n")
        if parameter.name != dead:
            lines.append(f"    %{number} = stablehlo.add {total}, {value} : tensor<2x4xf32>\n")
            total = f"%{number}"
    lines.append(f"    return {total} : tensor<2x4xf32>\n")
    return written("external", parameters, None, "".join(lines))


def test_iree_prints_external_modules_unchanged() -> None:
    text = sum_of_globals(NAMES)
    assert iree.printed([text]) == [text]
    assert 'util.global private @"1 x" = #flow.parameter.named<"model"::"1 x">' in text


def test_iree_prunes_to_the_module_without_the_dead(tmp_path: Path) -> None:
    dead = sum_of_globals(NAMES, dead=NAMES[2])
    assert iree.without_dead_code([dead], tmp_path) == [sum_of_globals(NAMES[:2])]


def write_weights(path: Path, tensors: dict[str, np.ndarray]) -> None:
    header, end = {}, 0
    for name, array in tensors.items():
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [begin, end]}
    text = json.dumps(header, ensure_ascii=False).encode()
    data = b"".join(array.tobytes() for array in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def run_with_iree(text: str, folder: Path, *options: str) -> np.ndarray:
    """The one result of ``main``, compiled for the CPU and run."""
    source, binary, result = folder / "m.mlir", folder / "m.vmfb", folder / "out.npy"
    source.write_text(text)
    target = ["--iree-hal-target-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=host"]
    compiler = [iree.tool("iree-compile"), *target, str(source), "-o", str(binary)]
    runner = [iree.tool("iree-run-module"), f"--module={binary}", "--function=main", *options]
    for command in (compiler, [*runner, f"--output=@{result}"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return np.load(result)


def test_iree_runs_external_modules_with_the_weights_as_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 4)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    tensors = {name: rng.standard_normal((2, 4)).astype(np.float32) for name in NAMES}
    shards = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    write_weights(shards[0], {name: tensors[name] for name in NAMES[:1]})
    write_weights(shards[1], {name: tensors[name] for name in NAMES[1:]})
    options = [f"--parameters=model={shard}" for shard in shards]
    options.append(f"--input=@{tmp_path / 'x.npy'}")
    got = run_with_iree(sum_of_globals(NAMES), tmp_path, *options)
    np.testing.assert_allclose(got, x + sum(tensors.values()), rtol=1e-6)


@pytest.mark.parametrize("name", ["", 'a"b', "a\\b", "a\n"])
def test_names_that_iree_cannot_print_are_refused(name: str) -> None:
    with pytest.raises(ArtifactError, match=r"without a name|IREE cannot print"):
        external.global_op(Parameter(name, TYPE))


WEIGHTS: dict[str, np.ndarray[Any, Any]] = {
    "w": np.arange(3, dtype=np.float32),
    "a/b": np.arange(200, dtype=np.uint16).view("<u2"),
    "1": np.array([1.5]),
    "flags": np.array([True, False]),
    "bytes": np.array([7, 7], np.int8),
    "ones": np.ones((300, 2), np.float32),
    "late": np.concatenate([np.zeros(400_000), np.ones(1)]).astype(np.float32),
    "long": np.arange(300_000, dtype=np.float32),
    "none": np.ones((0, 3), np.float32),
}
ELEMENTS = [f32, bf16, f64, i1, i8, f32, f32, f32, f32]
PARAMETERS = [
    Parameter(name, TensorType(element, array.shape))
    for (name, array), element in zip(WEIGHTS.items(), ELEMENTS, strict=True)
]
BODY = """\
  func.func public @main() {
0 %cst
1 %cst_0
2 %cst_1
3 %c
4 %c_2
5 %cst_3
6 %cst_4
7 %cst_5
8 %cst_6
    return
"""


@pytest.mark.parametrize("form", ["inline", "resource"])
def test_upstream_prints_streamed_weights_unchanged(form: str) -> None:
    text = written(form, PARAMETERS, WEIGHTS, BODY)
    assert upstream.printed(text) == text
    assert iree.printed([text]) == [text]


@pytest.mark.parametrize("form", ["resource", "external"])
def test_small_parameters_are_inline(form: str) -> None:
    """Below the policy's threshold: as if each had been given as a constant."""
    arrays = {"small": np.arange(3, dtype=np.float32), "large": np.arange(4, dtype=np.float32)}

    def forward(b: Builder) -> list[Value]:
        return [b.parameter("small"), b.parameter("large"), b.parameter("small")]

    for more in ({}, {"chunk_end": "operations", "operations": 1}):
        policy = Policy(constants_form=form, constants_threshold=16, **more)
        graph = record(forward, policy=policy, weights=arrays).to_compute_graph()
        text = graph.to_stablehlo().text
        small = "stablehlo.constant dense<[0.000000e+00, 1.000000e+00, 2.000000e+00]>"
        assert text.count(small) == 1
        assert text.count("dense_resource<large>") == (form == "resource")
        assert text.count("@large") == 2 * (form == "external")
        assert "@small" not in text
        assert "<small>" not in text
        assert iree.printed([text]) == [text]


def test_inline_text_is_that_of_the_whole_array() -> None:
    text = written("inline", PARAMETERS, WEIGHTS, BODY)
    for parameter, array in zip(PARAMETERS, WEIGHTS.values(), strict=True):
        literal = dense_literal_of(array.tobytes(), parameter.type)
        assert f"stablehlo.constant {literal} : {attribute_text(parameter.type)}\n" in text


def test_iree_reads_the_values_of_resources(tmp_path: Path) -> None:
    name = "w w"
    body = "  func.func @main() -> tensor<3xf32> {\n0 %cst\n    return %cst : tensor<3xf32>\n"
    parameter = Parameter(name, TensorType(f32, [3]))
    text = written("resource", [parameter], {name: WEIGHTS["w"]}, body)
    assert f'"{name}": "0x{resource.blob_header(parameter).hex()}' in text
    assert run_with_iree(text, tmp_path).tolist() == [0.0, 1.0, 2.0]
