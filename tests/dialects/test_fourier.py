"""``fft`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import wrong_programs
from programs import check_accepted, check_refused, our_refusals, program, several


def _fft(operand: str, kind: str, lengths: str, result: str) -> str:
    return f"stablehlo.fft %0, type = {kind}, length = [{lengths}] : ({operand}) -> {result}"


def _complex(shape: str) -> str:
    return f"tensor<{shape}xcomplex<f32>>"


CASES = [
    (_complex("4x9"), "FFT", "9", _complex("4x9")),
    (_complex("4x9"), "IFFT", "4, 9", _complex("4x9")),
    ("tensor<4x9xf32>", "RFFT", "4, 9", _complex("4x5")),
    ("tensor<2x4x8xf64>", "RFFT", "2, 4, 8", "tensor<2x4x5xcomplex<f64>>"),
    ("tensor<4x0xf32>", "RFFT", "0", _complex("4x0")),
    (_complex("4x5"), "IRFFT", "9", "tensor<4x9xf32>"),
    (_complex("4x5"), "IRFFT", "4, 8", "tensor<4x8xf32>"),
    (_complex("4x0"), "IRFFT", "0", "tensor<4x0xf32>"),
    ("tensor<?x?xf32>", "RFFT", "4, 9", _complex("4x5")),
    (_complex("?x?"), "IRFFT", "4, 9", "tensor<?x9xf32>"),
]
REFUSED = [
    ("I1", "tensor<9xi32>", "RFFT", "9", _complex("5")),
    ("C1", _complex("9"), "FFT", "9, 9", _complex("9")),
    ("C2", "tensor<9xf32>", "FFT", "9", "tensor<9xf32>"),
    ("C2", "tensor<9xf32>", "IRFFT", "16", "tensor<16xf32>"),
    ("C2", _complex("9"), "RFFT", "9", _complex("5")),
    ("C2", "tensor<9xf16>", "RFFT", "9", _complex("5")),
    ("C2", "tensor<9xf32>", "RFFT", "9", "tensor<5xf32>"),
    ("C3", _complex("9"), "FFT", "", _complex("9")),
    ("C3", _complex("1x1x1x9"), "FFT", "1, 1, 1, 9", _complex("1x1x1x9")),
    ("C4", "tensor<9xf32>", "RFFT", "8", _complex("5")),
    ("C4", _complex("4x5"), "IRFFT", "3, 9", "tensor<4x9xf32>"),
    ("C5", _complex("4x5"), "IRFFT", "4, 10", "tensor<4x10xf32>"),
    ("C5", "tensor<9xf32>", "RFFT", "9", _complex("9")),
    ("C5", _complex("9"), "FFT", "9", _complex("8")),
]


@pytest.mark.parametrize(("operand", "kind", "lengths", "result"), CASES)
def test_right_programs(operand: str, kind: str, lengths: str, result: str) -> None:
    check_accepted(several([([operand], _fft(operand, kind, lengths, result))]))


@pytest.mark.parametrize(("id", "operand", "kind", "lengths", "result"), REFUSED)
def test_a_violated_constraint_is_named(
    id: str, operand: str, kind: str, lengths: str, result: str
) -> None:
    check_refused("fft", id, program([operand], _fft(operand, kind, lengths, result)))


WRONG_PROGRAMS = wrong_programs(
    "fft", [(id, program([operand], _fft(operand, *rest))) for id, operand, *rest in REFUSED]
)
RIGHT_PROGRAMS = [several([([operand], _fft(operand, *rest)) for operand, *rest in CASES])]


def test_an_unknown_type_is_refused() -> None:
    text = program(["tensor<9xf32>"], _fft("tensor<9xf32>", "DFT", "9", "tensor<9xf32>"))
    (message,) = our_refusals(text)
    assert "one of FFT, IFFT, RFFT, IRFFT" in message
