"""Gathering, exchanging, broadcasting and permuting between processes, beside upstream."""

from __future__ import annotations

import numpy as np
import pytest
from constraint_programs import WrongProgram, stricter_programs, wrong_programs
from hypothesis import given, settings
from hypothesis import strategies as st
from newer_upstream import newer_upstream_texts
from programs import (
    check_accepted,
    check_refused,
    ops_of,
    our_refusals,
    our_text,
    program,
    upstream_refusal,
    upstream_text,
)

from dialects.attribute_text import attribute_text
from dialects.stablehlo.registry import infer

X = "tensor<8x2xf32>"
TYPES = [X, "tensor<?x4xi8>", "tensor<1xi32>", "tensor<2xi32>"]
NO_ELEMENT = "tensor<8x2xf80>"
CHANNEL = "channel_handle = #stablehlo.channel_handle<handle = {}, type = 0>"
MESH = (
    "#stablehlo.replica_group_mesh_axes<mesh = #stablehlo.mesh<axes=[<name = "
    '"x", size = 2>]>, axes = [#stablehlo.axis_ref<name = "x">]>'
)
NAMED_MESH = "#stablehlo.replica_group_mesh_axes<mesh = @m, axes = []>"


def dense(value: str, shape: str = "1x2") -> str:
    return f"dense<{value}> : tensor<{shape}xi64>"


PAIR = dense("[[0, 1]]")


def collective(name: str, attributes: str, types: str, values: str = "%0") -> str:
    return f'"stablehlo.{name}"({values}) <{{{attributes}}}> : {types}'


def gather(types: str, groups: str = PAIR, dim: int = 1, more: str = "", values: str = "%0") -> str:
    attributes = f"all_gather_dim = {dim} : i64, replica_groups = {groups}{more}"
    return collective("all_gather", attributes, types, values)


def exchange(
    types: str,
    groups: str = PAIR,
    dims: tuple[int, int] = (0, 1),
    count: int = 2,
    values: str = "%0",
) -> str:
    attributes = (
        f"split_dimension = {dims[0]} : i64, concat_dimension = {dims[1]} : i64, "
        f"split_count = {count} : i64, replica_groups = {groups}"
    )
    return collective("all_to_all", attributes, types, values)


def broadcast(types: str, groups: str = PAIR, more: str = "", values: str = "%0") -> str:
    return collective("collective_broadcast", f"replica_groups = {groups}{more}", types, values)


def permute(types: str, pairs: str = PAIR, more: str = "", values: str = "%0") -> str:
    return collective("collective_permute", f"source_target_pairs = {pairs}{more}", types, values)


def summed(types: str, groups: str = PAIR) -> str:
    return collective("cross-replica-sum", f"replica_groups = {groups}", types)


