"""Programs that several processes run: the specification's examples, order, and dead-locks.

Upstream's own programs are in ``tests/interpret`` of its repository; ``tests/conformance`` runs
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from irkit.interpreter import DeadlockError, EvaluationError, run, run_parallel
from irkit.interpreter.process import Process, ProcessGrid
from irkit.interpreter.process_groups import (
    cross_partition,
    cross_replica,
    cross_replica_and_partition,
    flattened_ids,
)

ADD = """({
^bb0(%x: tensor<i64>, %y: tensor<i64>):
  %s = stablehlo.add %x, %y : tensor<i64>
  stablehlo.return %s : tensor<i64>
})"""
LEFT = ADD.replace("stablehlo.add", "stablehlo.subtract")


def channel(number: int) -> str:
    return f"channel_handle = #stablehlo.channel_handle<handle = {number}, type = 0>"


def groups(listed: Sequence[Sequence[int]]) -> str:
    shape = f"{len(listed)}x{len(listed[0])}"
    return f"replica_groups = dense<{[list(group) for group in listed]}> : tensor<{shape}xi64>"


def collective(
    operation: str, attributes: str, result: str, region: str = "", type_: str = "tensor<2xi64>"
) -> str:
    """A program of one collective operation on ``%a``, of which each process gives its own."""
    return (
        f"func.func @main(%a: {type_}) -> {result} {{\n"
        f'  %r = "stablehlo.{operation}"(%a) <{{{attributes}}}> {region} : ({type_}) -> {result}\n'
        f"  func.return %r : {result}\n}}"
    )


def outcome(text: str, replicas: int = 1, partitions: int = 1) -> list[Any]:
    """What the processes give that have [0, 1], [10, 11], [20, 21], ..."""
    inputs = [[np.array([10 * i, 10 * i + 1])] for i in range(replicas * partitions)]
    found = run_parallel(text, inputs, replicas=replicas, partitions=partitions)
    return [np.asarray(results[0]).tolist() for results in found.results]


# -- groups ------------------------------------------------------------------------------------


def test_the_examples_of_the_four_strategies() -> None:
    two = [[0, 1], [2, 3]]
    assert list(cross_replica(two, 2)) == [
        [(0, 0), (1, 0)], [(0, 1), (1, 1)], [(2, 0), (3, 0)], [(2, 1), (3, 1)],
    ]  # fmt: skip
    assert list(cross_partition([[0, 1]], 4)) == [[(r, 0), (r, 1)] for r in range(4)]
    assert list(cross_replica_and_partition(two, 2)) == [
        [(0, 0), (1, 0), (0, 1), (1, 1)], [(2, 0), (3, 0), (2, 1), (3, 1)],
    ]  # fmt: skip
    assert list(flattened_ids([[0, 1, 2, 3], [4, 5, 6, 7]], 2)) == [
        [(0, 0), (0, 1), (1, 0), (1, 1)], [(2, 0), (2, 1), (3, 0), (3, 1)],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "sums"),
    [
        (f"{groups([[0, 1]])}, {channel(0)}", [20, 40, 20, 40]),
        (f"{groups([[0, 1]])}, {channel(1)}", [60, 60, 60, 60]),
        (f"{groups([[0, 3], [1, 2]])}, {channel(1)}, use_global_device_ids", [30, 30, 30, 30]),
        (f"{groups([[0], [1]])}, {channel(0)}", [0, 10, 20, 30]),
    ],
)
def test_all_reduce_by_each_strategy(attributes: str, sums: list[int]) -> None:
    text = collective("all_reduce", attributes, "tensor<2xi64>", ADD)
    assert [values[0] for values in outcome(text, 2, 2)] == sums


def test_the_values_of_a_group_are_combined_in_its_order() -> None:
    text = collective("all_reduce", groups([[2, 0, 1]]), "tensor<2xi64>", LEFT)
    assert outcome(text, 3) == [[10, 9]] * 3


def test_shorter_groups_are_filled_up_with_minus_one() -> None:
    text = collective("all_reduce", groups([[0, 2], [1, -1]]), "tensor<2xi64>", ADD)
    assert outcome(text, 3) == [[20, 22], [10, 11], [20, 22]]


MESH = '#stablehlo.mesh<axes = [<name = "x", size = 2>, <name = "y", size = 4>]{ids}>'


@pytest.mark.parametrize(
    ("axes", "ids", "expected"),
    [
        ('name = "x"', "", [[0, 4], [1, 5], [2, 6], [3, 7]]),
        ('name = "y"', "", [[0, 1, 2, 3], [4, 5, 6, 7]]),
        ('name = "y", sub_axis_info = (1)2', "", [[0, 2], [1, 3], [4, 6], [5, 7]]),
        ('name = "y", sub_axis_info = (2)2', "", [[0, 1], [2, 3], [4, 5], [6, 7]]),
        (
            'name = "x"',
            ", device_ids = dense<[7, 6, 5, 4, 3, 2, 1, 0]> : tensor<8xi64>",
            [[7, 3], [6, 2], [5, 1], [4, 0]],
        ),
    ],
)
def test_groups_along_the_axes_of_a_mesh(axes: str, ids: str, expected: list[list[int]]) -> None:
    attributes = (
        "all_gather_dim = 0 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<mesh = "
        f"{MESH.replace('{ids}', ids)}, axes = [#stablehlo.axis_ref<{axes}>]>"
    )
    text = collective("all_gather", attributes, f"tensor<{2 * len(expected[0])}xi64>")
    found = outcome(text, 8)
    for group in expected:
        gathered = [10 * member + i for member in group for i in range(2)]
        assert [found[member] for member in group] == [gathered] * len(group)


@pytest.mark.parametrize(
    ("axes", "ids", "message"),
    [
        ('name = "y", sub_axis_info = (3)1', "", "size 4 cannot be cut at 1 and 3"),
        ('name = "y", sub_axis_info = (0)2', "", "size 4 cannot be cut at 0 and 1"),
        ('name = "y", sub_axis_info = (4)2', "", "size 4 cannot be cut at 4 and 8"),
        (
            'name = "x"',
            ", device_ids = dense<[1, 0]> : tensor<2xi64>",
            "the mesh has 8 places and 2 device ids",
        ),
    ],
)
def test_groups_of_a_mesh_that_has_none_such(axes: str, ids: str, message: str) -> None:
    attributes = (
        "all_gather_dim = 0 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<mesh = "
        f"{MESH.replace('{ids}', ids)}, axes = [#stablehlo.axis_ref<{axes}>]>"
    )
    with pytest.raises(EvaluationError, match=rf"all_gather: .*{message}") as caught:
        outcome(collective("all_gather", attributes, "tensor<4xi64>"), 8)
    # Located by the process that failed, and not again by who ran them all.
    assert str(caught.value).count("error: ") == 1


def test_a_mesh_elsewhere_may_lack_the_axis() -> None:
    mesh = MESH.replace("{ids}", "")
    attributes = (
        "all_gather_dim = 0 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<"
        'mesh = @m, axes = [#stablehlo.axis_ref<name = "z">]>'
    )
    text = collective("all_gather", attributes, "tensor<4xi64>")
    text = f"{text}\nfunc.func private @m() attributes {{stablehlo.mesh = {mesh}}}"
    with pytest.raises(EvaluationError, match='all_gather: the mesh has no axis "z"'):
        outcome(text, 8)


# -- each operation ----------------------------------------------------------------------------


def test_all_gather_and_all_to_all() -> None:
    text = collective(
        "all_gather", f"all_gather_dim = 0 : i64, {groups([[1, 0]])}", "tensor<4xi64>"
    )
    assert outcome(text, 2) == [[10, 11, 0, 1]] * 2
    attributes = (
        "split_dimension = 0 : i64, concat_dimension = 0 : i64, split_count = 2 : i64, "
        f"{groups([[0, 1]])}"
    )
    assert outcome(collective("all_to_all", attributes, "tensor<2xi64>"), 2) == [[0, 10], [1, 11]]


def test_reduce_scatter_gives_each_its_part() -> None:
    attributes = f"scatter_dimension = 0 : i64, {groups([[0, 1]])}"
    text = collective("reduce_scatter", attributes, "tensor<1xi64>", ADD)
    assert outcome(text, 2) == [[10], [12]]


def test_collective_broadcast_and_reduce_leave_zeros() -> None:
    text = collective("collective_broadcast", groups([[2, 1]]), "tensor<2xi64>")
    assert outcome(text, 4) == [[0, 0], [20, 21], [20, 21], [0, 0]]
    text = collective("collective_reduce", groups([[2, 1]]), "tensor<2xi64>", ADD)
    assert outcome(text, 4) == [[0, 0], [0, 0], [30, 32], [0, 0]]


def test_collective_permute_of_the_specification() -> None:
    attributes = "source_target_pairs = dense<[[0, 1], [1, 2]]> : tensor<2x2xi64>"
    assert outcome(collective("collective_permute", attributes, "tensor<2xi64>"), 3) == [
        [0, 0], [0, 1], [10, 11],
    ]  # fmt: skip


def test_what_nobody_sends_is_the_real_zero() -> None:
    """Of quantized numbers that is the zero point."""
    type_ = "tensor<2x!quant.uniform<i8:f32, 0.5:7>>"
    attributes = "source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>"
    text = collective("collective_permute", attributes, type_, type_=type_)
    inputs = [[np.array([1, 2], np.int8)], [np.array([3, 4], np.int8)]]
    found = run_parallel(text, inputs, replicas=2).results
    assert [np.asarray(results[0]).tolist() for results in found] == [[7, 7], [1, 2]]


def test_a_process_knows_where_it_is() -> None:
    text = """func.func @main() -> (tensor<ui32>, tensor<ui32>) {
      %r = stablehlo.replica_id : tensor<ui32>
      %p = stablehlo.partition_id : tensor<ui32>
      func.return %r, %p : tensor<ui32>, tensor<ui32>
    }"""
    found = run_parallel(text, [()] * 6, replicas=2, partitions=3).results
    ids = [tuple(int(np.asarray(value)) for value in results) for results in found]
    assert ids == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def test_an_asynchronous_collective() -> None:
    text = """func.func @main(%a: tensor<2xi64>) -> tensor<4xi64> {
      %f = "stablehlo.async_start"(%a) ({
      ^bb0(%x: tensor<2xi64>):
        %g = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64,
          replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xi64>) -> tensor<4xi64>
        stablehlo.return %g : tensor<4xi64>
      }) : (tensor<2xi64>) -> !stablehlo.future<tensor<4xi64>>
      %r = "stablehlo.async_done"(%f) : (!stablehlo.future<tensor<4xi64>>) -> tensor<4xi64>
      func.return %r : tensor<4xi64>
    }"""
    assert outcome(text, 2) == [[0, 1, 10, 11]] * 2


RING = """func.func @main(%a: tensor<2xi64>) -> tensor<2xi64> {
  %t = stablehlo.create_token : !stablehlo.token
  %s = "stablehlo.send"(%a, %t) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>,
    PAIRSis_host_transfer = false}> : (tensor<2xi64>, !stablehlo.token) -> !stablehlo.token
  %r:2 = "stablehlo.recv"(%s) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>,
    PAIRSis_host_transfer = false}> : (!stablehlo.token) -> (tensor<2xi64>, !stablehlo.token)
  func.return %r#0 : tensor<2xi64>
}"""


def test_send_and_recv_between_pairs() -> None:
    pairs = "source_target_pairs = dense<[[0, 1], [1, 2]]> : tensor<2x2xi64>, "
    assert outcome(RING.replace("PAIRS", pairs), 1, 3) == [[0, 0], [0, 1], [10, 11]]


def test_infeed_and_outfeed_are_shared_in_turn() -> None:
    text = """func.func @main() -> tensor<2xi64> {
      %t = stablehlo.create_token : !stablehlo.token
      %r:2 = "stablehlo.infeed"(%t) : (!stablehlo.token) -> (tensor<2xi64>, !stablehlo.token)
      %o = "stablehlo.outfeed"(%r#0, %r#1) : (tensor<2xi64>, !stablehlo.token) -> !stablehlo.token
      func.return %r#0 : tensor<2xi64>
    }"""
    feed = [[np.array([i, i])] for i in range(3)]
    found = run_parallel(text, [(), ()], replicas=2, infeed=feed)
    assert [np.asarray(results[0]).tolist() for results in found.results] == [[0, 0], [1, 1]]
    written = [(id, values[0].tolist()) for id, values in found.outfeed]
    assert written == [((0, 0), [0, 0]), ((1, 0), [1, 1])]
    with pytest.raises(EvaluationError, match=r":3:14: error: stablehlo.infeed: the infeed is emp"):
        run(text)
    with pytest.raises(EvaluationError, match=r"the infeed has int64\[3\], expected tensor<2xi64>"):
        run_parallel(text, [()], infeed=[[np.zeros(3, np.int64)]])


# -- what cannot work --------------------------------------------------------------------------

ONE_SIDED = """func.func @main(%a: tensor<2xi64>) -> tensor<2xi64> {
  %id = stablehlo.replica_id : tensor<ui32>
  %i = stablehlo.convert %id : (tensor<ui32>) -> tensor<i32>
  %r = "stablehlo.case"(%i) ({
    %x = "stablehlo.all_reduce"(%a) <{GROUPS}> ADD : (tensor<2xi64>) -> tensor<2xi64>
    stablehlo.return %x : tensor<2xi64>
  }, {
    OTHER
    stablehlo.return %y : tensor<2xi64>
  }) : (tensor<i32>) -> tensor<2xi64>
  func.return %r : tensor<2xi64>
}"""


def one_sided(other: str) -> str:
    text = ONE_SIDED.replace("OTHER", other).replace("GROUPS", groups([[0, 1]]))
    return text.replace("ADD", ADD)


def test_a_process_that_does_not_come_is_a_deadlock() -> None:
    text = one_sided("%y = stablehlo.add %a, %a : tensor<2xi64>")
    message = r"process \(0, 0\) waits for \(1, 0\) in stablehlo.all_reduce on channel 0"
    with pytest.raises(DeadlockError, match=message):
        outcome(text, 2)


def test_different_operations_do_not_meet() -> None:
    other = f'%y = "stablehlo.collective_broadcast"(%a) <{{{groups([[0, 1]])}}}> '
    text = one_sided(other + ": (tensor<2xi64>) -> tensor<2xi64>")
    with pytest.raises(DeadlockError) as caught:
        outcome(text, 2)
    message = str(caught.value)
    assert "process (0, 0) waits for (1, 0) in stablehlo.all_reduce" in message
    assert "process (1, 0) waits for (0, 0) in stablehlo.collective_broadcast" in message


def test_the_only_process_does_not_wait_for_others() -> None:
    text = collective("all_reduce", groups([[0, 1]]), "tensor<2xi64>", ADD)
    message = r"names the process \(1, 0\), but there are 1 replicas of 1 partitions"
    with pytest.raises(EvaluationError, match=message):
        run(text, [np.array([1, 2])])
    with pytest.raises(DeadlockError, match="waits for something sent on channel 1"):
        run(
            """func.func @main() {
              %t = stablehlo.create_token : !stablehlo.token
              %r = "stablehlo.recv"(%t) <{is_host_transfer = true, channel_handle =
                #stablehlo.channel_handle<handle = 1, type = 3>}> :
                (!stablehlo.token) -> !stablehlo.token
              func.return
            }"""
        )


def test_a_source_that_does_not_send_is_a_deadlock() -> None:
    pairs = "source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>"
    permute = f'%x = "stablehlo.collective_permute"(%a) <{{{pairs}}}> '
    text = one_sided("%y = stablehlo.add %a, %a : tensor<2xi64>")
    start = text.index('%x = "stablehlo.all_reduce"')
    end = text.index("stablehlo.return %x : tensor<2xi64>\n  }, {")
    swapped = (
        text[:start]
        + "%x = stablehlo.add %a, %a : tensor<2xi64>\n    "
        + text[end:].replace(
            "%y = stablehlo.add %a, %a : tensor<2xi64>",
            permute.replace("%x", "%y") + ": (tensor<2xi64>) -> tensor<2xi64>",
        )
    )
    message = (
        r"something sent on stablehlo.collective_permute on channel 0 from \(0, 0\) to \(1, 0\)"
    )
    with pytest.raises(DeadlockError, match=message):
        outcome(swapped, 2)


def test_one_process_is_a_group_of_its_own() -> None:
    text = collective("all_reduce", groups([[0]]), "tensor<2xi64>", ADD)
    assert np.asarray(run(text, [np.array([1, 2])])[0]).tolist() == [1, 2]


def test_groups_must_have_everybody_where_everybody_takes_part() -> None:
    text = collective("all_reduce", groups([[0, 1]]), "tensor<2xi64>", ADD)
    with pytest.raises(EvaluationError, match=r"no group has the process \(2, 0\)"):
        outcome(text, 3)


def test_values_of_different_types_do_not_meet() -> None:
    attributes = f"all_gather_dim = 0 : i64, {groups([[0, 1]])}"
    text = collective("all_gather", attributes, "tensor<?x?xi64>", type_="tensor<?x?xi64>")
    inputs = [[np.zeros((1, 2), np.int64)], [np.zeros((1, 3), np.int64)]]
    with pytest.raises(EvaluationError, match=r"process \(1, 0\) brought int64\[1, 3\]"):
        run_parallel(text, inputs, replicas=2)


def test_what_nobody_receives_is_an_error() -> None:
    grid = ProcessGrid(2, 1)
    with pytest.raises(EvaluationError, match="what was sent on a was never received"):
        grid.run(lambda process: grid.send("a", []) if process.replica_id else None)


def test_the_first_error_ends_all_processes() -> None:
    grid = ProcessGrid(3, 1)
    reached: list[int] = []

    def program(process: Process) -> None:
        if process.replica_id == 1:
            raise EvaluationError("broken")
        grid.meet(process, grid.process_ids, "all", [])
        reached.append(process.replica_id)

    with pytest.raises(EvaluationError, match="broken"):
        grid.run(program)
    assert reached == []


def test_processes_take_turns_in_a_fixed_order() -> None:
    def order() -> list[tuple[int, int]]:
        grid, seen = ProcessGrid(2, 2), list[tuple[int, int]]()

        def program(process: Process) -> None:
            for _ in range(3):
                seen.append(process.id)
                grid.meet(process, grid.process_ids, "all", [])

        grid.run(program)
        return seen

    first = order()
    assert first[:4] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert all(order() == first for _ in range(20))


def test_inputs_for_the_wrong_number_of_processes() -> None:
    text = collective("all_reduce", groups([[0]]), "tensor<2xi64>", ADD)
    with pytest.raises(
        ValueError, match="inputs for 1 processes, 2 replicas of 3 partitions are 6"
    ):
        run_parallel(text, [()], replicas=2, partitions=3)
    with pytest.raises(ValueError, match="a grid has at least one process"):
        ProcessGrid(0, 1)
