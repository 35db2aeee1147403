"""Who takes part in a collective: replica groups, pairs of processes, and channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from xdsl.dialects.builtin import TensorType, UnitAttr, i64
from xdsl.ir import Attribute

from dialects.dense import dense_from_array
from dialects.stablehlo.mesh import Channel, ChannelHandleAttr, ReplicaGroupMeshAxesAttr
from dialects.stablehlo.replica_groups import NO_PROCESS
from irkit.hlo.arguments import Dims, dims, refuse

ReplicaGroups: TypeAlias = Sequence[Sequence[int]] | ReplicaGroupMeshAxesAttr
"""The ids of the processes of each group, or the axes of a mesh that make them."""


@dataclass(frozen=True, slots=True)
class Participants:
    """What every collective has besides its operands, as a part of a key."""

    groups: tuple[Dims, ...] | ReplicaGroupMeshAxesAttr
    channel: Channel | None
    use_global_device_ids: bool = False

    @staticmethod
    def of(
        replica_groups: ReplicaGroups,
        channel_id: int | None,
        channel_type: int,
        use_global_device_ids: bool = False,
    ) -> Participants:
        """From the arguments of a function of :mod:`irkit.hlo`."""
        groups = (
            replica_groups
            if isinstance(replica_groups, ReplicaGroupMeshAxesAttr)
            else tuple(map(dims, replica_groups))
        )
        channel = None if channel_id is None else Channel(channel_id, channel_type)
        return Participants(groups, channel, use_global_device_ids)

    def properties(self) -> dict[str, Attribute]:
        """``replica_groups``, and what else is not left out."""
        found = channel_property(self.channel)
        groups = self.groups
        found["replica_groups"] = (
            groups if isinstance(groups, ReplicaGroupMeshAxesAttr) else _numbers(groups)
        )
        if self.use_global_device_ids:
            found["use_global_device_ids"] = UnitAttr()
        return found

    def size(self, op: str, given: int | None) -> int:
        """The number of processes in a group: the given one, or what the groups say.

        A channel without global ids makes groups of replicas and all of their partitions, whose
        number a module does not have. Raises :class:`~irkit.errors.BuildError` there.
        """
        if given is not None:
            return given
        known = self.channel is None or self.channel.handle <= 0 or self.use_global_device_ids
        if isinstance(self.groups, ReplicaGroupMeshAxesAttr) or not known or not self.groups:
            refuse(f"{op}: how many processes a group has is not known here: give group_size")
        return max(map(len, self.groups))


def channel_property(channel: Channel | None) -> dict[str, Attribute]:
    """``channel_handle``, if there is one."""
    return {} if channel is None else {"channel_handle": ChannelHandleAttr(channel)}


def _numbers(groups: tuple[Dims, ...]) -> Attribute:
    """A row for each group; shorter ones are filled up."""
    width = max(map(len, groups), default=0)
    rows = [[*group, *[NO_PROCESS] * (width - len(group))] for group in groups]
    array = np.array(rows, np.int64).reshape(len(groups), width)
    return dense_from_array(array, TensorType(i64, array.shape))


def pairs_of(op: str, pairs: Sequence[Sequence[int]]) -> tuple[Dims, ...]:
    """Pairs (source, target), as a part of a key.

    Raises :class:`~irkit.errors.BuildError` for what is no pair.
    """
    found = tuple(map(dims, pairs))
    if any(len(pair) != 2 for pair in found):
        refuse(f"{op}: source_target_pairs {list(pairs)} must be pairs (source, target)")
    return found


def pairs_attribute(pairs: tuple[Dims, ...]) -> Attribute:
    """``dense<[[0, 1]]> : tensor<1x2xi64>``."""
    array = np.array(pairs, np.int64).reshape(len(pairs), 2)
    return dense_from_array(array, TensorType(i64, array.shape))
