"""``after_all``, ``create_token``, ``replica_id`` and ``partition_id`` beside upstream."""

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

T = "!stablehlo.token"
ACCEPTED = several(
    [
        ([T, T], f"stablehlo.after_all %0, %1 {{a.b}} : {T}"),
        ([], f"stablehlo.after_all : {T}"),
        ([], f'"stablehlo.after_all"() {{q = 1 : i32}} : () -> {T}'),
        ([T], f"stablehlo.after_all %0 : ({T}) -> {T}"),
        ([], f"stablehlo.create_token {{a.b}} : {T}"),
        ([], f"stablehlo.create_token : {T}"),
        ([], "stablehlo.replica_id {a.b} : tensor<ui32>"),
        ([], "stablehlo.partition_id : tensor<ui32>"),
    ]
)
REFUSED = [
    ("after_all", "I1", (["tensor<f32>"], f"stablehlo.after_all %0 : (tensor<f32>) -> {T}")),
    ("after_all", "O1", ([T], f"stablehlo.after_all %0 : ({T}) -> tensor<f32>")),
    ("create_token", "O1", ([], "stablehlo.create_token : tensor<f32>")),
    ("replica_id", "O1", ([], "stablehlo.replica_id : tensor<i32>")),
    ("replica_id", "O1", ([], "stablehlo.replica_id : tensor<1xui32>")),
    ("partition_id", "O1", ([], "stablehlo.partition_id : tensor<ui64>")),
]


def test_right_programs_are_accepted_printed_and_pruned_as_upstream() -> None:
    check_accepted(ACCEPTED)


@pytest.mark.parametrize(("name", "id", "case"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, case: tuple[list[str], str]) -> None:
    check_refused(name, id, program(*case))


WRONG_PROGRAMS = [WrongProgram(name, id, program(*case)) for name, id, case in REFUSED]
RIGHT_PROGRAMS = [ACCEPTED]


@pytest.mark.parametrize(
    "op",
    [
        f"stablehlo.after_all %0, : {T}",
        f"stablehlo.after_all %0 : ({T}, {T}) -> {T}",
        "stablehlo.after_all %0",
        f"stablehlo.create_token %0 : {T}",
        "stablehlo.replica_id : () -> tensor<ui32>",
    ],
)
def test_wrong_syntax_is_refused(op: str) -> None:
    text = program([T], op)
    assert our_refusals(text)
    assert upstream_refusal(text) is not None
