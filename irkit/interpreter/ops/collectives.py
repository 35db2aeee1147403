"""The collective operations: what the processes of a group compute together.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#collective-ops
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.dialects.builtin import SymbolRefAttr
from xdsl.ir import Operation, Region

from dialects.stablehlo.all_to_all import AllToAllOp
from dialects.stablehlo.collective_reductions import (
    AllReduceOp,
    CollectiveReduceOp,
    ReduceScatterOp,
)
from dialects.stablehlo.collectives import (
    AllGatherOp,
    CollectiveBroadcastOp,
    CollectivePermuteOp,
    CrossReplicaSumOp,
)
from dialects.stablehlo.mesh import AxisRefAttr, Mesh, MeshAttr, ReplicaGroupMeshAxesAttr
from dialects.stablehlo.process_ids import PartitionIdOp, ReplicaIdOp
from dialects.stablehlo.replica_groups import channel_id, groups, pairs
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.ops.binary import add
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.process_groups import (
    Ids,
    ProcessId,
    cross_partition,
    cross_replica,
    cross_replica_and_partition,
    flattened_ids,
    group_of,
    mesh_groups,
    without_filling,
)
from irkit.interpreter.quantized import zeros_of
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context

Group = Sequence[ProcessId]

# -- groups ------------------------------------------------------------------------------------


def _replica_groups(op: Operation, context: Context) -> Ids:
    """The numbers in ``replica_groups``; of a mesh, the devices along its axes."""
    listed = groups(op)
    if listed is not None:
        return without_filling(listed)
    axes = cast(ReplicaGroupMeshAxesAttr, op.properties["replica_groups"]).data
    refs = [axis for axis in axes.axes if isinstance(axis, AxisRefAttr)]
    return mesh_groups(_mesh(axes.mesh, context), refs)


def _mesh(mesh: MeshAttr | SymbolRefAttr, context: Context) -> Mesh:
    if isinstance(mesh, MeshAttr):
        return mesh.data
    symbol = context.program.symbol(mesh)
    for name in ("mesh", "stablehlo.mesh"):
        found = symbol.properties.get(name) or symbol.attributes.get(name)
        if isinstance(found, MeshAttr):
            return found.data
    raise EvaluationError(f"{mesh} has no attribute mesh or stablehlo.mesh with a mesh")


def _own_group(op: Operation, context: Context, *, across: bool) -> Group | None:
    """The group of this process, by the strategy that the operation's attributes ask for.

    ``across`` tells whether a channel means partitions alone, or partitions and replicas. No groups
    at all are one of all processes, as in XLA.
    """
    grid, listed = context.process.grid, _replica_groups(op, context)
    if not listed:
        return grid.process_ids
    found: Iterable[list[ProcessId]]
    if "use_global_device_ids" in op.properties:
        found = flattened_ids(listed, grid.num_partitions)
    elif channel_id(op) <= 0:
        found = cross_replica(listed, grid.num_partitions)
    elif across:
        found = cross_partition(listed, grid.num_replicas)
    else:
        found = cross_replica_and_partition(listed, grid.num_partitions)
    return group_of(context.process.id, found, grid.num_replicas, grid.num_partitions)


def _required_group(op: Operation, context: Context, *, across: bool = False) -> Group:
    group = _own_group(op, context, across=across)
    if group is None:
        raise EvaluationError(f"no group has the process {context.process.id}")
    return group


def _meet(
    op: Operation, context: Context, group: Group, values: Sequence[Array]
) -> list[Sequence[Array]]:
    """What each member of the group brought, in the order of the group.

    Raises :class:`EvaluationError` where these have not the same types.
    """
    process = context.process
    what = f"{op.name} on channel {channel_id(op)}"
    brought = process.grid.meet(process, group, what, values)
    types = [[(array.shape, array.dtype) for array in arrays] for arrays in brought]
    for member, found in zip(group, types, strict=True):
        if found != types[0]:
            raise EvaluationError(
                f"process {member} brought {_types_text(brought[group.index(member)])}, "
                f"process {group[0]} {_types_text(brought[0])}"
            )
    return brought


def _types_text(arrays: Sequence[Array]) -> str:
    return ", ".join(f"{array.dtype}{list(array.shape)}" for array in arrays) or "nothing"


# -- moving ------------------------------------------------------------------------------------


@implements(AllGatherOp, on_storage=True)
def all_gather(op: AllGatherOp, operands: list[Any], context: Context) -> list[Array]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#all_gather"""
    brought = _meet(op, context, _required_group(op, context), operands)
    axis = op.all_gather_dim.value.data
    return [np.concatenate(arrays, axis) for arrays in zip(*brought, strict=True)]


@implements(AllToAllOp, on_storage=True)
def all_to_all(op: AllToAllOp, operands: list[Any], context: Context) -> list[Array]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#all_to_all

    Raises :class:`EvaluationError` where the group has not ``split_count`` processes.
    """
    group = _required_group(op, context, across=True)
    count = op.split_count.value.data
    if len(group) != count:
        raise EvaluationError(f"split_count is {count}, the group has {len(group)} processes")
    brought = _meet(op, context, group, operands)
    own = group.index(context.process.id)
    split, concat = op.split_dimension.value.data, op.concat_dimension.value.data
    return [
        np.concatenate([np.split(array, count, split)[own] for array in arrays], concat)
        for arrays in zip(*brought, strict=True)
    ]


@implements(CollectiveBroadcastOp, on_storage=True)
def collective_broadcast(
    op: CollectiveBroadcastOp, operands: list[Any], context: Context
) -> list[Array]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#collective_broadcast

    A process that is in no group gets zeros.
    """
    values, roots = _values_and_roots(op, operands)
    group = _own_group(op, context, across=True)
    if group is None:
        return [
            zeros_of(value, result.type) for value, result in zip(values, op.results, strict=True)
        ]
    brought = _meet(op, context, group, values)
    members = [_member(root, group) for root in roots]
    return [brought[member][index] for index, member in enumerate(members)]