ACCEPTED = [
    (gather(f"({X}) -> tensor<8x4xf32>"), 1),
    (gather(f"({X}) -> tensor<8x4xf32>", dense("[[0, 1], [2, 3]]", "2x2")), 1),
    (gather(f"({X}) -> tensor<8x4xf32>", MESH), 1),
    (gather(f"({X}) -> tensor<?x?xf32>", dense("[[]]", "1x0")), 1),
    (
        gather(
            f"({X}, tensor<?x4xi8>) -> (tensor<8x4xf32>, tensor<3x8xi8>)",
            more=f", {CHANNEL.format(1)}, use_global_device_ids",
            values="%0, %1",
        ),
        2,
    ),
    (exchange(f"({X}) -> tensor<4x4xf32>"), 1),
    (exchange(f"({X}) -> tensor<8x2xf32>", dims=(0, 0)), 1),
    (exchange(f"({X}) -> tensor<4x4xf32>", MESH), 1),
    (
        exchange(f"({X}, tensor<?x4xi8>) -> (tensor<4x4xf32>, tensor<?x8xi8>)", values="%0, %1"),
        2,
    ),
    (broadcast(f"({X}) -> {X}", dense("[[2, 1]]"), f", {CHANNEL.format(0)}"), 1),
    (broadcast(f"({X}) -> tensor<?x2xf32>", MESH), 1),
    (permute(f"({X}) -> {X}", dense("[[0, 1], [1, 0]]", "2x2"), f", {CHANNEL.format(-3)}"), 1),
    (permute(f"({X}) -> tensor<8x?xf32>"), 1),
    (summed(f"({X}) -> {X}", dense("[[0, 0]]")), 1),
]
RANK_1 = dense("[0, 1]", "2")
GATHERED = f"({X}) -> tensor<8x4xf32>"
EXCHANGED = f"({X}) -> tensor<4x4xf32>"
SAME = f"({X}) -> {X}"
REFUSED = [
    ("all_gather", "I3", gather(GATHERED, RANK_1), 1),
    ("all_gather", "I3", gather(GATHERED, NAMED_MESH), 1),
    ("all_gather", "C1", gather(GATHERED, dim=2), 1),
    ("all_gather", "C1", gather(GATHERED, dim=-1), 1),
    ("all_gather", "C2", gather(GATHERED, dense("[[0, 0]]")), 1),
    ("all_gather", "C4", gather(GATHERED, dense("[[0, 2]]")), 1),
    ("all_gather", "C4", gather(GATHERED, dense("[[0, -1]]")), 1),
    ("all_gather", "C5", gather(GATHERED, dense("", "0x2"), more=", use_global_device_ids"), 1),
    (
        "all_gather",
        "C5",
        gather(GATHERED, more=f", {CHANNEL.format(-1)}, use_global_device_ids"),
        1,
    ),
    (
        "all_gather",
        "C5",
        gather(GATHERED, dense("", "0x2"), more=f", {CHANNEL.format(1)}, use_global_device_ids"),
        1,
    ),
    ("all_gather", "C6", gather(f"({X}) -> tensor<8x5xf32>"), 1),
    ("all_gather", "C6", gather(f"({X}) -> tensor<9x4xf32>"), 1),
    ("all_gather", "C6", gather(f"({X}) -> tensor<8x4x1xf32>"), 1),
    ("all_gather", "C6", gather(f"({X}) -> tensor<8x4xf64>"), 1),
    ("all_gather", "C6", gather(f"({X}) -> (tensor<8x4xf32>, tensor<8x4xf32>)"), 2),
    ("all_gather", "O1", gather(f"({X}) -> {NO_ELEMENT}"), 1),
    ("all_to_all", "I5", exchange(EXCHANGED, RANK_1), 1),
    ("all_to_all", "C1", exchange(EXCHANGED, dims=(2, 1)), 1),
    ("all_to_all", "C1", exchange(EXCHANGED, dims=(-1, 1)), 1),
    (
        "all_to_all",
        "C2",
        exchange(f"({X}) -> tensor<2x6xf32>", dense("[[0, 1, 2]]", "1x3"), count=3),
        1,
    ),
    ("all_to_all", "C3", exchange(EXCHANGED, dims=(0, 2)), 1),
    ("all_to_all", "C4", exchange(EXCHANGED, count=0), 1),
    ("all_to_all", "C5", exchange(EXCHANGED, dense("[[1, 1]]")), 1),
    ("all_to_all", "C7", exchange(EXCHANGED, dense("[[0, 3]]")), 1),
    ("all_to_all", "C8", exchange(EXCHANGED, dense("[[0, 1, 2]]", "1x3")), 1),
    ("all_to_all", "C9", exchange(f"({X}) -> tensor<4x3xf32>"), 1),
    ("all_to_all", "C9", exchange(f"({X}) -> tensor<4x4xi32>"), 1),
    ("all_to_all", "O1", exchange(f"({X}) -> {NO_ELEMENT}"), 1),
    ("collective_broadcast", "I2", broadcast(SAME, RANK_1), 1),
    ("collective_broadcast", "C1", broadcast(SAME, dense("[[1, 1]]")), 1),
    ("collective_broadcast", "C2", broadcast(SAME, dense("[[1, -1]]")), 1),
    ("collective_broadcast", "C3", broadcast(f"({X}) -> tensor<8x3xf32>"), 1),
    ("collective_broadcast", "O1", broadcast(f"({X}) -> {NO_ELEMENT}"), 1),
    ("collective_permute", "I2", permute(SAME, RANK_1), 1),
    ("collective_permute", "C1", permute(SAME, dense("[[0, 1, 2]]", "1x3")), 1),
    ("collective_permute", "C2", permute(SAME, dense("[[0, 1], [0, 2]]", "2x2")), 1),
    ("collective_permute", "C3", permute(SAME, dense("[[0, 1], [2, 1]]", "2x2")), 1),
    ("collective_permute", "C4", permute(SAME, dense("[[0, -1]]")), 1),
    ("collective_permute", "C5", permute(f"({X}) -> tensor<8x3xf32>"), 1),
    ("collective_permute", "C5", permute(f"({X}) -> tensor<8x2xi32>"), 1),
    ("collective_permute", "O1", permute(f"({X}) -> {NO_ELEMENT}"), 1),
    ("cross-replica-sum", "I2", summed(SAME, "dense<0> : tensor<1x2xi32>"), 1),
    ("cross-replica-sum", "C1", summed(f"({X}) -> tensor<8x3xf32>"), 1),
    ("cross-replica-sum", "O1", summed(f"({X}) -> {NO_ELEMENT}"), 1),
]
NO_TENSOR = [
    ("all_gather", "I1", gather("(tensor<8x2xf80>) -> tensor<8x2xf32>")),
    ("all_to_all", "I1", exchange("(tensor<8x2xf80>) -> tensor<4x4xf32>")),
    ("collective_broadcast", "I1", broadcast("(tensor<8x2xf80>) -> tensor<8x2xf32>")),
    ("collective_permute", "I1", permute("(tensor<8x2xf80>) -> tensor<8x2xf32>")),
    ("cross-replica-sum", "I1", summed("(tensor<8x2xf80>) -> tensor<8x2xf32>")),
]
ROOT = ", has_dynamic_root"
NEWER_ACCEPTED = [
    (broadcast(f"({X}, tensor<?x4xi8>) -> ({X}, tensor<?x4xi8>)", values="%0, %1"), 2),
    (broadcast(f"({X}, tensor<1xi32>) -> {X}", more=ROOT, values="%0, %2"), 1),
]
NEWER_REFUSED = [
    ("C3", broadcast("() -> ()", values=""), 0),
    ("C4", broadcast(f"({X}, tensor<2xi32>) -> {X}", more=ROOT, values="%0, %3"), 1),
    ("C4", broadcast(f"({X}, tensor<?x4xi8>) -> {X}", more=ROOT, values="%0, %1"), 1),
    ("C4", broadcast("(tensor<1xi32>) -> ()", more=ROOT, values="%2"), 0),
    ("C5", broadcast(f"({X}) -> ({X}, {X})"), 2),
    ("C5", broadcast(f"({X}, tensor<1xi32>) -> ({X}, {X})", more=ROOT, values="%0, %2"), 2),
]


