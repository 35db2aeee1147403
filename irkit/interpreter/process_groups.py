"""How the grid of processes is split into groups for collective operations.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#collective-ops
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from dialects.dense import dense_array
from dialects.stablehlo.mesh import AxisRef, AxisRefAttr, Mesh
from dialects.stablehlo.replica_groups import NO_PROCESS
from irkit.interpreter.errors import EvaluationError

ProcessId: TypeAlias = tuple[int, int]
"""Replica and partition."""
Ids: TypeAlias = Sequence[Sequence[int]]


def cross_replica(groups: Ids, partitions: int) -> Iterator[list[ProcessId]]:
    """Each group of replicas, once in each partition."""
    for group in groups:
        for partition in range(partitions):
            yield [(replica, partition) for replica in group]


def cross_partition(groups: Ids, replicas: int) -> Iterator[list[ProcessId]]:
    """Each group of partitions, once in each replica."""
    for group in groups:
        for replica in range(replicas):
            yield [(replica, partition) for partition in group]


def cross_replica_and_partition(groups: Ids, partitions: int) -> Iterator[list[ProcessId]]:
    """Each group of replicas with all their partitions."""
    for group in groups:
        yield [(replica, partition) for partition in range(partitions) for replica in group]


def flattened_ids(groups: Ids, partitions: int) -> Iterator[list[ProcessId]]:
    """Groups of ``replica_id * num_partitions + partition_id``."""
    for group in groups:
        yield [divmod(number, partitions) for number in group]


def group_of(
    process: ProcessId, groups: Iterable[Sequence[ProcessId]], replicas: int, partitions: int
) -> Sequence[ProcessId] | None:
    """The group that has the process, if any.

    Raises :class:`EvaluationError` where a group names a process that the grid does not have.
    """
    found: Sequence[ProcessId] | None = None
    for group in groups:
        for replica, partition in group:
            if not (0 <= replica < replicas and 0 <= partition < partitions):
                raise EvaluationError(
                    f"a group names the process ({replica}, {partition}), but there are "
                    f"{replicas} replicas of {partitions} partitions; run more processes"
                )
        if process in group:
            found = group
    return found


def without_filling(groups: Ids) -> list[list[int]]:
    """Groups of different sizes without the -1 that fills up the shorter ones."""
    return [[number for number in group if number != NO_PROCESS] for group in groups]


def mesh_groups(mesh: Mesh, axes: Sequence[AxisRefAttr]) -> list[list[int]]:
    """The devices that differ along these axes alone; the first axis varies slowest in a group.

    Raises :class:`EvaluationError` where the mesh lacks an axis, or a part does not divide it.
    """
    refs = [axis.data for axis in axes]
    names = {axis.name: axis.size for axis in mesh.axes}
    for ref in refs:
        if ref.name not in names:
            raise EvaluationError(f'the mesh has no axis "{ref.name}"')
    sizes: list[int] = []
    place: dict[tuple[str, int], int] = {}
    for axis in mesh.axes:
        for start, size in _pieces(axis.size, [ref for ref in refs if ref.name == axis.name]):
            place[axis.name, start] = len(sizes)
            sizes.append(size)
    inner = [place[ref.name, ref.sub_axis_info[0] if ref.sub_axis_info else 1] for ref in refs]
    outer = [piece for piece in range(len(sizes)) if piece not in inner]
    count = math.prod(sizes)
    devices = np.arange(count)
    if mesh.device_ids is not None:
        devices = dense_array(mesh.device_ids).reshape(-1)
        if len(devices) != count:
            raise EvaluationError(f"the mesh has {count} places and {len(devices)} device ids")
    per_group = math.prod(sizes[piece] for piece in inner)
    groups = devices.reshape(sizes).transpose([*outer, *inner]).reshape(-1, per_group)
    return [[int(device) for device in group] for group in groups]


def _pieces(size: int, refs: Sequence[AxisRef]) -> list[tuple[int, int]]:
    """An axis cut where the parts that are referred to begin and end: start and size of each."""
    cuts = {1, size}
    for ref in refs:
        if ref.sub_axis_info is not None:
            start, length = ref.sub_axis_info
            cuts |= {start, start * length}
    ordered = sorted(cuts)
    pieces: list[tuple[int, int]] = []
    for start, end in itertools.pairwise(ordered):
        if start < 1 or end % start or size % end:
            raise EvaluationError(f"an axis of size {size} cannot be cut at {start} and {end}")
        pieces.append((start, end // start))
    return pieces or [(1, 1)]
