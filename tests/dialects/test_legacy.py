"""``broadcast``, ``dot``, ``einsum``, ``unary_einsum``, ``torch_index_select`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import wrong_programs
from programs import check_accepted, check_refused, our_refusals, program, several


def _broadcast(operand: str, sizes: str, result: str) -> tuple[list[str], str]:
    return [operand], f"stablehlo.broadcast %0, sizes = [{sizes}] : ({operand}) -> {result}"


def _dot(lhs: str, rhs: str, result: str, precision: str = "") -> tuple[list[str], str]:
    return [lhs, rhs], f"stablehlo.dot %0, %1{precision} : ({lhs}, {rhs}) -> {result}"


MATRIX, VECTOR = "tensor<2x2xf32>", "tensor<2xf32>"
ACCEPTED = several(
    [
        _broadcast(MATRIX, "3", "tensor<3x2x2xf32>"),
        _broadcast("tensor<?xi1>", "1, 0", "tensor<1x0x?xi1>"),
        _broadcast("tensor<f32>", "", "tensor<f32>"),
        _dot(MATRIX, MATRIX, MATRIX),
        _dot(MATRIX, VECTOR, VECTOR, ", precision = [HIGH, DEFAULT]"),
        _dot(VECTOR, MATRIX, VECTOR, " {note}"),
        _dot(VECTOR, VECTOR, "tensor<f32>", ", precision = []"),
        _dot("tensor<?x2xf32>", "tensor<?x5xf32>", "tensor<?x5xf32>"),
        (
            [MATRIX, VECTOR],
            f'stablehlo.einsum %0, %1, config = "ab,b->a" {{note}} '
            f": ({MATRIX}, {VECTOR}) -> {VECTOR}",
        ),
        ([MATRIX], f'stablehlo.unary_einsum %0, config = "a\\22b->b" : ({MATRIX}) -> {VECTOR}'),
        (
            [MATRIX, "tensor<1xi32>"],
            '"stablehlo.torch_index_select"(%0, %1) <{batch_dims = 0 : i64, dim = 1 : i64}> '
            f": ({MATRIX}, tensor<1xi32>) -> tensor<2x1xf32>",
        ),
    ]
)
FREE = [
    program(*_dot("tensor<2xi8>", "tensor<2xi8>", "tensor<i32>")),
    program(*_dot("tensor<2xf32>", "tensor<2xf64>", "tensor<f16>")),
]
BROADCAST_REFUSED = [
    ("C1", _broadcast("tensor<2xf32>", "-1", "tensor<?x2xf32>")),
    ("C2", _broadcast("tensor<2xf32>", "3", "tensor<3x2xf64>")),
    ("C3", _broadcast("tensor<2xf32>", "3", "tensor<2x3xf32>")),
]
DOT_REFUSED = [
    ("C1", _dot(MATRIX, MATRIX, MATRIX, ", precision = [HIGH, HIGH, HIGH]")),
    ("C2", _dot("tensor<f32>", VECTOR, VECTOR)),
    ("C2", _dot(VECTOR, "tensor<2x1x2xf32>", "tensor<1x2xf32>")),
    ("C3", _dot(MATRIX, "tensor<3x2xf32>", MATRIX)),
    ("C4", _dot(MATRIX, MATRIX, "tensor<2x3xf32>")),
]


def test_right_programs() -> None:
    check_accepted(ACCEPTED)


@pytest.mark.parametrize("text", FREE)
def test_element_types_of_dot_are_free(text: str) -> None:
    assert our_refusals(text) == []


@pytest.mark.parametrize(("id", "case"), BROADCAST_REFUSED)
def test_a_violated_constraint_of_broadcast_is_named(id: str, case: tuple[list[str], str]) -> None:
    check_refused("broadcast", id, program(*case))


@pytest.mark.parametrize(("id", "case"), DOT_REFUSED)
def test_a_violated_constraint_of_dot_is_named(id: str, case: tuple[list[str], str]) -> None:
    check_refused("dot", id, program(*case))


WRONG_PROGRAMS = [
    *wrong_programs("broadcast", [(id, program(*case)) for id, case in BROADCAST_REFUSED]),
    *wrong_programs("dot", [(id, program(*case)) for id, case in DOT_REFUSED]),
]
RIGHT_PROGRAMS = [ACCEPTED]
