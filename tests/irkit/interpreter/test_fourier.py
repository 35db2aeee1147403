"""``fft`` beside the sum that defines it, and beside XLA."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dialects.stablehlo.attributes import FftType
from irkit.interpreter import run
from irkit.interpreter.ops.fourier import fft
from tests.irkit.interpreter.one_operation import Array, numbers, program, type_text
from tests.witness.xla import compiled


def transformed(values: Array, axes: int, sign: int) -> Array:
    """The discrete Fourier transform of the last axes, by its definition."""
    for axis in range(values.ndim - axes, values.ndim):
        size = values.shape[axis]
        angles = sign * 2j * np.pi * np.outer(np.arange(size), np.arange(size)) / size
        values = np.moveaxis(np.tensordot(np.exp(angles), values, (1, axis)), 0, axis)
    return values


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_each_kind_is_the_sum_of_its_definition(axes: int) -> None:
    random = np.random.default_rng(axes)
    shape = (2, 3, 4, 5)
    lengths = shape[-axes:]
    complex_numbers = numbers(random, shape, np.complex128)
    real = numbers(random, shape, np.float64)
    count = float(np.prod(lengths))
    forward = transformed(complex_numbers, axes, -1)
    backward = transformed(complex_numbers, axes, 1) / count
    halved = transformed(real.astype(np.complex128), axes, -1)[..., :3]
    wide = np.dtype(np.complex128)
    for kind, operand, dtype, expected in (
        (FftType.FFT, complex_numbers, wide, forward),
        (FftType.IFFT, complex_numbers, wide, backward),
        (FftType.RFFT, real, wide, halved),
        (FftType.IRFFT, halved, np.dtype(np.float64), real),
    ):
        np.testing.assert_allclose(fft(operand, kind, lengths, dtype), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "operand", "result", "shape"),
    [
        ("FFT", np.complex64, np.complex64, (3, 8)),
        ("IFFT", np.complex64, np.complex64, (3, 7)),
        ("RFFT", np.float32, np.complex64, (3, 8)),
        ("IRFFT", np.complex64, np.float32, (3, 5)),
    ],
)
def test_fft_is_xlas(kind: str, operand: Any, result: Any, shape: tuple[int, ...]) -> None:
    values = numbers(np.random.default_rng(5), shape, operand)
    length = 8 if kind == "IRFFT" else shape[-1]
    sizes = [3, {"RFFT": 5, "IRFFT": 8}.get(kind, length)]
    operation = (
        f'"stablehlo.fft"({{args}}) <{{fft_type = #stablehlo<fft_type {kind}>, '
        f"fft_length = array<i64: {length}>}}>"
    )
    text = program(operation, [values], [type_text(sizes, result)])
    (ours,), (theirs,) = run(text, [values]), compiled(text, values)
    assert isinstance(ours, np.ndarray)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, atol=2e-6)


def test_of_nothing_there_is_nothing_or_zeros() -> None:
    empty = np.zeros((2, 0), np.complex64)
    assert fft(empty, FftType.FFT, [0], np.dtype(np.complex64)).shape == (2, 0)
    assert fft(empty.real, FftType.RFFT, [0], np.dtype(np.complex64)).shape == (2, 0)
    assert fft(empty, FftType.IRFFT, [0], np.dtype(np.float32)).shape == (2, 0)
