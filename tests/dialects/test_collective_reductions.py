"""``all_reduce``, ``collective_reduce`` and ``reduce_scatter`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import WrongProgram, stricter_programs, wrong_programs
from newer_upstream import newer_upstream_texts
from programs import (
    check_accepted,
    check_refused,
    our_refusals,
    our_text,
    program,
    upstream_refusal,
)
from xdsl.ir import Region

from dialects.constraints import ConstraintError
from dialects.reader import parse_module
from dialects.stablehlo.registry import infer

X = "tensor<4x6xf32>"
Y = "tensor<?xi8>"
TYPES = [X, Y, "tensor<1xi32>", "tensor<4x0xf32>", "tensor<?x6xf32>"]
CHANNEL = ", channel_handle = #stablehlo.channel_handle<handle = {}, type = 0>"
GLOBAL = CHANNEL.format(1) + ", use_global_device_ids"


def dense(value: str, shape: str = "1x2") -> str:
    return f"dense<{value}> : tensor<{shape}xi64>"


PAIR = dense("[[0, 1]]")
UNEVEN = dense("[[0, 1], [2, -1]]", "2x2")


def body(arguments: str = "f32 f32", result: str = "f32", returned: str = "%c") -> str:
    """A function that gives a constant; ``f32`` stands for ``tensor<f32>``."""
    parts = [f"%b{i}: tensor<{element}>" for i, element in enumerate(arguments.split())]
    number = "0" if result.endswith(("i8", "i32")) else "0.0"
    return (
        f"({{\n^bb0({', '.join(parts)}):\n  %c = stablehlo.constant dense<{number}> : "
        f"tensor<{result}>\n  stablehlo.return {returned} : "
        f"{', '.join([f'tensor<{result}>'] * returned.count('%'))}\n}})"
    )


ADD = (
    "({\n^bb0(%a: tensor<f32>, %b: tensor<f32>):\n  %c = stablehlo.add %a, %b : tensor<f32>\n"
    "  stablehlo.return %c : tensor<f32>\n})"
)
NO_RETURN = '({\n^bb0(%a: tensor<f32>, %b: tensor<f32>):\n  "func.return"() : () -> ()\n})'


def reduction(name: str, types: str, function: str, attributes: str, values: str) -> str:
    return f'"stablehlo.{name}"({values}) <{{{attributes}}}> {function} : {types}'


def reduce(
    types: str, function: str = ADD, groups: str = PAIR, more: str = "", values: str = "%0"
) -> str:
    return reduction("all_reduce", types, function, f"replica_groups = {groups}{more}", values)


def reduce_to_one(
    types: str, function: str = ADD, groups: str = PAIR, more: str = "", values: str = "%0"
) -> str:
    attributes = f"replica_groups = {groups}{more}"
    return reduction("collective_reduce", types, function, attributes, values)


def scatter(
    types: str,
    function: str = ADD,
    groups: str = PAIR,
    more: str = "",
    values: str = "%0",
    dim: int = 1,
) -> str:
    attributes = f"scatter_dimension = {dim} : i64, replica_groups = {groups}{more}"
    return reduction("reduce_scatter", types, function, attributes, values)


SAME = f"({X}) -> {X}"
HALF = f"({X}) -> tensor<4x3xf32>"
WIDER = body("f64 f64", "f64")
ACCEPTED = [
    (reduce(SAME), 1),
    (reduce(SAME, groups=UNEVEN, more=GLOBAL), 1),
    (reduce(f"({X}) -> tensor<4x6xf64>", WIDER), 1),
    (reduce(f"({X}, tensor<?x6xf32>) -> ({X}, tensor<?x6xf32>)", values="%0, %4"), 2),
    (reduce(f"({Y}) -> tensor<?xi32>", body("i32 i32", "i32"), values="%1"), 1),
    (reduce(SAME, body("f32 f64", "f32")), 1),
    (reduce("() -> ()", values=""), 0),
    (scatter(HALF), 1),
    (scatter(f"({X}) -> tensor<4x3xf64>", WIDER, dense("[[0, 2], [1, 3]]", "2x2"), GLOBAL), 1),
    (scatter("(tensor<?x6xf32>) -> tensor<3x3xf32>", values="%4"), 1),
    (scatter(f"({X}) -> tensor<4x?xf32>"), 1),
]


def wrong_computations(id: str) -> list[tuple[str, str]]:
    """Functions that no reduction of f32 takes."""
    return [
        (id, body("f32", "f32")),
        (id, body("f32 f32 f32", "f32")),
        (id, body("f32 f32", "f32", "%c, %c")),
        (id, body("f64 f32", "f32")),
        (id, body("i32 f32", "f32")),
        (id, body("f32 i32", "f32")),
        (id, body("1xf32 f32", "f32")),
        (id, body("4xf32 4xf32", "4xf32")),
        (id, body("i32 i32", "i32")),
    ]


REFUSED = [
    ("all_reduce", "I2", reduce(SAME, groups=dense("[0, 1]", "2")), 1),
    ("all_reduce", "C1", reduce(SAME, groups=dense("[[0, 0]]")), 1),
    ("all_reduce", "C3", reduce(SAME, groups=dense("[[0, 2]]")), 1),
    ("all_reduce", "C3", reduce(SAME, groups=dense("[[0, -2]]")), 1),
    ("all_reduce", "C4", reduce(SAME, more=", use_global_device_ids"), 1),
    ("all_reduce", "C4", reduce(SAME, groups=dense("", "0x2"), more=GLOBAL), 1),
    ("all_reduce", "I5", reduce(SAME, NO_RETURN), 1),
    *(("all_reduce", id, reduce(SAME, f), 1) for id, f in wrong_computations("C5")),
    (
        "all_reduce",
        "C5",
        reduce(f"({X}, {Y}) -> ({X}, tensor<?xf32>)", values="%0, %1"),
        2,
    ),
    ("all_reduce", "O1", reduce(f"({X}) -> tensor<4x6xf80>"), 1),
    ("all_reduce", "C6", reduce(f"({X}) -> tensor<4x5xf32>"), 1),
    ("all_reduce", "C6", reduce(f"({X}) -> ({X}, {X})"), 2),
    ("all_reduce", "C7", reduce(f"({X}) -> {X}", WIDER), 1),
    ("reduce_scatter", "I3", scatter(HALF, groups=dense("[0, 1]", "2")), 1),
    ("reduce_scatter", "C2", scatter(HALF, dim=2), 1),
    ("reduce_scatter", "C2", scatter(HALF, dim=-1), 1),
    ("reduce_scatter", "C3", scatter(HALF, groups=dense("[[0, 0]]")), 1),
    ("reduce_scatter", "C5", scatter(HALF, groups=dense("[[0, -1]]")), 1),
    ("reduce_scatter", "C6", scatter(HALF, more=", use_global_device_ids"), 1),
    ("reduce_scatter", "I6", scatter(HALF, NO_RETURN), 1),
    *(("reduce_scatter", id, scatter(HALF, f), 1) for id, f in wrong_computations("C7")),
    ("reduce_scatter", "C8", scatter(f"({X}) -> tensor<4x4xf32>"), 1),
    ("reduce_scatter", "C8", scatter(f"({X}) -> tensor<4x0xf32>"), 1),
    ("reduce_scatter", "C8", scatter(f"({X}) -> tensor<3x3xf32>"), 1),
    ("reduce_scatter", "C8", scatter(f"({X}) -> tensor<4xf32>"), 1),
    ("reduce_scatter", "C8", scatter("(tensor<4x0xf32>) -> tensor<4x1xf32>", values="%3"), 1),
    ("reduce_scatter", "C9", scatter(HALF, WIDER), 1),
    ("reduce_scatter", "O1", scatter(f"({X}) -> tensor<4x3xf80>"), 1),
]
NO_TENSOR = [
    ("all_reduce", "I1", reduce("(tensor<4xf80>) -> tensor<4xf32>")),
    ("reduce_scatter", "I1", scatter("(tensor<4xf80>) -> tensor<4xf32>", dim=0)),
]
ROOT = ", has_dynamic_root"
NEWER_ACCEPTED = [
    (reduce_to_one(SAME), 1),
    (reduce_to_one(SAME, groups=UNEVEN, more=GLOBAL), 1),
    (reduce_to_one(f"({X}) -> tensor<4x6xf64>", WIDER), 1),
    (reduce_to_one(f"({X}, tensor<?x6xf32>) -> ({X}, tensor<?x6xf32>)", values="%0, %4"), 2),
    (reduce_to_one(f"({X}, tensor<1xi32>) -> {X}", more=ROOT, values="%0, %2"), 1),
]
NEWER_REFUSED = [
    ("I1", reduce_to_one("() -> ()", values=""), 0),
    ("I2", reduce_to_one(SAME, groups=dense("[0, 1]", "2")), 1),
    ("C1", reduce_to_one(SAME, groups=dense("[[0, 0]]")), 1),
    ("C2", reduce_to_one(SAME, groups=dense("[[0, 2]]")), 1),
    ("I3", reduce_to_one(SAME, more=", use_global_device_ids"), 1),
    ("I5", reduce_to_one(SAME, NO_RETURN), 1),
    *((id, reduce_to_one(SAME, f), 1) for id, f in wrong_computations("C4")),
    ("C3", reduce_to_one(f"({X}) -> tensor<4x5xf32>"), 1),
    ("C3", reduce_to_one(f"({X}) -> ({X}, {X})"), 2),
    ("C3", reduce_to_one(f"({X}, {Y}) -> {X}", more=ROOT, values="%0, %1"), 1),
    ("C3", reduce_to_one("(tensor<1xi32>) -> ()", more=ROOT, values="%2"), 0),
    ("O1", reduce_to_one(SAME, WIDER), 1),
]


@pytest.mark.parametrize(("op", "results"), ACCEPTED)
def test_right_programs_are_accepted_and_printed_as_upstream(op: str, results: int) -> None:
    check_accepted(program(TYPES, op, results))


@pytest.mark.parametrize(("name", "id", "op", "results"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, op: str, results: int) -> None:
    text = program(TYPES, op, results)
    # A function's return in a region is one more fault.
    message, *_ = [m for m in our_refusals(text) if not m.startswith("func.return")]
    assert message.startswith(f"stablehlo.{name}: ({id}) ")
    assert upstream_refusal(text) is not None


@pytest.mark.parametrize(("name", "id", "op"), NO_TENSOR)
def test_elements_of_no_known_type_are_refused(name: str, id: str, op: str) -> None:
    check_refused(name, id, program(["tensor<4xf80>"], op))


STRICTER = [
    ("C1", scatter(HALF, groups=dense("[[0, 1, 2, 3]]", "1x4"))),
    ("C8", scatter(f"({X}) -> tensor<4x2xf32>")),
]
"""Upstream takes any multiple of the result's size."""


