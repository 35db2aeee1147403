"""``cholesky`` and ``triangular_solve`` by what they promise, and beside upstream and XLA."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from dialects.stablehlo.attributes import Transpose
from irkit.interpreter import run
from irkit.interpreter.ops.linear_algebra import cholesky, triangular_solve
from tests.irkit.interpreter.one_operation import Array, numbers, program, type_text
from tests.witness.xla import compiled

DTYPES = (np.float32, np.float64, np.complex64, np.complex128)
TOLERANCE = {np.dtype(dtype): 2e-5 if np.finfo(dtype).bits == 32 else 1e-12 for dtype in DTYPES}


def definite(random: np.random.Generator, dtype: Any) -> Array:
    factor = numbers(random, (2, 4, 4), dtype) + 3 * np.eye(4, dtype=dtype)
    return factor @ factor.conj().swapaxes(-1, -2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cholesky_gives_back_the_matrix_and_reads_one_triangle(dtype: Any) -> None:
    matrix = definite(np.random.default_rng(0), dtype)
    tolerance = 20 * TOLERANCE[matrix.dtype]
    other = np.where(np.tri(4, k=-1, dtype=np.bool), np.nan, 1).astype(dtype)
    lower, upper = cholesky(matrix * other.T, True), cholesky(matrix * other, False)
    assert lower.dtype == upper.dtype == matrix.dtype
    np.testing.assert_allclose(lower @ lower.conj().swapaxes(-1, -2), matrix, rtol=tolerance)
    np.testing.assert_allclose(upper.conj().swapaxes(-1, -2) @ upper, matrix, rtol=tolerance)
    np.testing.assert_array_equal(np.tril(lower), lower)
    np.testing.assert_array_equal(np.triu(upper), upper)
    assert (np.diagonal(lower, axis1=-2, axis2=-1).real > 0).all()


def test_cholesky_of_the_specification_and_of_xla() -> None:
    a = np.array([[1, 2, 3], [2, 20, 26], [3, 26, 70]], np.float32)
    assert cholesky(a, True).tolist() == [[1, 0, 0], [2, 4, 0], [3, 5, 6]]
    text = program(
        '"stablehlo.cholesky"({args}) <{lower = true}>', [a], [type_text(a.shape, a.dtype)]
    )
    np.testing.assert_allclose(np.tril(compiled(text, a)[0]), run(text, [a])[0])


def test_a_matrix_that_is_not_positive_definite_gives_nan_beside_others() -> None:
    matrices = np.stack([np.eye(2), np.array([[1, 2], [2, 1]]), 4 * np.eye(2)])
    found = cholesky(matrices, True)
    assert found[0].tolist() == [[1, 0], [0, 1]]
    assert np.isnan(found[1][np.tril_indices(2)]).all()
    assert found[2].tolist() == [[2, 0], [0, 2]]


CASES = list(
    itertools.product(
        [True, False],
        [True, False],
        [True, False],
        [Transpose.NO_TRANSPOSE, Transpose.TRANSPOSE, Transpose.ADJOINT],
    )
)


@pytest.mark.parametrize("dtype", DTYPES)
def test_triangular_solve_solves_reading_its_triangle_alone(dtype: Any) -> None:
    random = np.random.default_rng(1)
    full = numbers(random, (3, 4, 4), dtype) + 4 * np.eye(4, dtype=dtype)
    for left_side, lower, unit_diagonal, transpose_a in CASES:
        triangle = np.tril(full) if lower else np.triu(full)
        unread = np.triu(np.ones((4, 4)), 1) if lower else np.tril(np.ones((4, 4)), -1)
        if unit_diagonal:
            triangle = triangle / 8
            triangle[..., range(4), range(4)] = 1
            unread = unread + np.eye(4)
        hidden = np.where(unread == 1, np.nan, triangle).astype(dtype)
        b = numbers(random, (3, 4, 2) if left_side else (3, 2, 4), dtype)
        x = triangular_solve(
            hidden,
            b,
            left_side=left_side,
            lower=lower,
            unit_diagonal=unit_diagonal,
            transpose_a=transpose_a,
        )
        matrix = triangle.astype(dtype)
        if transpose_a is not Transpose.NO_TRANSPOSE:
            matrix = matrix.swapaxes(-1, -2)
        if transpose_a is Transpose.ADJOINT:
            matrix = matrix.conj()
        product = matrix @ x if left_side else x @ matrix
        assert x.dtype == b.dtype
        np.testing.assert_allclose(product, b, atol=TOLERANCE[b.dtype])


def test_triangular_solve_in_a_program_is_xlas() -> None:
    random = np.random.default_rng(2)
    a, b = numbers(random, (3, 3), np.float64), numbers(random, (2, 3), np.float64)
    operation = (
        '"stablehlo.triangular_solve"({args}) <{left_side = false, lower = false, '
        "unit_diagonal = false, transpose_a = #stablehlo<transpose TRANSPOSE>}>"
    )
    text = program(operation, (a, b), [type_text(b.shape, b.dtype)])
    np.testing.assert_allclose(run(text, [a, b])[0], compiled(text, a, b)[0], rtol=1e-12)


def test_a_zero_on_the_diagonal_divides_as_ieee_754_says() -> None:
    a, b = np.array([[0.0]]), np.array([[1.0, -1.0, 0.0]])
    flags = {"left_side": True, "lower": True, "unit_diagonal": False}
    found = triangular_solve(a, b, **flags, transpose_a=Transpose.NO_TRANSPOSE)
    assert found[0, :2].tolist() == [np.inf, -np.inf]
    assert np.isnan(found[0, 2])
