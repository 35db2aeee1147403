"""Which processes take part together: rows on replica groups, pairs of processes, and channels.

The sizes of the grid of processes are not known in a module, so of "all ids below the number of
replicas" what can be said is said: the ids are those from zero on, each once.
Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, "Execution".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, SymbolRefAttr, i64
from xdsl.ir import Attribute, Operation
from xdsl.traits import SymbolTable

from dialects.constraints import Constraint
from dialects.dense import DenseAttr, dense_array
from dialects.stablehlo.mesh import ChannelHandleAttr, ReplicaGroupMeshAxesAttr
from dialects.stablehlo.regions import problem_row

_MOST_EQUAL = 1 << 16

NO_PROCESS = -1
"""What fills up the shorter ones of groups of different sizes."""


def channel_id(op: Operation) -> int:
    """The channel's number, 0 where there is no ``channel_handle``."""
    handle = op.properties.get("channel_handle")
    return handle.data.handle if isinstance(handle, ChannelHandleAttr) else 0


def _dense(op: Operation, name: str) -> DenseAttr | None:
    attribute = op.properties.get(name)
    if not isinstance(attribute, DenseIntOrFPElementsAttr):
        return None
    return cast(DenseAttr, attribute)


def _rows_of(attribute: DenseAttr) -> list[list[int]]:
    array = dense_array(attribute)
    if array.size > _MOST_EQUAL and not any(array.strides):
        # One number everywhere: a few of them are as wrong as all, of which there may be 2^126.
        array = array[:2, :2]
    return [[int(number) for number in group] for group in array]


def _rank_2_problem(name: str, attribute: DenseAttr) -> str | None:
    if attribute.get_element_type() == i64 and len(attribute.get_shape()) == 2:
        return None
    return f"{name} must be a 2-dimensional tensor of i64, got {attribute.type}"


# -- replica groups ----------------------------------------------------------------------------


def groups(op: Operation) -> list[list[int]] | None:
    """The ids of each group, or ``None`` where they are given as axes of a mesh."""
    attribute = _dense(op, "replica_groups")
    return None if attribute is None else _rows_of(attribute)


def group_size(op: Operation) -> int | None:
    """How many processes each group has (``dim(process_groups, 1)``).

    ``None`` where the grid of processes decides: for groups of replicas that are taken through all
    partitions, for no groups, and for axes of a mesh.
    """
    attribute = _dense(op, "replica_groups")
    if attribute is None or not attribute.get_shape()[-1]:
        return None
    if channel_id(op) > 0 and "use_global_device_ids" not in op.properties:
        return None
    return attribute.get_shape()[-1] if attribute.get_shape()[0] else None


def _ids(op: Operation) -> list[int]:
    return [number for group in groups(op) or () for number in group]


@dataclass(frozen=True, slots=True)
class GroupIds:
    """Under which numbers an operation's specification has what is asked of its groups."""

    type: str
    unique: str
    range: str


def group_rows(ids: GroupIds, *, equal_sizes: bool) -> tuple[Constraint[Any], ...]:
    """The rows on ``replica_groups``; groups of different sizes are filled up with -1."""

    def known(op: Operation) -> list[int]:
        return [id for id in _ids(op) if equal_sizes or id != NO_PROCESS]

    def range_problem(op: Operation) -> str | None:
        found = known(op)
        strange = next((id for id in found if not 0 <= id < len(found)), None)
        if strange is None:
            return None
        return f"replica_groups must have the ids from 0 to {len(found) - 1}, got {strange}"

    return (
        problem_row(ids.type, _type_problem),
        problem_row(ids.unique, lambda op: _repetition("replica_groups", known(op))),
        problem_row(ids.range, range_problem),
    )


def partial_group_rows(ids: GroupIds) -> tuple[Constraint[Any], ...]:
    """The rows on ``replica_groups`` that need not have every process."""

    def range_problem(op: Operation) -> str | None:
        strange = next((id for id in _ids(op) if id < 0), None)
        return None if strange is None else f"replica_groups has the negative id {strange}"

    return (
        problem_row(ids.type, _type_problem),
        problem_row(ids.range, range_problem),
        problem_row(ids.unique, lambda op: _repetition("replica_groups", _ids(op))),
    )


def _type_problem(op: Operation) -> str | None:
    attribute = op.properties["replica_groups"]
    if isinstance(attribute, ReplicaGroupMeshAxesAttr):
        return _symbol_problem(op, attribute.data.mesh)
    dense = _dense(op, "replica_groups")
    return f"{attribute} is no group" if dense is None else _rank_2_problem("replica_groups", dense)


def _symbol_problem(op: Operation, mesh: Attribute) -> str | None:
    """A mesh given by name is a symbol of the module, as far as the operation is in one."""
    if not isinstance(mesh, SymbolRefAttr) or not is_in_module(op):
        return None
    if SymbolTable.lookup_symbol(op, mesh) is not None:
        return None
    return f"there is no mesh {mesh} in the module"


def is_in_module(op: Operation) -> bool:
    """Whether something around the operation has symbols."""
    around = op.parent_op()
    while around is not None and not around.has_trait(SymbolTable):
        around = around.parent_op()
    return around is not None


def _repetition(what: str, numbers: Sequence[int]) -> str | None:
    seen: set[int] = set()
    for number in numbers:
        if number in seen:
            return f"{number} is in {what} twice"
        seen.add(number)
    return None


def channel_row(id: str) -> Constraint[Any]:
    """With ``use_global_device_ids`` there is a channel, and there are groups."""

    def problem(op: Operation) -> str | None:
        if "use_global_device_ids" not in op.properties:
            return None
        if channel_id(op) <= 0:
            return f"use_global_device_ids needs a positive channel_id, got {channel_id(op)}"
        if groups(op) is not None and not _ids(op):
            return "use_global_device_ids needs replica_groups, which are empty"
        return None

    return problem_row(id, problem)


# -- pairs of processes ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PairIds:
    """Under which numbers an operation's specification has what is asked of its pairs."""

    type: str
    size: str
    sources: str
    targets: str
    range: str


def pairs(op: Operation) -> list[list[int]]:
    """Source and target of each pair; none where there are no pairs."""
    attribute = _dense(op, "source_target_pairs")
    return [] if attribute is None else _rows_of(attribute)


def pair_rows(ids: PairIds) -> tuple[Constraint[Any], ...]:
    """The rows on ``source_target_pairs``, where there are any."""

    def type_problem(op: Operation) -> str | None:
        attribute = _dense(op, "source_target_pairs")
        return None if attribute is None else _rank_2_problem("source_target_pairs", attribute)

    def size_problem(op: Operation) -> str | None:
        attribute = _dense(op, "source_target_pairs")
        if attribute is None or attribute.get_shape()[1] == 2:
            return None
        return f"source_target_pairs must have the shape [N, 2], got {attribute.type}"

    def range_problem(op: Operation) -> str | None:
        strange = next((id for pair in pairs(op) for id in pair if id < 0), None)
        return None if strange is None else f"source_target_pairs has the negative id {strange}"

    return (
        problem_row(ids.type, type_problem),
        problem_row(ids.size, size_problem),
        problem_row(ids.range, range_problem),
        problem_row(ids.sources, lambda op: _repetition("the sources", [p[0] for p in pairs(op)])),
        problem_row(ids.targets, lambda op: _repetition("the targets", [p[1] for p in pairs(op)])),
    )