@pytest.mark.parametrize(("id", "op"), STRICTER)
def test_what_upstream_does_not_check(id: str, op: str) -> None:
    (message,) = our_refusals(program(TYPES, op))
    assert message.startswith(f"stablehlo.reduce_scatter: ({id}) ")
    assert upstream_refusal(program(TYPES, op)) is None


def test_collective_reduce_is_as_newer_upstream_has_it() -> None:
    accepted = [program(TYPES, *case) for case in NEWER_ACCEPTED]
    refused = [program(TYPES, op, results) for _, op, results in NEWER_REFUSED]
    texts = newer_upstream_texts([*accepted, *refused])
    assert [our_text(text) for text in accepted] == texts[: len(accepted)]
    assert all(our_refusals(text) == [] for text in accepted)
    assert texts[len(accepted) :] == [None] * len(refused)
    for text, (id, *_) in zip(refused, NEWER_REFUSED, strict=True):
        message, *_ = [m for m in our_refusals(text) if not m.startswith("func.return")]
        assert message.startswith(f"stablehlo.collective_reduce: ({id}) ")


WRONG_PROGRAMS = [
    *(WrongProgram(name, id, program(TYPES, *case)) for name, id, *case in REFUSED),
    *(WrongProgram(name, id, program(["tensor<4xf80>"], op)) for name, id, op in NO_TENSOR),
    *stricter_programs("reduce_scatter", [(id, program(TYPES, op)) for id, op in STRICTER]),
    *wrong_programs(
        "collective_reduce", [(id, program(TYPES, *case)) for id, *case in NEWER_REFUSED]
    ),
]
RIGHT_PROGRAMS = [program(TYPES, *case) for case in (*ACCEPTED, *NEWER_ACCEPTED)]


def test_inference_wants_one_region_with_a_function() -> None:
    op = parse_module(program(TYPES, reduce(SAME))).module.body.block.first_op
    assert op is not None
    inner = op.regions[0].block.first_op
    assert inner is not None
    given = (inner.operand_types, inner.properties)
    assert list(infer("all_reduce", *given, inner.regions)) == list(inner.result_types)
    for regions, id in (((), "I5"), ((Region(),), "I5")):
        with pytest.raises(ConstraintError, match=id):
            infer("all_reduce", *given, regions)
