"""``irkit run``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tests.faults.weight_files import safetensors

Irkit = Callable[..., Any]

LOG = """func.func @main(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<i32>) {
  %0 = stablehlo.log %x : tensor<2x2xf32>
  %1 = stablehlo.add %0, %0 : tensor<2x2xf32>
  %2 = stablehlo.constant dense<7> : tensor<i32>
  return %1, %2 : tensor<2x2xf32>, tensor<i32>
}
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.mlir"
    path.write_text(LOG)
    return path


def saved(path: Path, values: Any, dtype: Any = np.float32) -> Path:
    np.save(path, np.asarray(values, dtype))
    return path


def test_results_are_printed_as_upstream_prints_them(irkit: Irkit, log: Path) -> None:
    ran = irkit("run", log, "--input", saved(log.with_name("x.npy"), [[1, 1], [1, np.inf]]))
    assert ran.status == 0
    assert ran.out == (
        "tensor<2x2xf32> {\n  [\n    [0.000000e+00, 0.000000e+00],\n"
        "    [0.000000e+00, 0x7F800000]\n  ]\n}\ntensor<i32> {7}\n"
    )


def test_results_are_written(irkit: Irkit, log: Path) -> None:
    out = log.with_name("out.npz")
    assert irkit("run", log, "--random-seed", 3, "-o", out).status == 0
    first = dict(np.load(out))
    assert first["0"].shape == (2, 2)
    assert first["1"] == 7
    irkit("run", log, "--random-seed", 3, "-o", out)
    assert np.array_equal(np.load(out)["0"], first["0"], equal_nan=True)
    irkit("run", log, "--random-seed", 4, "-o", out)
    assert not np.array_equal(np.load(out)["0"], first["0"], equal_nan=True)


def test_a_trace_has_ranges_and_counts(irkit: Irkit, log: Path) -> None:
    given = saved(log.with_name("x.npy"), [[1, -1], [0, 1]])
    ran = irkit("run", log, "--input", given, "--trace")
    first, second, third = ran.err.splitlines()
    assert first == "2:8: stablehlo.log: 2x2xfloat32 in [0.0, 0.0], 1 NaN, 1 inf"
    assert second.startswith("3:8: stablehlo.add: ")
    assert third == "4:8: stablehlo.constant: int32 in [7, 7]"


def test_a_run_stops_at_the_first_nan(irkit: Irkit, log: Path) -> None:
    given = saved(log.with_name("x.npy"), [[1, -1], [0, 2]])
    ran = irkit("run", log, "--input", given, "--break-on", "nan")
    assert ran.status == 1
    assert "log.mlir:2:8: error: stablehlo.log gave NaN" in ran.err
    assert "operand 0: tensor<2x2xf32>: 2x2xfloat32 in [-1.0, 2.0]" in ran.err
    assert ran.out == ""
    ran = irkit("run", log, "--input", given, "--break-on", "nan", "--break-on", "inf")
    assert "gave NaN and infinity" in ran.err
    fine = saved(log.with_name("x.npy"), np.ones((2, 2)))
    assert irkit("run", log, "--input", fine, "--break-on", "inf").status == 0


def test_a_failed_check_is_status_1(irkit: Irkit, tmp_path: Path) -> None:
    path = tmp_path / "check.mlir"
    path.write_text(
        "func.func @main(%x: tensor<2xi32>) {\n"
        "  check.expect_eq_const %x, dense<[1, 2]> : tensor<2xi32>\n  return\n}\n"
    )
    wrong = irkit("run", path, "--input", saved(tmp_path / "x.npy", [1, 3], np.int32))
    assert wrong.status == 1
    assert "check.mlir:2:3: error: check.expect_eq_const: 1 of 2 elements" in wrong.err
    assert "at [1]: 3 instead of 2" in wrong.err
    right = irkit("run", path, "--input", saved(tmp_path / "x.npy", [1, 2], np.int32))
    assert right.status == 0


