"""``cholesky`` and ``triangular_solve`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import wrong_programs
from programs import check_accepted, check_refused, program, several


def _solve(a: str, b: str, result: str, *, left: bool = True, how: str = "NO_TRANSPOSE") -> str:
    flags = f"left_side = {str(left).lower()}, lower = true, unit_diagonal = false"
    return (
        f'"stablehlo.triangular_solve"(%0, %1) <{{{flags}, '
        f"transpose_a = #stablehlo<transpose {how}>}}> : ({a}, {b}) -> {result}"
    )


BATCH, WIDE, TALL = "tensor<5x3x3xf32>", "tensor<5x3x4xf32>", "tensor<5x4x3xf32>"
COMPLEX = "tensor<3x3xcomplex<f64>>"
ACCEPTED = several(
    [
        ([BATCH], f"stablehlo.cholesky %0, lower = true : {BATCH}"),
        ([BATCH], f"stablehlo.cholesky %0 : {BATCH}"),
        ([COMPLEX], f"stablehlo.cholesky %0, lower = false {{note}} : {COMPLEX}"),
        ([COMPLEX], f'"stablehlo.cholesky"(%0) <{{lower = false}}> : ({COMPLEX}) -> {COMPLEX}'),
        ([BATCH], f"stablehlo.cholesky %0 {{lower = true}} : ({BATCH}) -> tensor<?x?x3xf32>"),
        ([BATCH, WIDE], _solve(BATCH, WIDE, WIDE)),
        ([BATCH, TALL], _solve(BATCH, TALL, TALL, left=False, how="ADJOINT")),
        ([COMPLEX, COMPLEX], _solve(COMPLEX, COMPLEX, COMPLEX, how="TRANSPOSE")),
        (
            ["tensor<?x?x3xf32>", "tensor<5x?x?xf32>"],
            _solve("tensor<?x?x3xf32>", "tensor<5x?x?xf32>", WIDE),
        ),
    ]
)
CHOLESKY_REFUSED = [
    ("I1", "tensor<3x3xi32>", "tensor<3x3xi32>"),
    ("C1", "tensor<3x3xf32>", "tensor<3x3xf64>"),
    ("C1", "tensor<?x?xf32>", "tensor<?xf32>"),
    ("C2", "tensor<3xf32>", "tensor<3xf32>"),
    ("C3", "tensor<3x4xf32>", "tensor<3x4xf32>"),
]
SOLVE_REFUSED = [
    ("I1", "tensor<3x3xi32>", "tensor<3x4xf32>", "tensor<3x4xf32>"),
    ("I2", "tensor<3x3xf32>", "tensor<3x4xi32>", "tensor<3x4xi32>"),
    ("C1", "tensor<3x3xf32>", "tensor<3x4xf64>", "tensor<3x4xf64>"),
    ("C2", "tensor<3xf32>", "tensor<3xf32>", "tensor<3xf32>"),
    ("C2", "tensor<3x3xf32>", "tensor<1x3x4xf32>", "tensor<1x3x4xf32>"),
    ("C3", "tensor<4x3xf32>", "tensor<3x4xf32>", "tensor<3x4xf32>"),
    ("C3", "tensor<3x3xf32>", "tensor<4x3xf32>", "tensor<4x3xf32>"),
    ("C3", BATCH, "tensor<4x3x4xf32>", "tensor<4x3x4xf32>"),
    ("C4", "tensor<3x3xf32>", "tensor<3x4xf32>", "tensor<3x3xf32>"),
    ("C4", "tensor<3x3xf32>", "tensor<3x4xf32>", "tensor<3x4xf64>"),
]


def test_right_programs() -> None:
    check_accepted(ACCEPTED)


@pytest.mark.parametrize(("id", "operand", "result"), CHOLESKY_REFUSED)
def test_a_violated_constraint_of_cholesky_is_named(id: str, operand: str, result: str) -> None:
    op = f"stablehlo.cholesky %0 : ({operand}) -> {result}"
    check_refused("cholesky", id, program([operand], op))


@pytest.mark.parametrize(("id", "a", "b", "result"), SOLVE_REFUSED)
def test_a_violated_constraint_of_triangular_solve_is_named(
    id: str, a: str, b: str, result: str
) -> None:
    check_refused("triangular_solve", id, program([a, b], _solve(a, b, result)))


def test_an_invalid_transpose_is_refused() -> None:
    op = _solve(BATCH, WIDE, WIDE, how="TRANSPOSE_INVALID")
    check_refused("triangular_solve", "I6", program([BATCH, WIDE], op))


WRONG_PROGRAMS = [
    *wrong_programs(
        "cholesky",
        [
            (id, program([operand], f"stablehlo.cholesky %0 : ({operand}) -> {result}"))
            for id, operand, result in CHOLESKY_REFUSED
        ],
    ),
    *wrong_programs(
        "triangular_solve",
        [(id, program([a, b], _solve(a, b, result))) for id, a, b, result in SOLVE_REFUSED],
    ),
    *wrong_programs(
        "triangular_solve",
        [("I6", program([BATCH, WIDE], _solve(BATCH, WIDE, WIDE, how="TRANSPOSE_INVALID")))],
    ),
]
RIGHT_PROGRAMS = [ACCEPTED]