@pytest.mark.parametrize(("op", "results"), ACCEPTED)
def test_right_programs_are_accepted_and_printed_as_upstream(op: str, results: int) -> None:
    check_accepted(program(TYPES, op, results))


@pytest.mark.parametrize(("name", "id", "op", "results"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, op: str, results: int) -> None:
    check_refused(name, id, program(TYPES, op, results))


@pytest.mark.parametrize(("name", "id", "op"), NO_TENSOR)
def test_elements_of_no_known_type_are_refused(name: str, id: str, op: str) -> None:
    check_refused(name, id, program([NO_ELEMENT], op))


STRICTER = [
    ("C5", gather(GATHERED, more=f", {CHANNEL.format(0)}, use_global_device_ids")),
]
"""Upstream takes a channel of 0, and any multiple of the operand's size."""


@pytest.mark.parametrize(("id", "op"), STRICTER)
def test_what_upstream_does_not_check(id: str, op: str) -> None:
    (message,) = our_refusals(program(TYPES, op))
    assert message.startswith(f"stablehlo.all_gather: ({id}) ")
    assert upstream_refusal(program(TYPES, op)) is None


def test_with_partitions_a_group_may_have_more_processes() -> None:
    channel = f", {CHANNEL.format(1)}"
    text = program(TYPES, gather(f"({X}) -> tensor<8x6xf32>", more=channel))
    assert our_refusals(text) == []
    assert our_refusals(program(TYPES, gather(f"({X}) -> tensor<8x5xf32>", more=channel)))


def test_several_operands_and_roots_are_as_newer_upstream_has_them() -> None:
    accepted = [program(TYPES, *case) for case in NEWER_ACCEPTED]
    refused = [program(TYPES, op, results) for _, op, results in NEWER_REFUSED]
    texts = newer_upstream_texts([*accepted, *refused])
    assert [our_text(text) for text in accepted] == texts[: len(accepted)]
    assert texts[len(accepted) :] == [None] * len(refused)
    for text, (id, *_) in zip(refused, NEWER_REFUSED, strict=True):
        (message,) = our_refusals(text)
        assert message.startswith(f"stablehlo.collective_broadcast: ({id}) ")


WRONG_PROGRAMS = [
    *(WrongProgram(name, id, program(TYPES, *case)) for name, id, *case in REFUSED),
    *(WrongProgram(name, id, program([NO_ELEMENT], op)) for name, id, op in NO_TENSOR),
    *stricter_programs("all_gather", [(id, program(TYPES, op)) for id, op in STRICTER]),
    *wrong_programs(
        "collective_broadcast", [(id, program(TYPES, *case)) for id, *case in NEWER_REFUSED]
    ),
]
RIGHT_PROGRAMS = [program(TYPES, *case) for case in (*ACCEPTED, *NEWER_ACCEPTED)]


def test_bounds_are_split_and_joined_like_sizes() -> None:
    operand = "tensor<?x?xf32, #stablehlo.bounds<8, 5>>"
    result = "tensor<?x?xf32, #stablehlo.bounds<4, 10>>"
    text = program([operand], exchange(f"({operand}) -> {result}"))
    assert our_text(text) == upstream_text(text)
    (op,) = ops_of(text)
    inferred = infer(op.name, op.operand_types, op.properties)
    assert [attribute_text(type_) for type_ in inferred] == [result]


def test_a_mesh_of_the_module_is_found() -> None:
    text = "func.func private @m()\n" + program(TYPES, gather(GATHERED, NAMED_MESH))
    assert our_refusals(text) == []
    assert upstream_refusal(text) is None


pairs = ["4 4", "4 4", "2 4", "4 2", "4 1", "2 8", "8 2", "? 4", "4 ?", "0 0", "0 4", "4 0", "6 3"]
types_pairs = st.tuples(
    st.lists(st.sampled_from(pairs).map(str.split), min_size=1, max_size=3),
    st.sampled_from(["f32", "f32", "f32", "i8"]),
).map(
    lambda drawn: (
        f"tensor<{'x'.join([*(pair[0] for pair in drawn[0]), 'f32'])}>",
        f"tensor<{'x'.join([*(pair[1] for pair in drawn[0]), drawn[1]])}>",
    )
)
ids = st.permutations(range(4)) | st.lists(st.integers(-1, 4), min_size=4, max_size=4)


def matrix(numbers: list[int], rows: int) -> str:
    return dense(str(np.reshape(numbers, (rows, -1)).tolist()), f"{rows}x{len(numbers) // rows}")


# Upstream divides by the number of groups, so there is at least one.
matrices = st.builds(matrix, ids, st.sampled_from([1, 2, 4]))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["gather", "exchange", "broadcast", "permute"]),
    types_pairs,
    matrices,
    st.tuples(st.integers(-1, 3), st.integers(-1, 3)),
    st.sampled_from([0, 1, 2, 4]),
)
def test_verdicts_on_random_programs_are_upstreams(
    kind: str, types_pair: tuple[str, str], groups: str, dims: tuple[int, int], count: int
) -> None:
    operand, result = types_pair
    types = f"({operand}) -> {result}"
    op = {
        # With a channel, how many processes a group has depends on the partitions.
        "gather": lambda: gather(types, groups, dims[0], f", {CHANNEL.format(1)}"),
        "exchange": lambda: exchange(types, groups, dims, count),
        "broadcast": lambda: broadcast(types, groups),
        "permute": lambda: permute(types, groups),
    }[kind]()
    text = program([operand], op)
    assert bool(our_refusals(text)) == (upstream_refusal(text) is not None)