def test_bad_input_is_one_line(irkit: Irkit, log: Path, tmp_path: Path) -> None:
    text = tmp_path / "x.npy"
    text.write_text("no array")
    for arguments, message in (
        (["--input", text], "x.npy: tensor 'x': does not begin as a .npy file"),
        (["--input", tmp_path / "none.npy"], "none.npy: cannot be opened: No such file"),
        ([], "@main takes 1 inputs, 0 are given"),
        (["--input", saved(tmp_path / "y.npy", [1.0])], "has the shape [1]"),
        (["--random-seed", 1, "--input", text], "not both"),
        (["--random-seed", 1, "-o", tmp_path / "y.npy"], "2 results need a name"),
        (["--random-seed", 1, "--function", "f"], "there is no @f"),
    ):
        ran = irkit("run", log, *arguments)
        assert ran.status == 2
        assert message in ran.err
        assert len(ran.err.splitlines()) == 1


def test_types_that_numpy_files_lack(irkit: Irkit, tmp_path: Path) -> None:
    """bf16 comes back as the bits that were given."""
    path = tmp_path / "bf16.mlir"
    path.write_text(
        "func.func @main(%x: tensor<2xbf16>) -> tensor<2xbf16> {\n return %x : tensor<2xbf16>\n}\n"
    )
    values = np.asarray([1.5, -2], ml_dtypes.bfloat16)
    given, out = tmp_path / "x.npz", tmp_path / "out.npy"
    np.savez(given, x=values.view(np.uint16))
    assert irkit("run", path, "--input", given, "-o", out).status == 0
    assert np.load(out).tobytes() == values.tobytes()
    assert irkit("run", path, "--input", out, "-o", given).status == 0


def test_weights_are_read(irkit: Irkit, tmp_path: Path) -> None:
    path, weights = tmp_path / "w.mlir", tmp_path / "w.npz"
    path.write_text(
        'util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<2xf32>\n'
        "func.func @main() -> tensor<2xf32> {\n  %0 = util.global.load @w : tensor<2xf32>\n"
        "  return %0 : tensor<2xf32>\n}\n"
    )
    np.savez(weights, w=np.asarray([1, 2], np.float32))
    ran = irkit("run", path, "--weights", weights)
    assert ran.out == "tensor<2xf32> {\n  [1.000000e+00, 2.000000e+00]\n}\n"
    assert "external parameter 'w'" in irkit("run", path).err


def test_others_run_it_too(irkit: Irkit, log: Path) -> None:
    given = saved(log.with_name("x.npy"), [[1, 2], [3, 4]])
    out = log.with_name("out.npz")
    ran = irkit("run", log, "--input", given, "--on", "jax", "--on", "iree", "-o", out)
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["jax", "jax", "iree", "iree"]
    assert lines[1] == "jax: result 1: equal"


def test_a_difference_is_status_1(irkit: Irkit, tmp_path: Path) -> None:
    """XLA's tanh of f32 is an approximation, some units in the last place away."""
    path, out = tmp_path / "d.mlir", tmp_path / "out.npy"
    path.write_text(
        "func.func @main(%x: tensor<500xf32>) -> tensor<500xf32> {\n"
        "  %0 = stablehlo.tanh %x : tensor<500xf32>\n  return %0 : tensor<500xf32>\n}\n"
    )
    ran = irkit("run", path, "--random-seed", 1, "--on", "jax", "--max-ulps", 0, "-o", out)
    assert ran.status == 1
    assert " ULP at [" in ran.out
    assert irkit("run", path, "--random-seed", 1, "--on", "jax", "-o", out).status == 0


def test_a_module_that_others_refuse(irkit: Irkit, tmp_path: Path) -> None:
    path = tmp_path / "check.mlir"
    path.write_text(
        "func.func @main(%x: tensor<2xi32>) {\n"
        "  check.expect_eq %x, %x : tensor<2xi32>\n  return\n}\n"
    )
    out = tmp_path / "o.npz"
    ran = irkit("run", path, "--random-seed", 1, "--on", "jax", "-o", out)
    assert ran.status == 2
    assert "jax did not run the module" in ran.err


