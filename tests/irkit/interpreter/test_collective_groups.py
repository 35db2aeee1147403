"""Collective operations: groups and sizes known when they run, functions as processes."""

from __future__ import annotations

import numpy as np
import pytest

from irkit.interpreter import EvaluationError, run, run_parallel
from tests.irkit.interpreter.test_collectives import (
    ADD,
    MESH,
    RING,
    channel,
    collective,
    groups,
    outcome,
)


def test_all_to_all_across_partitions() -> None:
    attributes = (
        "split_dimension = 0 : i64, concat_dimension = 0 : i64, split_count = 2 : i64, "
        f"{groups([[1, 0]])}, {channel(1)}"
    )
    found = outcome(collective("all_to_all", attributes, "tensor<2xi64>"), 2, 2)
    assert found == [[11, 1], [10, 0], [31, 21], [30, 20]]


def test_what_is_sent_through_the_host_goes_to_who_receives() -> None:
    text = RING.replace("PAIRS", "").replace("is_host_transfer = false", "is_host_transfer = true")
    start = text.index("type = 1")
    text = text[:start] + text[start:].replace("type = 1", "type = 2", 1)
    assert outcome(text.replace("type = 1", "type = 3")) == [[0, 1]]


def test_functions_of_a_module_as_processes() -> None:
    reduce_ = f""""stablehlo.all_reduce"(%a) <{{{groups([[0, 1]])}}}> {ADD}
      : (tensor<2xi64>) -> tensor<2xi64>"""
    three = ", ".join(["tensor<2xi64>"] * 3)
    text = f"""func.func @main(%x: tensor<2xi64>) -> ({three}) {{
      %r:3 = "interpreter.run_parallel"(%x, %x) {{programs = [[@one], [@two]], infeed = [@feed]}}
        : (tensor<2xi64>, tensor<2xi64>) -> ({three})
      return %r#0, %r#1, %r#2 : {three}
    }}
    func.func @feed() -> tensor<2xi64> {{
      %c = stablehlo.constant dense<[7, 8]> : tensor<2xi64>
      return %c : tensor<2xi64>
    }}
    func.func @one(%a: tensor<2xi64>) -> (tensor<2xi64>, tensor<2xi64>) {{
      %s = {reduce_}
      %t = stablehlo.create_token : !stablehlo.token
      %f:2 = "stablehlo.infeed"(%t) : (!stablehlo.token) -> (tensor<2xi64>, !stablehlo.token)
      return %s, %f#0 : tensor<2xi64>, tensor<2xi64>
    }}
    func.func @two(%b: tensor<2xi64>) -> tensor<2xi64> {{
      %a = stablehlo.add %b, %b : tensor<2xi64>
      %s = {reduce_}
      return %s : tensor<2xi64>
    }}"""
    found = run(text, [np.array([1, 2])])
    assert [np.asarray(value).tolist() for value in found] == [[3, 6], [7, 8], [3, 6]]


# -- groups and sizes that are known when they run ---------------------------------------------


@pytest.mark.parametrize("name", ["mesh", "stablehlo.mesh"])
def test_groups_along_the_axes_of_a_mesh_elsewhere(name: str) -> None:
    attributes = (
        "all_gather_dim = 0 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<"
        'mesh = @m, axes = [#stablehlo.axis_ref<name = "x">]>'
    )
    text = collective("all_gather", attributes, "tensor<4xi64>")
    mesh = MESH.replace("{ids}", "")
    found = outcome(f"{text}\nfunc.func private @m() attributes {{{name} = {mesh}}}", 8)
    assert [values[::2] for values in found] == [
        [10 * (i % 4), 10 * (i % 4) + 40] for i in range(8)
    ]
    for other in ("", " attributes {mesh = 1 : i64}"):
        with pytest.raises(EvaluationError, match="all_gather: @m has no attribute mesh or stab"):
            outcome(f"{text}\nfunc.func private @m(){other}", 8)


def test_no_groups_are_one_of_all_processes() -> None:
    attributes = "all_gather_dim = 0 : i64, replica_groups = dense<> : tensor<0x0xi64>"
    text = collective("all_gather", attributes, "tensor<6xi64>")
    assert outcome(text, 3) == [[0, 1, 10, 11, 20, 21]] * 3


def test_a_sum_across_replicas() -> None:
    text = collective("cross-replica-sum", groups([[0, 2], [1, 3]]), "tensor<2xi64>")
    assert outcome(text, 4) == [[20, 22], [40, 42]] * 2


@pytest.mark.parametrize("operation", ["collective_broadcast", "collective_reduce"])
@pytest.mark.parametrize("root", [2, -1])
def test_a_root_outside_of_the_group(operation: str, root: int) -> None:
    text = f"""func.func @main(%a: tensor<2xi64>) -> tensor<2xi64> {{
      %root = stablehlo.constant dense<{root}> : tensor<1xi64>
      %r = "stablehlo.{operation}"(%a, %root) <{{{groups([[0, 1]])}, has_dynamic_root}}>
        {ADD if operation == "collective_reduce" else ""}
        : (tensor<2xi64>, tensor<1xi64>) -> tensor<2xi64>
      func.return %r : tensor<2xi64>
    }}"""
    message = f"{operation}: the root {root} is outside of a group of 2 processes"
    with pytest.raises(EvaluationError, match=message):
        outcome(text, 2)
    there = text.replace(f"dense<{root}>", "dense<1>")
    expected = {
        "collective_broadcast": [[10, 11]] * 2,
        "collective_reduce": [[0, 0], [10, 12]],
    }
    assert outcome(there, 2) == expected[operation]


def test_a_split_into_other_than_the_group_has_processes() -> None:
    attributes = (
        "split_dimension = 0 : i64, concat_dimension = 0 : i64, split_count = 2 : i64, "
        f"{groups([[0, 1, 2]])}"
    )
    with pytest.raises(EvaluationError, match="split_count is 2, the group has 3 processes"):
        outcome(collective("all_to_all", attributes, "tensor<2xi64>"), 3)


def test_elements_that_cannot_be_split_among_the_group() -> None:
    attributes = f"scatter_dimension = 0 : i64, {groups([[0, 1]])}"
    text = collective("reduce_scatter", attributes, "tensor<?xi64>", ADD, "tensor<?xi64>")
    assert outcome(text, 2) == [[10], [12]]
    with pytest.raises(EvaluationError, match="3 elements cannot be split among 2 processes"):
        run_parallel(text, [[np.arange(3)]] * 2, replicas=2)
