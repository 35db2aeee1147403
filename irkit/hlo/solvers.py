"""``fft``, ``cholesky`` and ``triangular_solve``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute

from dialects.stablehlo.attributes import FftType, FftTypeAttr, Transpose, TransposeAttr
from dialects.stablehlo.fourier import FftOp
from dialects.stablehlo.linear_algebra import CholeskyOp, TriangularSolveOp
from dialects.stablehlo.syntax import i64_array
from irkit.emit import emit
from irkit.hlo.arguments import Dims, case_of, dims
from irkit.value import Value


def fft(operand: Value, fft_type: FftType | str, fft_length: Sequence[int]) -> Value:
    """The Fourier transform over the last dimensions, of the lengths ``fft_length``.

    ``fft_type`` is ``"FFT"``, ``"IFFT"``, ``"RFFT"`` (real to complex) or ``"IRFFT"``.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#fft
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    kind = case_of(FftOp.name, "fft_type", FftType, fft_type)
    return emit(FftOp, (operand,), (kind, dims(fft_length)), _fft)


def _fft(kind: FftType, lengths: Dims) -> Mapping[str, Attribute]:
    return {"fft_type": FftTypeAttr(kind), "fft_length": i64_array(lengths)}


def cholesky(a: Value, lower: bool = False) -> Value:
    """The Cholesky factor of each of the matrices in the last two dimensions of ``a``.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#cholesky
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(CholeskyOp, (a,), (lower,), _lower)


def _lower(lower: bool) -> Mapping[str, Attribute]:
    return {"lower": IntegerAttr.from_bool(lower)}


def triangular_solve(
    a: Value,
    b: Value,
    *,
    left_side: bool,
    lower: bool,
    unit_diagonal: bool = False,
    transpose_a: Transpose | str = Transpose.NO_TRANSPOSE,
) -> Value:
    """Solves ``op(a) x = b`` (``x op(a) = b`` unless ``left_side``) for triangular matrices ``a``.

    ``transpose_a`` says what ``op`` is: ``"NO_TRANSPOSE"``, ``"TRANSPOSE"`` or ``"ADJOINT"``.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#triangular_solve
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    transpose = case_of(TriangularSolveOp.name, "transpose_a", Transpose, transpose_a)
    key = (left_side, lower, unit_diagonal, transpose)
    return emit(TriangularSolveOp, (a, b), key, _triangular)


def _triangular(
    left_side: bool, lower: bool, unit_diagonal: bool, transpose: Transpose
) -> Mapping[str, Attribute]:
    return {
        "left_side": IntegerAttr.from_bool(left_side),
        "lower": IntegerAttr.from_bool(lower),
        "unit_diagonal": IntegerAttr.from_bool(unit_diagonal),
        "transpose_a": TransposeAttr(transpose),
    }
