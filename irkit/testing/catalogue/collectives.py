"""Operations between processes: groups, pairs, channels; and what each process is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import is_plain, operand, plain
from irkit.testing.catalogue.reducers import reducer
from irkit.testing.drawing import Drawing
from irkit.testing.picks import Picks
from irkit.testing.type_facts import dtype_of
from irkit.value import Value

Groups = Sequence[Sequence[int]]
REGIONS: Mapping[str, int] = {"all_reduce": 1, "collective_reduce": 1, "reduce_scatter": 1}


def groups(picks: Picks, size: int | None = None) -> Groups:
    """One to three groups of ``size`` (any if None) processes each, in any order."""
    width = picks.between(1, 3) if size is None else size
    count = picks.between(1, 3)
    order = picks.permutation(width * count)
    return [order[start : start + width] for start in range(0, len(order), width)]


def uneven_groups(picks: Picks) -> Groups:
    """Groups of several sizes, which may be none."""
    order = [*picks.permutation(picks.below(5))]
    found: list[Sequence[int]] = []
    while order:
        width = picks.between(1, len(order))
        found.append(order[:width])
        del order[:width]
    return found


def channel(picks: Picks, found: Groups) -> dict[str, Any]:
    """A channel, ids of devices or of replicas; or none of these."""
    match picks.below(4):
        case 0 | 1:
            return {}
        case 2:
            return {"channel_id": picks.below(3), "channel_type": picks.below(2)}
        case _:
            return {"channel_id": 1 + picks.below(3), "use_global_device_ids": any(found)}


def without_global_ids(given: dict[str, Any]) -> dict[str, Any]:
    """The channel for an operation that always has ids of one kind."""
    return {name: value for name, value in given.items() if name != "use_global_device_ids"}


def _several(made: Value | Sequence[Value]) -> Sequence[Value]:
    """The results of an operation whose function gives one of them by itself."""
    return (made,) if isinstance(made, Value) else made


def all_gather(d: Drawing) -> Sequence[Value]:
    """One or two tensors with no empty dimension along which they are joined."""
    first = plain(d, least_rank=1)
    dim = d.picks.below(first.ndim)
    if not first.shape[dim]:
        first = d.value((2,), dtype_of(first.type))
        dim = 0
    others = [d.value(first.shape, d.dtype()) for _ in range(d.picks.below(2))]
    found = groups(d.picks)
    given = channel(d.picks, found)
    operands = [first, *others]
    return _several(hlo.all_gather(operands, dim, found, group_size=len(found[0]), **given))


def all_to_all(d: Drawing) -> Sequence[Value]:
    """One or two tensors, split along one dimension and joined along another, or the same."""
    first = plain(d, least_rank=1)
    split, concat = d.picks.below(first.ndim), d.picks.below(first.ndim)
    counts = [n for n in (1, 2, 3) if first.shape[split] % n == 0]
    count = d.picks.choose(counts)
    others = [d.value(first.shape, d.dtype()) for _ in range(d.picks.below(2))]
    found = groups(d.picks, count)
    given = without_global_ids(channel(d.picks, found))
    return _several(hlo.all_to_all([first, *others], split, concat, count, found, **given))


def collective_broadcast(d: Drawing) -> Sequence[Value]:
    """A tensor from the first process of groups of one size."""
    found = groups(d.picks)
    given = without_global_ids(channel(d.picks, found))
    return hlo.collective_broadcast(operand(d), replica_groups=found, **given)


def collective_broadcast_rooted(d: Drawing) -> Sequence[Value]:
    """One or two tensors from the first process, or from one that an operand tells."""
    found = groups(d.picks)
    given = without_global_ids(channel(d.picks, found))
    inputs = [operand(d) for _ in range(d.picks.between(1, 2))]
    inputs, dynamic = _with_root(d, inputs)
    return hlo.collective_broadcast(
        *inputs, replica_groups=found, has_dynamic_root=dynamic, **given
    )


def _with_root(d: Drawing, inputs: Sequence[Value]) -> tuple[Sequence[Value], bool]:
    if not d.picks.flag():
        return inputs, False
    return [*inputs, d.value((len(inputs),), "i32")], True


def collective_permute(d: Drawing) -> Value:
    """Up to three pairs, no source or target twice."""
    x = operand(d)
    count = d.picks.below(4)
    sources, targets = (d.picks.distinct(range(4), count) for _ in range(2))
    pairs = [*zip(sources, targets, strict=True)]
    given = without_global_ids(channel(d.picks, ()))
    return hlo.collective_permute(x, pairs, **given)


def all_reduce(d: Drawing) -> Sequence[Value]:
    """One or two tensors of one dtype, reduced by an operation or by nested steps."""
    inputs, found = _of_one_dtype(d), uneven_groups(d.picks)
    given = channel(d.picks, found)
    return _several(hlo.all_reduce(inputs, found, reducer(d, inputs[:1]), **given))


def collective_reduce(d: Drawing) -> Sequence[Value]:
    """One or two tensors of one dtype, for the first process or one that an operand tells."""
    inputs, found = _of_one_dtype(d), uneven_groups(d.picks)
    given = channel(d.picks, found)
    with_root, dynamic = _with_root(d, inputs)
    body = reducer(d, inputs[:1])
    made = hlo.collective_reduce(with_root, found, body, has_dynamic_root=dynamic, **given)
    return _several(made)


def _of_one_dtype(d: Drawing) -> list[Value]:
    first = operand(d)
    return [first, *(plain(d, (dtype_of(first.type),)) for _ in range(d.picks.below(2)))]


def reduce_scatter(d: Drawing) -> Value:
    """Along a dimension that divides among the processes of a group."""
    x = operand(d)
    dims = [dim for dim in range(x.ndim) if x.shape[dim] > 0] if is_plain(x.type) else []
    if not dims:
        x, dims = d.value((2,), d.dtype()), [0]
    dim = d.picks.choose(dims)
    size = d.picks.choose([n for n in (1, 2, 3) if x.shape[dim] % n == 0])
    found = groups(d.picks, size)
    given = channel(d.picks, found)
    return hlo.reduce_scatter(x, dim, found, reducer(d, [x]), group_size=size, **given)


def cross_replica_sum(d: Drawing) -> Value:
    """Over groups of any sizes."""
    return hlo.cross_replica_sum(operand(d), uneven_groups(d.picks))


def partition_id(d: Drawing) -> Value:
    """No operands."""
    return hlo.partition_id(d.b)


def replica_id(d: Drawing) -> Value:
    """No operands."""
    return hlo.replica_id(d.b)


GENERATORS: Mapping[str, Generator] = {
    "all_gather": all_gather,
    "all_reduce": all_reduce,
    "all_to_all": all_to_all,
    "collective_broadcast": collective_broadcast,
    "collective_broadcast_rooted": collective_broadcast_rooted,
    "collective_permute": collective_permute,
    "collective_reduce": collective_reduce,
    "cross-replica-sum": cross_replica_sum,
    "partition_id": partition_id,
    "reduce_scatter": reduce_scatter,
    "replica_id": replica_id,
}
