"""``get_dimension_size``, ``set_dimension_size`` and bounds beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import WrongProgram
from programs import (
    check_accepted,
    check_refused,
    our_refusals,
    our_text,
    program,
    several,
    upstream_refusal,
    upstream_text,
)
from xdsl.dialects.builtin import IntegerAttr, TensorType, f32, i32, i64

from dialects.attribute_text import attribute_text
from dialects.stablehlo.dimension_size import SetDimensionSizeOp


def _get(operand: str, dim: int, result: str = "tensor<i32>") -> tuple[list[str], str]:
    op = f"stablehlo.get_dimension_size %0, dim = {dim} : ({operand}) -> {result}"
    return [operand], op


def _set(operand: str, dim: int, result: str, size: str = "tensor<i32>") -> tuple[list[str], str]:
    types = f"({operand}, {size}) -> {result}"
    return [operand, size], f"stablehlo.set_dimension_size %0, %1, dim = {dim} : {types}"


BOUNDED = "tensor<4x?xf32, #stablehlo.bounds<?, 9>>"
ACCEPTED = several(
    [
        _get("tensor<4x?xf32>", 1),
        _get(BOUNDED, 0),
        _set("tensor<4x9xf32>", 1, BOUNDED),
        _set(BOUNDED, 0, "tensor<?x?xf32, #stablehlo.bounds<4, 9>>"),
        _set("tensor<4x?xf32>", 1, "tensor<4x?xf32>"),
        _set("tensor<4x9xf32>", 1, "tensor<4x9xf32>"),
    ]
)
OF_CONSTANT = """
func.func @f(%0: tensor<4x9xf32>) {
  %c = stablehlo.constant dense<9> : tensor<i32>
  %r = stablehlo.set_dimension_size %0, %c, dim = 1
    : (tensor<4x9xf32>, tensor<i32>) -> tensor<4x9xf32>
  return
}
"""
REFUSED = [
    ("get_dimension_size", "C1", program(*_get("tensor<4x?xf32>", 2))),
    ("get_dimension_size", "C1", program(*_get("tensor<4x?xf32>", -1))),
    ("get_dimension_size", "O1", program(*_get("tensor<4x?xf32>", 0, "tensor<i64>"))),
    ("get_dimension_size", "O1", program(*_get("tensor<4x?xf32>", 0, "tensor<1xi32>"))),
    (
        "set_dimension_size",
        "I2",
        program(*_set("tensor<4xf32>", 0, "tensor<?xf32>", "tensor<i64>")),
    ),
    (
        "set_dimension_size",
        "I2",
        program(*_set("tensor<4xf32>", 0, "tensor<?xf32>", "tensor<1xi32>")),
    ),
    ("set_dimension_size", "C1", program(*_set("tensor<4xf32>", 1, "tensor<?xf32>"))),
    ("set_dimension_size", "C2", program(*_set("tensor<4xf32>", 0, "tensor<?xf64>"))),
    ("set_dimension_size", "C3", program(*_set("tensor<4x9xf32>", 0, "tensor<?x8xf32>"))),
    ("set_dimension_size", "C3", OF_CONSTANT.replace("-> tensor<4x9xf32>", "-> tensor<4x8xf32>")),
]


def test_right_programs() -> None:
    assert our_refusals(ACCEPTED) == []
    check_accepted(ACCEPTED)


def test_a_constant_size() -> None:
    assert our_refusals(OF_CONSTANT) == []
    assert our_text(OF_CONSTANT) == upstream_text(OF_CONSTANT)


@pytest.mark.parametrize(("name", "id", "text"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, text: str) -> None:
    check_refused(name, id, text)


WRONG_PROGRAMS = [WrongProgram(*case) for case in REFUSED]
RIGHT_PROGRAMS = [ACCEPTED]


@pytest.mark.parametrize(
    ("operand", "dim", "expected"),
    [
        (TensorType(f32, [4, 9]), 1, BOUNDED),
        (TensorType(f32, [4, -(2**63)]), 1, "tensor<4x?xf32>"),
    ],
)
def test_the_former_size_is_a_bound(operand: TensorType, dim: int, expected: str) -> None:
    dimension = {"dimension": IntegerAttr(dim, i64)}
    (result,) = SetDimensionSizeOp.infer([operand, TensorType(i32, [])], dimension)
    assert attribute_text(result) == expected


@pytest.mark.parametrize("bounds", ["x", "3 4", "", "3, 4", "3,"])
def test_wrong_bounds_are_refused(bounds: str) -> None:
    text = f"func.func @f(%0: tensor<?xf32, #stablehlo.bounds<{bounds}>>) {{\n  return\n}}\n"
    assert len(our_refusals(text)) == 1
    assert upstream_refusal(text) is not None


def test_a_known_dimension_has_no_bound() -> None:
    text = "func.func @f(%0: tensor<3xf32, #stablehlo.bounds<3>>) {\n  return\n}\n"
    (message,) = our_refusals(text)
    assert "dimension 0 has the size 3" in message
    assert upstream_refusal(text) is not None


@pytest.mark.parametrize(
    ("result", "id"),
    [
        ("tensor<2x?xf32, #stablehlo.bounds<?, 9>>", None),
        ("tensor<2x?xf32>", "O1"),
        ("tensor<?x?xf32, #stablehlo.bounds<2, 9>>", "O1"),
    ],
)
def test_a_static_shape_may_have_one_bounded_dimension(result: str, id: str | None) -> None:
    operand = "tensor<?xf32, #stablehlo.bounds<9>>"
    text = program(
        [operand], f"stablehlo.broadcast_in_dim %0, dims = [1] : ({operand}) -> {result}"
    )
    if id is None:
        check_accepted(text)
    else:
        check_refused("broadcast_in_dim", id, text)
