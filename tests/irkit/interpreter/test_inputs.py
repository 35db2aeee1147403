"""Inputs at random, and values as files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from dialects.func import FuncOp
from dialects.reader import parse_module
from irkit.interpreter import TOKEN, Future, Value
from irkit.interpreter.inputs import (
    InputError,
    inputs_file,
    outputs_file,
    parallel_outputs_file,
    random_inputs,
    read_inputs,
)
from tests.irkit.interpreter.test_npy_files import entry


def random(type_: str, seed: int = 1) -> np.ndarray:
    first, _ = random_inputs(entry(f"{type_}, %b: tensor<2xi8>"), seed)
    assert isinstance(first, np.ndarray)
    return first


def test_random_booleans_are_both() -> None:
    found = random("tensor<64xi1>")
    assert (found.dtype, found.shape) == (np.bool, (64,))
    assert set(found.tolist()) == {True, False}


def test_random_complex_numbers_have_two_independent_parts() -> None:
    found = random("tensor<20x50xcomplex<f32>>")
    assert (found.dtype, found.shape) == (np.complex64, (20, 50))
    parts = np.stack([found.real, found.imag]).reshape(2, -1)
    assert np.allclose(np.cov(parts), np.eye(2), atol=0.15)
    assert np.allclose(parts.mean(axis=1), 0, atol=0.15)


def test_random_numbers_follow_from_the_seed() -> None:
    for type_ in ("tensor<9xi1>", "tensor<9xcomplex<f64>>", "tensor<9xbf16>", "tensor<9xui4>"):
        assert random(type_).tobytes() == random(type_).tobytes()
        assert random(type_).tobytes() != random(type_, 2).tobytes()


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        ("!stablehlo.token", "a !stablehlo.token: its shape is not known"),
        ("tensor<2x?xf32>", r"a tensor<2x\?xf32>: its shape is not known"),
        ("tensor<2xi17>", "a tensor<2xi17>: numpy has no type for elements of type i17"),
        ("tensor<2xcomplex<bf16>>", "numpy has no type for elements of type complex<bf16>"),
        (f"tensor<{2**50}xf32>", rf"a tensor<{2**50}xf32> \({2**52} bytes\): out of memory: Una"),
        (f"tensor<{2**50}xi1>", rf"\({2**50} bytes\): out of memory: Una"),
        (f"tensor<{2**32}x{2**32}xi1>", rf"\({2**64} bytes\): out of memory$"),
        (f"tensor<{2**63 - 1}xcomplex<f32>>", rf"\({2**66 - 8} bytes\): out of memory$"),
    ],
)
def test_what_has_no_random_input_is_told(type_: str, said: str) -> None:
    with pytest.raises(InputError, match=f"^argument 1 is .*{said}"):
        random_inputs(entry(f"tensor<i8>, %b: {type_}"), 0)


def test_no_file_has_an_element_type_that_numpy_lacks(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(2, np.int32))
    with pytest.raises(
        InputError, match=r"@main takes .* numpy has no type for elements of .* i17"
    ):
        read_inputs([tmp_path / "x.npy"], entry("tensor<2xi17>"))


@pytest.mark.parametrize("type_", ["tensor<2xf8E4M3FN>", "tensor<2xbf16>"])
def test_bits_of_a_type_without_a_name_are_of_its_size(type_: str, tmp_path: Path) -> None:
    """Other arrays stay what they are: running them is an error that names both types."""
    path = tmp_path / "x.npy"
    for wrong in (np.int8([1, 2]), np.float16([1, 2]), np.uint32([1, 2])):
        np.save(path, wrong)
        (found,) = read_inputs([path], entry(type_))
        assert isinstance(found, np.ndarray)
        assert found.dtype == wrong.dtype


def test_a_value_that_is_no_tensor_is_given_as_it_is(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.int32(7))
    (found,) = read_inputs([tmp_path / "x.npy"], entry("index"))
    assert found == 7


def function(types: str) -> FuncOp:
    text = f"func.func @main(%a: {types}) {{\n  return\n}}\n"
    (found,) = parse_module(text).module.body.block.ops
    assert isinstance(found, FuncOp)
    return found


def test_inputs_come_back_from_their_file(tmp_path: Path) -> None:
    bits = ml_dtypes.float8_e4m3fn
    values: list[Value] = [TOKEN, (np.float32([1, 2]), (TOKEN, np.asarray(1.5, bits)))]
    path = tmp_path / "x.npz"
    path.write_bytes(inputs_file(values))
    part = "tuple<!stablehlo.token, tensor<f8E4M3FN>>"
    types = f"!stablehlo.token, %b: tuple<tensor<2xf32>, {part}>"
    token, pair = read_inputs([path], function(types))
    assert token is TOKEN
    assert isinstance(pair, tuple)
    assert repr(pair) == repr(values[1])


def test_a_future_is_in_no_file() -> None:
    future: Any = Future([np.zeros(2)])
    with pytest.raises(InputError, match=r"^value 1 is Future\(.*, which cannot be written$"):
        inputs_file([np.zeros(1), future])
    for values in ([np.zeros(1), future], [np.zeros(1), TOKEN], [np.zeros(1), (np.zeros(1),)]):
        with pytest.raises(InputError, match=r"^result 1 is .*, which cannot be written to x\.npz"):
            outputs_file(values, "x.npz")
        with pytest.raises(InputError, match=r"^result 1 is .*, which cannot be written to x\.npz"):
            parallel_outputs_file([[np.zeros(1)], values], "x.npz")


def test_one_result_is_an_array_file() -> None:
    values = np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3))
    assert np.array_equal(np.load(io.BytesIO(outputs_file([values], "x.npy"))), values)
    with pytest.raises(InputError, match=r"x\.bin: 1 results need a name .* \.npz or \.npy$"):
        outputs_file([values], "x.bin")


@pytest.mark.parametrize("name", ["x.npz", "x.npy"])
@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.float8_e4m3fn])
def test_results_that_only_seem_to_be_there_are_not_written(name: str, dtype: Any) -> None:
    """One element stands for all; a file would hold each of them."""
    repeated = np.broadcast_to(np.asarray(1, dtype), (2**50,))
    size = repeated.nbytes
    with pytest.raises(InputError, match=rf"^{name}: out of memory: the results have {size} bytes"):
        outputs_file([repeated], name)


def test_results_of_more_than_can_be_addressed_are_not_written() -> None:
    repeated = np.broadcast_to(np.uint8(1), (2**62,))
    with pytest.raises(InputError, match=f"out of memory: the results have {2**63} bytes"):
        parallel_outputs_file([[repeated], [repeated]], "x.npz")