def _values_and_roots(op: Operation, operands: list[Any]) -> tuple[list[Array], list[int]]:
    """What is passed on, and for each the position of its root in the group."""
    if "has_dynamic_root" in op.properties:
        *values, roots = operands
        return values, [int(root) for root in roots]
    return operands, [0] * len(operands)


def _member(root: int, group: Group) -> int:
    if not 0 <= root < len(group):
        raise EvaluationError(f"the root {root} is outside of a group of {len(group)} processes")
    return root


@implements(CollectivePermuteOp, on_storage=True)
def collective_permute(op: CollectivePermuteOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#collective_permute

    A process that nobody sends to gets zeros.
    """
    operand, process = operands[0], context.process
    source, targets = own_partners(op, context)
    what = f"{op.name} on channel {channel_id(op)}"
    for target in targets:
        process.grid.send(route(what, process.id, target), [operand])
    if source is None:
        return zeros_of(operand, op.results[0].type)
    return process.grid.receive(process, route(what, source, process.id))[0]


def route(what: str, source: ProcessId, target: ProcessId) -> str:
    """The name of the way from one process to another."""
    return f"{what} from {source} to {target}"


def own_partners(op: Operation, context: Context) -> tuple[ProcessId | None, list[ProcessId]]:
    """Who sends to this process, and to whom it sends, as ``source_target_pairs`` says."""
    process, grid = context.process, context.process.grid
    listed = pairs(op)
    crossed = (
        cross_replica(listed, grid.num_partitions)
        if channel_id(op) <= 0
        else cross_partition(listed, grid.num_replicas)
    )
    found = list(crossed)
    group_of(process.id, found, grid.num_replicas, grid.num_partitions)
    source = next((source for source, target in found if target == process.id), None)
    return source, [target for source, target in found if source == process.id]


# -- reducing ----------------------------------------------------------------------------------


def _reduced(arrays: Sequence[Array], computation: Region, context: Context) -> Array:
    """The arrays combined from the left, promoted to what the computation takes."""
    dtype = dtype_of(computation.block.args[0])
    promoted = [converted(array, dtype) for array in arrays]
    return reduce(lambda left, right: context.apply(computation, [left, right])[0], promoted)


@implements(AllReduceOp, on_storage=True)
def all_reduce(op: AllReduceOp, operands: list[Any], context: Context) -> list[Array]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#all_reduce

    The values of the group are combined in its order, from the left.
    """
    brought = _meet(op, context, _required_group(op, context), operands)
    return [_reduced(arrays, op.computation, context) for arrays in zip(*brought, strict=True)]


@implements(ReduceScatterOp, on_storage=True)
def reduce_scatter(op: ReduceScatterOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce_scatter

    Raises :class:`EvaluationError` where the dimension cannot be split among the group.
    """
    group = _required_group(op, context)
    axis = op.scatter_dimension.value.data
    size = operands[0].shape[axis]
    if size % len(group):
        raise EvaluationError(f"{size} elements cannot be split among {len(group)} processes")
    brought = _meet(op, context, group, operands)
    # Each process needs its part alone, and the computation is on single elements.
    own = group.index(context.process.id)
    parts = [np.split(array, len(group), axis)[own] for (array,) in brought]
    return _reduced(parts, op.computation, context)


@implements(CollectiveReduceOp, on_storage=True)
def collective_reduce(op: CollectiveReduceOp, operands: list[Any], context: Context) -> list[Array]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#collective_reduce

    What is not the root, or in no group, gets zeros.
    """
    values, roots = _values_and_roots(op, operands)
    group = _own_group(op, context, across=True)
    results = [
        zeros_of(value, result.type) for value, result in zip(values, op.results, strict=True)
    ]
    if group is None:
        return results
    brought = _meet(op, context, group, values)
    for index, root in enumerate(roots):
        if group[_member(root, group)] == context.process.id:
            arrays = [arrays[index] for arrays in brought]
            results[index] = _reduced(arrays, op.computation, context)
    return results


@implements(CrossReplicaSumOp)
def cross_replica_sum(op: CrossReplicaSumOp, operands: list[Any], context: Context) -> Array:
    """https://openxla.org/xla/operation_semantics#crossreplicasum: ``all_reduce`` by addition."""
    brought = _meet(op, context, _required_group(op, context), operands)
    return np.asarray(reduce(add, [array for (array,) in brought]))


# -- identity ----------------------------------------------------------------------------------


@implements(ReplicaIdOp)
def replica_id(op: ReplicaIdOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#replica_id"""
    return np.array(context.process.replica_id, np.uint32)


@implements(PartitionIdOp)
def partition_id(op: PartitionIdOp, operands: list[Any], context: Context) -> Array:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#partition_id"""
    return np.array(context.process.partition_id, np.uint32)
