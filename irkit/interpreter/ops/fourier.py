"""``fft``.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#fft
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dialects.stablehlo.attributes import FftType
from dialects.stablehlo.fourier import FftOp
from dialects.stablehlo.windows import integers
from irkit.interpreter.numbers import DType, narrow, quiet, widen
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


@quiet
def fft(operand: Array, kind: FftType, lengths: Sequence[int], result: DType) -> Array:
    """Discrete Fourier transforms along the last ``len(lengths)`` dimensions.

    Computed in float64 and rounded once. The inverse transforms divide by the number of elements;
    ``IRFFT`` reads the half of the spectrum that the other half mirrors, and takes the zeroth
    number, and the middle one of an even length, as real. A transform without elements has none.
    """
    axes = range(operand.ndim - len(lengths), operand.ndim)
    wide = widen(operand)
    last = lengths[-1]
    shape = list(operand.shape)
    if kind is FftType.RFFT:
        shape[-1] = last // 2 + 1 if last else 0
    elif kind is FftType.IRFFT:
        shape[-1] = last
    if not math.prod(shape) or not operand.size:
        return np.zeros(shape, result)
    if kind is FftType.IRFFT:
        return narrow(np.fft.irfftn(wide, s=lengths, axes=axes), result)
    return narrow(_FUNCTIONS[kind](wide, axes=axes), result)


_FUNCTIONS: dict[FftType, Any] = {
    FftType.FFT: np.fft.fftn,
    FftType.IFFT: np.fft.ifftn,
    FftType.RFFT: np.fft.rfftn,
}


@implements(FftOp)
def evaluate_fft(op: FftOp, operands: list[Any], context: Context) -> Array:
    """Reads the attributes and calls :func:`fft`."""
    return fft(operands[0], op.fft_type.data, integers(op.fft_length) or (), dtype_of(op.result))
