"""Exchange between processes: gathers, permutations, broadcasts, and their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import IntegerAttr, TensorType, UnitAttr, i64
from xdsl.ir import Attribute

from dialects.stablehlo.all_to_all import AllToAllOp
from dialects.stablehlo.collectives import (
    AllGatherOp,
    CollectiveBroadcastOp,
    CollectivePermuteOp,
)
from dialects.stablehlo.mesh import Channel
from dialects.stablehlo.process_ids import PartitionIdOp, ReplicaIdOp
from irkit.builder import Builder
from irkit.emit import builder_of, emit, emit_many
from irkit.hlo.arguments import Dims
from irkit.hlo.groups import (
    Participants,
    ReplicaGroups,
    channel_property,
    pairs_attribute,
    pairs_of,
)
from irkit.hlo.reducers import Values
from irkit.value import Value


def all_gather(
    operands: Values,
    all_gather_dim: int,
    replica_groups: ReplicaGroups,
    *,
    channel_id: int | None = None,
    channel_type: int = 0,
    use_global_device_ids: bool = False,
    group_size: int | None = None,
) -> Value | tuple[Value, ...]:
    """The operands of all processes of a group, joined along ``all_gather_dim``.

    ``group_size``, the number of processes in a group, multiplies that dimension; by default it is
    what ``replica_groups`` says.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#all_gather
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    sources = _several(operands)
    who = Participants.of(replica_groups, channel_id, channel_type, use_global_device_ids)
    size = who.size(AllGatherOp.name, group_size)
    types = tuple(_gathered(value.type, all_gather_dim, size) for value in sources)
    key = (who, all_gather_dim, types)
    results = builder_of(AllGatherOp.name, sources).append_many(
        AllGatherOp, sources, key, _all_gather, types
    )
    return results[0] if isinstance(operands, Value) else results


def _gathered(type_: TensorType[Attribute], dim: int, size: int) -> TensorType[Attribute]:
    shape = list(type_.get_shape())
    if 0 <= dim < len(shape) and shape[dim] >= 0:
        shape[dim] *= size
    return TensorType(type_.element_type, shape)


def _all_gather(who: Participants, dim: int, *_: object) -> Mapping[str, Attribute]:
    return {**who.properties(), "all_gather_dim": IntegerAttr(dim, i64)}


def all_to_all(
    operands: Values,
    split_dimension: int,
    concat_dimension: int,
    split_count: int,
    replica_groups: ReplicaGroups,
    *,
    channel_id: int | None = None,
    channel_type: int = 0,
) -> Value | tuple[Value, ...]:
    """Sends one of ``split_count`` parts to each process of a group, and joins what arrives.

    Operands are split along ``split_dimension`` and joined along ``concat_dimension``.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#all_to_all
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    who = Participants.of(replica_groups, channel_id, channel_type)
    key = (who, split_dimension, concat_dimension, split_count)
    results = emit_many(AllToAllOp, _several(operands), key, _all_to_all)
    return results[0] if isinstance(operands, Value) else results


def _all_to_all(
    who: Participants, split: int, concat: int, split_count: int
) -> Mapping[str, Attribute]:
    return {
        **who.properties(),
        "split_dimension": IntegerAttr(split, i64),
        "concat_dimension": IntegerAttr(concat, i64),
        "split_count": IntegerAttr(split_count, i64),
    }


def collective_broadcast(
    *operands: Value,
    replica_groups: ReplicaGroups,
    channel_id: int | None = None,
    channel_type: int = 0,
    has_dynamic_root: bool = False,
) -> tuple[Value, ...]:
    """The operands of the first process of a group, sent to all of it.

    With ``has_dynamic_root`` the last operand says which process it is, in place of the first.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#collective_broadcast
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    who = Participants.of(replica_groups, channel_id, channel_type)
    return emit_many(CollectiveBroadcastOp, operands, (who, has_dynamic_root), _broadcast)


def _broadcast(who: Participants, dynamic: bool) -> Mapping[str, Attribute]:
    root: dict[str, Attribute] = {"has_dynamic_root": UnitAttr()} if dynamic else {}
    return {**who.properties(), **root}


def collective_permute(
    operand: Value,
    source_target_pairs: Sequence[Sequence[int]],
    *,
    channel_id: int | None = None,
    channel_type: int = 0,
) -> Value:
    """The operand of the process that sends to this one, or zeros if none does.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#collective_permute
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    channel = None if channel_id is None else Channel(channel_id, channel_type)
    key = (pairs_of(CollectivePermuteOp.name, source_target_pairs), channel)
    return emit(CollectivePermuteOp, (operand,), key, _permutation)


def _permutation(pairs: tuple[Dims, ...], channel: Channel | None) -> Mapping[str, Attribute]:
    return {**channel_property(channel), "source_target_pairs": pairs_attribute(pairs)}


def partition_id(builder: Builder) -> Value:
    """The id of this process' partition, ``ui32[]``.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#partition_id
    """
    return builder.append(PartitionIdOp, ())


def replica_id(builder: Builder) -> Value:
    """The id of this process' replica, ``ui32[]``.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#replica_id
    """
    return builder.append(ReplicaIdOp, ())


def _several(operands: Values) -> tuple[Value, ...]:
    return (operands,) if isinstance(operands, Value) else tuple(operands)
