"""``infeed``, ``outfeed``, ``send`` and ``recv`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import WrongProgram
from programs import (
    check_accepted,
    check_refused,
    our_refusals,
    program,
    upstream_refusal,
)

T = "!stablehlo.token"
X = "tensor<4xf32>"
TYPES = [X, "tensor<?xcomplex<f32>>", T]


def channel(type_: int, more: str = "") -> str:
    return f"{{channel_handle = #stablehlo.channel_handle<handle = 5, type = {type_}>{more}}}"


def pairs(value: str, shape: str) -> str:
    return f", source_target_pairs = dense<{value}> : tensor<{shape}xi64>"


def infeed(results: str, attributes: str = "", token: str = "%2", type_: str = T) -> str:
    return f'"stablehlo.infeed"({token}) {attributes} : ({type_}) -> {results}'


def outfeed(values: str, types: str, result: str = T) -> str:
    return f'"stablehlo.outfeed"({values}) : ({types}) -> {result}'


def send(attributes: str, values: str = "%0, %2", types: str = f"{X}, {T}", result: str = T) -> str:
    return f'"stablehlo.send"({values}) {attributes} : ({types}) -> {result}'


def recv(attributes: str, results: str, token: str = "%2", type_: str = T) -> str:
    return f'"stablehlo.recv"({token}) {attributes} : ({type_}) -> {results}'


ACCEPTED = [
    (infeed(f"({X}, tensor<i1>, {T})", '{infeed_config = "a", layout = [[0], []]}'), 3),
    (infeed(f"({X}, {T})"), 2),
    (infeed(T), 1),
    (
        '"stablehlo.outfeed"(%0, %1, %2) {outfeed_config = "\\22"} : ('
        + f"{', '.join(TYPES)}) -> {T}",
        1,
    ),
    (outfeed("%2", T), 1),
    (send(channel(1)), 1),
    (send(channel(1, pairs("[[0, 1], [1, 2]]", "2x2"))), 1),
    (send(channel(2, ", is_host_transfer = true")), 1),
    (send(channel(1, ", is_host_transfer = false"), "%2", T), 1),
    (recv(channel(1, pairs("[[0, 1], [1, 0]]", "2x2")), f"({X}, {T})"), 2),
    (recv(channel(3, ", is_host_transfer = true"), T), 1),
]
REFUSED = [
    ("infeed", "I1", infeed(T, token="%0", type_=X), 1),
    ("infeed", "C1", infeed("()"), 0),
    ("infeed", "C2", infeed(f"({T}, {T})"), 2),
    ("infeed", "C3", infeed(X), 1),
    ("infeed", "O1", infeed(f"(tensor<?xf32>, {T})"), 2),
    ("infeed", "layout", infeed(f"({X}, {T})", "{layout = []}"), 2),
    ("infeed", "layout", infeed(f"({X}, {T})", "{layout = [0]}"), 2),
    ("infeed", "layout", infeed(f"({X}, {T})", '{layout = [["a"]]}'), 2),
    ("outfeed", "I1", outfeed("%2, %2", f"{T}, {T}"), 1),
    ("outfeed", "I2", outfeed("%0", X), 1),
    ("outfeed", "O1", outfeed("%2", T, X), 1),
    ("send", "I1", send(channel(1), "%2, %2", f"{T}, {T}"), 1),
    ("send", "I2", send(channel(1), "%2, %0", f"{T}, {X}"), 1),
    ("send", "C5", send(channel(2)), 1),
    ("send", "C5", send(channel(1, ", is_host_transfer = true")), 1),
    ("send", "O1", send(channel(1), result=X), 1),
    ("recv", "I1", recv(channel(1), T, "%0", X), 1),
    ("recv", "C5", recv(channel(3), T), 1),
    ("recv", "C5", recv(channel(2, ", is_host_transfer = true"), T), 1),
    ("recv", "O1", recv(channel(1), "()"), 0),
    ("recv", "O1", recv(channel(1), X), 1),
    ("recv", "O1", recv(channel(1), f"({T}, {T})"), 2),
    ("recv", "O1", recv(channel(1), f"(tensor<?xf32>, {T})"), 2),
]
STRICTER = [
    (name, id, op(channel(1, given)))
    for name, type_id, op in (
        ("send", "I6", send),
        ("recv", "I5", lambda attributes: recv(attributes, T)),
    )
    for id, given in (
        (type_id, pairs("5", "").replace("<xi64>", "<i64>")),
        ("C1", pairs("[[0, 1, 2]]", "1x3")),
        ("C2", pairs("[[0, 1], [0, 2]]", "2x2")),
        ("C3", pairs("[[0, 1], [2, 1]]", "2x2")),
        ("C4", pairs("[[0, -1]]", "1x2")),
    )
]
"""The specification numbers these; upstream does not look at them."""


@pytest.mark.parametrize(("op", "results"), ACCEPTED)
def test_right_programs_are_accepted_and_printed_as_upstream(op: str, results: int) -> None:
    check_accepted(program(TYPES, op, results))


@pytest.mark.parametrize(("name", "id", "op", "results"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, op: str, results: int) -> None:
    check_refused(name, id, program(TYPES, op, results))


@pytest.mark.parametrize(("name", "id", "op"), STRICTER)
def test_wrong_pairs_are_refused_though_upstream_takes_them(name: str, id: str, op: str) -> None:
    text = program(TYPES, op)
    (message,) = our_refusals(text)
    assert message.startswith(f"stablehlo.{name}: ({id}) ")
    assert upstream_refusal(text) is None


WRONG_PROGRAMS = [
    *(WrongProgram(name, id, program(TYPES, *case)) for name, id, *case in REFUSED),
    *(WrongProgram(name, id, program(TYPES, op), stricter=True) for name, id, op in STRICTER),
]
RIGHT_PROGRAMS = [program(TYPES, *case) for case in ACCEPTED]


@pytest.mark.parametrize(
    "op",
    [
        send("{channel_handle = 1 : i64}"),
        send("{}"),
        send("{channel_handle = #stablehlo.channel_handle<handle = 1>}"),
        send("{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1, type = 1>}"),
        send(
            "{channel_handle = #stablehlo.channel_handle<handle = 9223372036854775808, type = 1>}"
        ),
        send(channel(1, ", is_host_transfer = 1 : i32")),
        send(channel(1, ", source_target_pairs = [[0, 1]]")),
        infeed(T, "{infeed_config = 1}"),
        infeed(T, "{layout = 1}"),
    ],
)
def test_wrong_attributes_are_refused(op: str) -> None:
    text = program(TYPES, op)
    assert our_refusals(text)
    assert upstream_refusal(text) is not None
