"""``dynamic_broadcast_in_dim``, ``dynamic_reshape`` and ``dynamic_iota`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import WrongProgram
from programs import (
    check_accepted,
    check_refused,
    our_refusals,
    program,
    several,
    upstream_refusal,
)


def _broadcast(
    operand: str, sizes: str, dims: str, result: str, known: str = "", no: str = ""
) -> tuple[list[str], str]:
    hints = f" {{known_expanding_dimensions = array<i64{known}>, " if known or no else ""
    hints += f"known_nonexpanding_dimensions = array<i64{no}>}}" if hints else ""
    op = f"stablehlo.dynamic_broadcast_in_dim %0, %1, dims = [{dims}]{hints}"
    return [operand, sizes], f"{op} : ({operand}, {sizes}) -> {result}"


def _reshape(operand: str, sizes: str, result: str) -> tuple[list[str], str]:
    op = f"stablehlo.dynamic_reshape %0, %1 : ({operand}, {sizes}) -> {result}"
    return [operand, sizes], op


def _iota(sizes: str, dim: int, result: str) -> tuple[list[str], str]:
    return [sizes], f"stablehlo.dynamic_iota %0, dim = {dim} : ({sizes}) -> {result}"


def _of_constant(case: tuple[list[str], str], sizes: str) -> str:
    """The program with its last operand a constant."""
    arguments, op = case
    last = len(arguments) - 1
    constant = f"stablehlo.constant dense<{sizes}> : {arguments[last]}"
    text = program(arguments[:last], op.replace(f"%{last}", "%c"))
    return text.replace("  %r = ", f"  %c = {constant}\n  %r = ")


SIZES = "tensor<3xi64>"
ACCEPTED = several(
    [
        _broadcast("tensor<?x1xf32>", SIZES, "2, 0", "tensor<?x?x?xf32>"),
        _broadcast("tensor<4x1xf32>", "tensor<3xindex>", "2, 0", "tensor<5x?x4xf32>"),
        _broadcast("tensor<4x1xf32>", "tensor<3xui8>", "2, 0", "tensor<5x?x4xf32>", ": 1", ": 0"),
        _broadcast("tensor<f32>", "tensor<0xi32>", "", "tensor<f32>"),
        _reshape("tensor<?xf32>", "tensor<2xi32>", "tensor<?x?xf32>"),
        _reshape("tensor<6xf32>", "tensor<2xindex>", "tensor<2x3xf32>"),
        _reshape("tensor<6xf32>", "tensor<2xindex>", "tensor<?x4xf32>"),
        _iota("tensor<2xindex>", 1, "tensor<?x3xcomplex<f32>>"),
        _iota("tensor<1xi64>", 0, "tensor<4xui8>"),
    ]
)
OF_CONSTANTS = [
    _of_constant(_broadcast("tensor<4x1xf32>", SIZES, "2, 0", "tensor<?x7x4xf32>"), "[5, 7, 4]"),
    _of_constant(_reshape("tensor<6xf32>", "tensor<2xi64>", "tensor<?x?xf32>"), "[2, 3]"),
    _of_constant(_iota("tensor<2xi32>", 1, "tensor<4x?xf32>"), "4"),
]
BROADCAST_REFUSED = [
    ("I2", _broadcast("tensor<4xf32>", "tensor<3xf32>", "2", "tensor<?x?x?xf32>")),
    ("I2", _broadcast("tensor<4xf32>", "tensor<1x3xi32>", "2", "tensor<?x?x?xf32>")),
    ("I2", _broadcast("tensor<4xf32>", "tensor<?xi32>", "2", "tensor<?x?x?xf32>")),
    ("C1", _broadcast("tensor<4xf32>", SIZES, "2", "tensor<?x?x?xf64>")),
    ("C2", _broadcast("tensor<4x1xf32>", SIZES, "2", "tensor<?x?x?xf32>")),
    ("C3", _broadcast("tensor<4xf32>", SIZES, "3", "tensor<?x?x?xf32>")),
    ("C3", _broadcast("tensor<4xf32>", SIZES, "-1", "tensor<?x?x?xf32>")),
    ("C4", _broadcast("tensor<4x1xf32>", SIZES, "0, 0", "tensor<?x?x?xf32>")),
    ("C5", _broadcast("tensor<4xf32>", SIZES, "2", "tensor<?x?x5xf32>")),
    ("C8", _broadcast("tensor<4xf32>", SIZES, "2", "tensor<?x?x?xf32>", ": 0", ": 0")),
    ("C9", _broadcast("tensor<4xf32>", SIZES, "2", "tensor<?x?x?xf32>", ": 1")),
    ("C10", _broadcast("tensor<4xf32>", SIZES, "2", "tensor<?x?x?xf32>", "", ": -1")),
]
RESHAPE_REFUSED = [
    ("I2", _reshape("tensor<?xf32>", "tensor<f32>", "tensor<?x?xf32>")),
    ("C1", _reshape("tensor<?xf32>", "tensor<2xi32>", "tensor<?x?xi32>")),
    ("C2", _reshape("tensor<6xf32>", "tensor<2xi32>", "tensor<2x4xf32>")),
    ("C4", _reshape("tensor<?xf32>", "tensor<3xi32>", "tensor<?x?xf32>")),
]
IOTA_REFUSED = [
    ("I1", _iota("tensor<2xf32>", 1, "tensor<?x?xf32>")),
    ("C1", _iota("tensor<2xi64>", 2, "tensor<?x?xf32>")),
    ("C1", _iota("tensor<2xi64>", -1, "tensor<?x?xf32>")),
]
REFUSED = [
    *(("dynamic_broadcast_in_dim", id, program(*case)) for id, case in BROADCAST_REFUSED),
    *(("dynamic_reshape", id, program(*case)) for id, case in RESHAPE_REFUSED),
    *(("dynamic_iota", id, program(*case)) for id, case in IOTA_REFUSED),
    (
        "dynamic_broadcast_in_dim",
        "C5",
        _of_constant(
            _broadcast("tensor<4x1xf32>", SIZES, "2, 0", "tensor<?x?x?xf32>"), "[5, 7, 3]"
        ),
    ),
    (
        "dynamic_broadcast_in_dim",
        "C7",
        _of_constant(_broadcast("tensor<?xf32>", SIZES, "2", "tensor<?x3x?xf32>"), "[5, 7, 3]"),
    ),
    (
        "dynamic_broadcast_in_dim",
        "C7",
        _of_constant(_broadcast("tensor<?xf32>", SIZES, "1", "tensor<?x?xf32>"), "[5, 7, 3]"),
    ),
    (
        "dynamic_reshape",
        "C2",
        _of_constant(_reshape("tensor<6xf32>", "tensor<2xi64>", "tensor<?x?xf32>"), "[2, 4]"),
    ),
    (
        "dynamic_reshape",
        "C4",
        _of_constant(_reshape("tensor<?xf32>", "tensor<2xi64>", "tensor<?x3xf32>"), "[2, 4]"),
    ),
    ("dynamic_iota", "C2", _of_constant(_iota("tensor<2xi64>", 0, "tensor<?x3xf32>"), "[2, 4]")),
]
STRICTER = [
    (
        "dynamic_broadcast_in_dim",
        "C7",
        program(*_broadcast("tensor<f32>", SIZES, "", "tensor<f32>")),
    ),
    ("dynamic_iota", "C2", program(*_iota("tensor<2xi64>", 0, "tensor<?xf32>"))),
    ("dynamic_iota", "O1", program(*_iota("tensor<1xi64>", 0, "tensor<?xi1>"))),
]
"""What the specification refuses and upstream does not look at."""


def test_right_programs() -> None:
    check_accepted(ACCEPTED)


@pytest.mark.parametrize("text", OF_CONSTANTS)
def test_right_programs_of_constants(text: str) -> None:
    check_accepted(text)


@pytest.mark.parametrize(("name", "id", "text"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, text: str) -> None:
    check_refused(name, id, text)


@pytest.mark.parametrize(("name", "id", "text"), STRICTER)
def test_what_upstream_does_not_check(name: str, id: str, text: str) -> None:
    (message,) = our_refusals(text)
    assert message.startswith(f"stablehlo.{name}: ({id}) ")
    assert upstream_refusal(text) is None


WRONG_PROGRAMS = [
    *(WrongProgram(*case) for case in REFUSED),
    *(WrongProgram(*case, stricter=True) for case in STRICTER),
]
RIGHT_PROGRAMS = [ACCEPTED, *OF_CONSTANTS]