ALL_REDUCE = """func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<ui32>) {
  %0 = "stablehlo.all_reduce"(%x) ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %s = stablehlo.subtract %a, %b : tensor<f32>
      stablehlo.return %s : tensor<f32>
  }) {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = stablehlo.partition_id : tensor<ui32>
  return %0, %1 : tensor<2xf32>, tensor<ui32>
}
"""


def test_several_processes(irkit: Irkit, tmp_path: Path) -> None:
    path, out = tmp_path / "all.mlir", tmp_path / "out.npz"
    path.write_text(ALL_REDUCE)
    first = saved(tmp_path / "0.npy", [1, 2])
    second = saved(tmp_path / "1.npy", [10, 30])
    each = ["--input", f"0:{first}", "--input", f"1:{second}"]
    assert irkit("run", path, "--replicas", 2, *each, "-o", out).status == 0
    found = {name: values.tolist() for name, values in np.load(out).items()}
    assert found == {"0/0": [-9, -28], "0/1": 0, "1/0": [-9, -28], "1/1": 0}
    printed = irkit("run", path, "--replicas", 2, "--partitions", 2, "--input", second).out
    assert printed.count("[0.000000e+00, 0.000000e+00]") == 4
    assert "process 3 (replica 1, partition 1):" in printed
    assert printed.endswith("tensor<ui32> {1}\n")
    seeded = irkit("run", path, "--replicas", 2, "--random-seed", 1).out
    assert "[0.000000e+00, 0.000000e+00]" not in seeded


def test_bad_input_of_several_processes(irkit: Irkit, tmp_path: Path) -> None:
    path = tmp_path / "all.mlir"
    path.write_text(ALL_REDUCE)
    given = saved(tmp_path / "x.npy", [1, 2])
    for arguments, message in (
        (["--input", f"2:{given}"], "there are processes 0 to 1"),
        (["--input", f"0:{given}"], "@main takes 1 inputs, 0 are given"),
        (["--input", given, "-o", tmp_path / "o.npy"], "a name that ends in .npz"),
        (["--input", given, "--on", "jax"], "one process"),
    ):
        ran = irkit("run", path, "--replicas", 2, *arguments)
        assert (ran.status, ran.out) == (2, "")
        assert message in ran.err


def written(folder: Path, text: str) -> Path:
    path = folder / "m.mlir"
    path.write_text(text)
    return path


def test_a_module_that_is_wrong_is_not_run(irkit: Irkit, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "func.func @main(%x: tensor<2xf32>) -> tensor<9xf32> {\n"
        "  %0 = stablehlo.slice %x [0:9] : (tensor<2xf32>) -> tensor<9xf32>\n"
        "  return %0 : tensor<9xf32>\n}\n",
    )
    ran = irkit("run", path, "--random-seed", 1)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"{path}:2:8: error: stablehlo.slice: (C3) dimension 0: ")
    assert len(ran.err.splitlines()) == 1


