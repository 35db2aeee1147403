"""Reductions over processes: ``all_reduce``, ``collective_reduce`` and ``reduce_scatter``."""

from __future__ import annotations

from collections.abc import Hashable

from xdsl.dialects.builtin import IntegerAttr, TensorType, UnitAttr, i64
from xdsl.ir import Attribute

from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.collective_reductions import (
    AllReduceOp,
    CollectiveReduceOp,
    ReduceScatterOp,
)
from irkit.emit import Body, emit_region_op
from irkit.hlo.arguments import refuse
from irkit.hlo.groups import Participants, ReplicaGroups
from irkit.hlo.reducers import Reducer, Values, reducer_body, reducer_name, scalar_of
from irkit.value import Value


def all_reduce(
    operands: Values,
    replica_groups: ReplicaGroups,
    computation: Reducer,
    *,
    channel_id: int | None = None,
    channel_type: int = 0,
    use_global_device_ids: bool = False,
) -> Value | tuple[Value, ...]:
    """The operands of all processes of a group, reduced by ``computation`` element by element.

    ``computation`` is the name of an operation, as in :func:`reduce`, or a callable on two scalars.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#all_reduce
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    who = Participants.of(replica_groups, channel_id, channel_type, use_global_device_ids)
    return _reduced(AllReduceOp, operands, who, {}, (), computation)


def collective_reduce(
    operands: Values,
    replica_groups: ReplicaGroups,
    computation: Reducer,
    *,
    channel_id: int | None = None,
    channel_type: int = 0,
    use_global_device_ids: bool = False,
    has_dynamic_root: bool = False,
) -> Value | tuple[Value, ...]:
    """As :func:`all_reduce`, but only the first process of a group gets the results.

    With ``has_dynamic_root`` the last operand says which process it is, in place of the first.
    The specification has no section on it; see ``CollectiveReduceOp`` of upstream.
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    who = Participants.of(replica_groups, channel_id, channel_type, use_global_device_ids)
    root: dict[str, Attribute] = {"has_dynamic_root": UnitAttr()} if has_dynamic_root else {}
    return _reduced(CollectiveReduceOp, operands, who, root, (has_dynamic_root,), computation)


def reduce_scatter(
    operand: Value,
    scatter_dimension: int,
    replica_groups: ReplicaGroups,
    computation: Reducer,
    *,
    channel_id: int | None = None,
    channel_type: int = 0,
    use_global_device_ids: bool = False,
    group_size: int | None = None,
) -> Value:
    """As :func:`all_reduce`; each process of a group keeps a part along ``scatter_dimension``.

    ``group_size``, the number of processes in a group, divides that dimension; by default it is
    what ``replica_groups`` says.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce_scatter
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    who = Participants.of(replica_groups, channel_id, channel_type, use_global_device_ids)
    size = who.size(ReduceScatterOp.name, group_size)
    type_ = _scattered(operand.type, scatter_dimension, size)
    properties = {**who.properties(), "scatter_dimension": IntegerAttr(scatter_dimension, i64)}
    named = reducer_name(computation)
    return emit_region_op(
        ReduceScatterOp,
        (operand,),
        properties,
        (Body([scalar_of(operand.type)] * 2, reducer_body(computation, named)),),
        (type_,),
        key=None if named is None else (who, scatter_dimension, type_, named),
    )[0]


def _scattered(type_: TensorType[Attribute], dim: int, size: int) -> TensorType[Attribute]:
    shape = list(type_.get_shape())
    if 0 <= dim < len(shape) and shape[dim] >= 0:
        if size < 1 or shape[dim] % size:
            refuse(
                f"{ReduceScatterOp.name}: (C8) dimension {dim} of {type_} does not divide into "
                f"{size} parts"
            )
        shape[dim] //= size
    return TensorType(type_.element_type, shape)


def _reduced(
    cls: type[StableHLOOp],
    operands: Values,
    who: Participants,
    more: dict[str, Attribute],
    key: tuple[Hashable, ...],
    computation: Reducer,
) -> Value | tuple[Value, ...]:
    sources = (operands,) if isinstance(operands, Value) else tuple(operands)
    if not sources:
        refuse(f"{cls.name}: (I1) at least one operand is needed, got 0")
    named = reducer_name(computation)
    results = emit_region_op(
        cls,
        sources,
        {**who.properties(), **more},
        (Body([scalar_of(sources[0].type)] * 2, reducer_body(computation, named)),),
        key=None if named is None else (who, *key, named),
    )
    return results[0] if isinstance(operands, Value) else results
