"""``cholesky`` and ``triangular_solve``.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#cholesky
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#triangular_solve
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dialects.stablehlo.attributes import Transpose
from dialects.stablehlo.linear_algebra import CholeskyOp, TriangularSolveOp
from irkit.interpreter.numbers import narrow, quiet, widen
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


@quiet
def cholesky(a: Array, lower: bool) -> Array:
    """The triangular factor of each matrix ``[..., n, n]``; the other triangle is zero.

    Only the triangle that ``lower`` names is read, and the diagonal as real. A matrix that is not
    positive definite gives NaN, as in XLA. Computed in float64 and rounded once.
    """
    wide = widen(a)
    if not lower:
        wide = _adjoint(wide)
    factor = np.zeros_like(wide)
    for index in np.ndindex(a.shape[:-2]):
        factor[index] = _lower_factor(wide[index])
    return narrow(factor if lower else _adjoint(factor) + 0.0, a.dtype)


def _lower_factor(matrix: Array) -> Array:
    """Column by column, the Cholesky-Crout order."""
    size = len(matrix)
    factor = np.zeros_like(matrix)
    for column in range(size):
        known = factor[column:, :column] @ factor[column, :column].conj()
        below = matrix[column:, column] - known
        pivot = below[0].real
        if not pivot > 0:
            return np.where(np.tri(size, dtype=np.bool), np.nan, factor)
        factor[column:, column] = below / np.sqrt(pivot)
        factor[column, column] = np.sqrt(pivot)
    return factor


@quiet
def triangular_solve(
    a: Array,
    b: Array,
    *,
    left_side: bool,
    lower: bool,
    unit_diagonal: bool,
    transpose_a: Transpose,
) -> Array:
    """Solves ``op(a) x = b``, or ``x op(a) = b``, for each matrix ``[..., n, n]`` by substitution.

    The other triangle of ``a``, and with ``unit_diagonal`` its diagonal, is not read. A zero on
    the diagonal divides as IEEE 754 says. Computed in float64 and rounded once.
    """
    matrix, rows = widen(a), widen(b)
    if transpose_a is Transpose.ADJOINT:
        matrix = matrix.conj()
    transposed = transpose_a in (Transpose.TRANSPOSE, Transpose.ADJOINT)
    if not left_side:
        # x A = b is A^T x^T = b^T.
        rows = rows.swapaxes(-1, -2)
        transposed = not transposed
    if transposed:
        matrix = matrix.swapaxes(-1, -2)
        lower = not lower
    if not lower:
        # From the last row up is from the first row down, seen in a mirror.
        matrix, rows = matrix[..., ::-1, ::-1], rows[..., ::-1, :]
    x = _forward(matrix, rows, unit_diagonal)
    if not lower:
        x = x[..., ::-1, :]
    return narrow(x if left_side else x.swapaxes(-1, -2), b.dtype)


def _forward(matrix: Array, rows: Array, unit_diagonal: bool) -> Array:
    """Substitution from the first row down."""
    x = np.zeros_like(rows)
    for i in range(rows.shape[-2]):
        known = (matrix[..., i : i + 1, :i] @ x[..., :i, :])[..., 0, :]
        x[..., i, :] = rows[..., i, :] - known
        if not unit_diagonal:
            x[..., i, :] /= matrix[..., i, i, np.newaxis]
    return x


def _adjoint(matrix: Array) -> Array:
    return matrix.conj().swapaxes(-1, -2)


@implements(CholeskyOp)
def evaluate_cholesky(op: CholeskyOp, operands: list[Any], context: Context) -> Array:
    """Reads the attribute and calls :func:`cholesky`."""
    return cholesky(operands[0], op.lower is not None and bool(op.lower.value.data))


@implements(TriangularSolveOp)
def evaluate_triangular_solve(
    op: TriangularSolveOp, operands: list[Any], context: Context
) -> Array:
    """Reads the attributes and calls :func:`triangular_solve`."""
    a, b = operands
    return triangular_solve(
        a,
        b,
        left_side=bool(op.left_side.value.data),
        lower=bool(op.lower.value.data),
        unit_diagonal=bool(op.unit_diagonal.value.data),
        transpose_a=op.transpose_a.data,
    )
