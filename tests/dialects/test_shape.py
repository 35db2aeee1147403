"""``broadcast_in_dim``, ``reshape``, ``transpose`` and ``iota``, beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import WrongProgram
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import (
    check_accepted,
    check_refused,
    our_refusals,
    program,
    several,
    upstream_refusal,
)

T = "tensor<2x3xf32>"
NO_ELEMENT = "tensor<2x3xf80>"


def broadcast(operand: str, dims: str, result: str) -> tuple[list[str], str]:
    return [operand], f"stablehlo.broadcast_in_dim %0, dims = {dims} : ({operand}) -> {result}"


def reshape(operand: str, result: str) -> tuple[list[str], str]:
    return [operand], f"stablehlo.reshape %0 : ({operand}) -> {result}"


def transpose(operand: str, dims: str, result: str) -> tuple[list[str], str]:
    return [operand], f"stablehlo.transpose %0, dims = {dims} : ({operand}) -> {result}"


def iota(dim: int, output: str) -> tuple[list[str], str]:
    return [], f"stablehlo.iota dim = {dim} : {output}"


ACCEPTED = [
    several(
        [
            broadcast("tensor<f32>", "[]", T),
            broadcast("tensor<1x3xf32>", "[0, 1]", T),
            broadcast("tensor<3x2xf32>", "[1, 0]", T),
            broadcast("tensor<3xi4>", "[2]", "tensor<5x0x3xi4>"),
            broadcast("tensor<?xf32>", "[1]", T),
            ([T], f"stablehlo.broadcast_in_dim %0, dims = [0, 1] {{b, a = 1}} : ({T}) -> {T}"),
        ]
    ),
    several(
        [
            reshape(T, "tensor<6xf32>"),
            reshape("tensor<1xf32>", "tensor<f32>"),
            reshape("tensor<0x2xi1>", "tensor<5x0xi1>"),
            reshape("tensor<?x2xf32>", "tensor<7xf32>"),
            ([T], f"stablehlo.reshape %0 {{q = 2 : i8}} : ({T}) -> tensor<3x2xf32>"),
        ]
    ),
    several(
        [
            transpose(T, "[1, 0]", "tensor<3x2xf32>"),
            transpose("tensor<f32>", "[]", "tensor<f32>"),
            transpose("tensor<?x3x4xf32>", "[2, 0, 1]", "tensor<4x?x3xf32>"),
            transpose("tensor<?x3xf32>", "[1, 0]", "tensor<3x9xf32>"),
            ([T], f"stablehlo.transpose %0, dims = [0, 1] {{w}} : ({T}) -> {T}"),
        ]
    ),
    several(
        [
            iota(0, "tensor<4xi32>"),
            iota(1, "tensor<4x0xcomplex<f32>>"),
            ([], "stablehlo.iota dim = 0 {k = 1} : tensor<4xbf16>"),
        ]
    ),
]

REFUSED = [
    (name, id, program(*case))
    for name, id, case in (
        ("broadcast_in_dim", "I1", broadcast(NO_ELEMENT, "[0, 1]", T)),
        ("broadcast_in_dim", "O1", broadcast(T, "[0, 1]", NO_ELEMENT)),
        ("broadcast_in_dim", "O1", broadcast(T, "[0, 1]", "tensor<?x3xf32>")),
        ("broadcast_in_dim", "C1", broadcast(T, "[0, 1]", "tensor<2x3xi32>")),
        ("broadcast_in_dim", "C2", broadcast(T, "[1]", T)),
        ("broadcast_in_dim", "C3", broadcast(T, "[0, 2]", T)),
        ("broadcast_in_dim", "C3", broadcast(T, "[-1, 0]", T)),
        ("broadcast_in_dim", "C4", broadcast("tensor<2x2xf32>", "[0, 0]", T)),
        ("broadcast_in_dim", "C5", broadcast("tensor<3x3xf32>", "[0, 1]", T)),
        ("reshape", "I1", reshape(NO_ELEMENT, T)),
        ("reshape", "O1", reshape(T, NO_ELEMENT)),
        ("reshape", "O1", reshape(T, "tensor<?x3xf32>")),
        ("reshape", "C1", reshape(T, "tensor<6xi32>")),
        ("reshape", "C2", reshape(T, "tensor<7xf32>")),
        ("transpose", "I1", transpose(NO_ELEMENT, "[0, 1]", T)),
        ("transpose", "O1", transpose(T, "[0, 1]", NO_ELEMENT)),
        ("transpose", "C1", transpose(T, "[0, 1]", "tensor<2x3xi32>")),
        ("transpose", "C2", transpose(T, "[0, 0]", T)),
        ("transpose", "C2", transpose(T, "[0]", T)),
        ("transpose", "C2", transpose(T, "[1, 2]", T)),
        ("transpose", "C3", transpose(T, "[1, 0]", T)),
        ("iota", "O1", iota(0, "tensor<4xi1>")),
        ("iota", "O1", iota(0, "tensor<?xi32>")),
        ("iota", "C1", iota(1, "tensor<4xi32>")),
        ("iota", "C1", iota(-1, "tensor<4xi32>")),
        ("iota", "C1", iota(0, "tensor<i32>")),
    )
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted_programs_are_treated_as_upstream_treats_them(text: str) -> None:
    check_accepted(text)


@pytest.mark.parametrize(("name", "id", "text"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, text: str) -> None:
    check_refused(name, id, text)


WRONG_PROGRAMS = [WrongProgram(*case) for case in REFUSED]
RIGHT_PROGRAMS = [*ACCEPTED]


@pytest.mark.parametrize(
    "op",
    [
        f"stablehlo.transpose %0 dims = [1, 0] : ({T}) -> tensor<3x2xf32>",
        f"stablehlo.transpose %0, dims = [1, 0.0] : ({T}) -> tensor<3x2xf32>",
        f"stablehlo.transpose %0, dims = [1, 0] {{permutation = 1}} : ({T}) -> tensor<3x2xf32>",
        f"stablehlo.transpose %0, dims = [1, 0] : {T}",
        f'"stablehlo.transpose"(%0) : ({T}) -> {T}',
        f'"stablehlo.transpose"(%0) <{{permutation = array<i32: 0, 1>}}> : ({T}) -> {T}',
        f'"stablehlo.iota"() <{{iota_dimension = 0 : i32}}> : () -> {T}',
        "stablehlo.iota dim = true : tensor<4xi32>",
        f"stablehlo.reshape %0, %0 : ({T}) -> {T}",
        f"stablehlo.reshape %0 : ({T}, {T}) -> {T}",
    ],
)
def test_wrong_syntax_is_refused(op: str) -> None:
    text = program([T], op)
    assert our_refusals(text)
    assert upstream_refusal(text) is not None


tensors = st.lists(st.sampled_from(["1", "2", "3", "?"]), max_size=3).map(
    lambda dims: f"tensor<{'x'.join([*dims, 'f32'])}>"
)
numbers = st.lists(st.integers(-1, 3), max_size=3)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(["broadcast_in_dim", "transpose", "reshape"]), tensors, numbers, tensors)
def test_verdicts_on_random_programs_are_upstreams(
    name: str, operand: str, dims: list[int], result: str
) -> None:
    shown = "" if name == "reshape" else f", dims = {dims}"
    text = program([operand], f"stablehlo.{name} %0{shown} : ({operand}) -> {result}")
    assert bool(our_refusals(text)) == (upstream_refusal(text) is not None)