def test_a_terminal_sees_how_far_it_is(
    irkit: Irkit, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar is drawn while the operations run, and wiped away."""
    master, terminal = os.openpty()
    given = saved(log.with_name("x.npy"), [[1, 1], [1, 1]])
    with os.fdopen(master, "rb", buffering=0) as seen, os.fdopen(terminal, "w") as err:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", err)
            ran = irkit("run", log, "--input", given)
        err.flush()
        shown = seen.read(1 << 16).decode()
    assert ran.status == 0
    assert "running" in shown
    assert "/3" in shown
    assert shown.rstrip().endswith("\x1b[2K")


def test_results_without_elements_to_print(irkit: Irkit, tmp_path: Path) -> None:
    size = 2**50
    text = (
        f"func.func @main() -> (!stablehlo.token, tensor<{size}xf32>) {{\n"
        f"  %0 = stablehlo.constant dense<1.5> : tensor<{size}xf32>\n"
        "  %1 = stablehlo.create_token : !stablehlo.token\n"
        f"  return %1, %0 : !stablehlo.token, tensor<{size}xf32>\n}}\n"
    )
    path = written(tmp_path, text)
    ran = irkit("run", path)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"!stablehlo.token\n{size}xfloat32 in [1.5, 1.5]\n"
    out = tmp_path / "out.npz"
    ran = irkit("run", path, "-o", out)
    assert ran.status == 2
    assert "result 0 is token, which cannot be written" in ran.err
    text = text.replace("!stablehlo.token, t", "t").replace("%1, ", "")
    ran = irkit("run", written(tmp_path, text), "-o", out)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"irkit: error: {out}: out of memory: the results have {4 * size} bytes\n"
    assert not out.exists()


def test_what_lacks_memory_is_one_line_with_its_place(irkit: Irkit, tmp_path: Path) -> None:
    line = f"  %0 = stablehlo.iota dim = 0 : tensor<{2**50}xf32>\n"
    path = written(tmp_path, f"func.func @main() {{\n{line}  return\n}}\n")
    place = f"irkit: error: {path}:2:8: error: stablehlo.iota: out of memory, it gives tensor<"
    for processes in (1, 2):
        ran = irkit("run", path, "--replicas", processes)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.startswith(f"{place}{2**50}xf32> ({2**52} bytes): ")
        assert len(ran.err.splitlines()) == 1


def test_others_read_the_weights(irkit: Irkit, tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    about = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    weights.write_bytes(safetensors({"w": about}, np.asarray([1, 2], np.float32).tobytes()))
    path = written(
        tmp_path,
        'util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<2xf32>\n'
        "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n"
        "  %0 = util.global.load @w : tensor<2xf32>\n"
        "  %1 = stablehlo.add %0, %x : tensor<2xf32>\n  return %1 : tensor<2xf32>\n}\n",
    )
    given = saved(tmp_path / "x.npy", [10, 20])
    ran = irkit("run", path, "--input", given, "--weights", weights, "--on", "iree")
    assert ran.out.endswith("[1.100000e+01, 2.200000e+01]\n}\niree: result 0: equal\n")
    assert ran.status == 0


def test_others_run_what_gives_nothing(irkit: Irkit, tmp_path: Path) -> None:
    path = written(tmp_path, "func.func @main() {\n  return\n}\n")
    ran = irkit("run", path, "--on", "iree")
    assert (ran.status, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize(
    ("signature", "type_"),
    [
        ("%x: !stablehlo.token", "!stablehlo.token"),
        ("%x: tensor<2xf32>, %y: tuple<tensor<f32>>", "tuple<tensor<f32>>"),
    ],
)
def test_others_take_tensors_alone(
    irkit: Irkit, tmp_path: Path, signature: str, type_: str
) -> None:
    path = written(tmp_path, f"func.func @main({signature}) {{\n  return\n}}\n")
    ran = irkit("run", path, "--on", "jax")
    assert (ran.status, ran.out) == (2, "")
    assert f"--on compares tensors, @main has a {type_}" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_tokens_and_tuples_are_inputs(irkit: Irkit, tmp_path: Path) -> None:
    """A token takes no array, a tuple one for each part."""
    path, given = tmp_path / "t.mlir", tmp_path / "x.npz"
    path.write_text(
        "func.func @main(%t: !stablehlo.token, %x: tuple<tensor<2xi32>, tensor<i32>>, "
        "%y: tensor<i32>) -> (tensor<2xi32>, tensor<i32>) {\n"
        "  %0 = stablehlo.get_tuple_element %x[0] : "
        "(tuple<tensor<2xi32>, tensor<i32>>) -> tensor<2xi32>\n"
        "  return %0, %y : tensor<2xi32>, tensor<i32>\n}\n"
    )
    np.savez(given, *(np.asarray(values, np.int32) for values in ([1, 2], 3, 4)))
    ran = irkit("run", path, "--input", given)
    assert ran.out == "tensor<2xi32> {\n  [1, 2]\n}\ntensor<i32> {4}\n"
