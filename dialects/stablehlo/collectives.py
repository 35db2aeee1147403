"""Data between processes: gathering, scattering, broadcasting and permuting.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation. None
of them may be dropped: other processes wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    IntegerAttr,
    IntegerType,
    UnitAttr,
    i64,
)
from xdsl.ir import Attribute, Operation, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.dense import DenseAttr
from dialects.stablehlo.base import DYNAMIC, StableHLOOp, compatible
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.mesh import ChannelHandleAttr, ReplicaGroupMeshAxesAttr
from dialects.stablehlo.regions import all_compatible, problem_row, types_text
from dialects.stablehlo.replica_groups import (
    GroupIds,
    PairIds,
    channel_row,
    group_rows,
    pair_rows,
    partial_group_rows,
)
from dialects.stablehlo.signature import (
    Row,
    Rows,
    accepts,
    integer,
    require,
    returns,
    row,
    same_elements,
    same_types,
)
from dialects.stablehlo.tensors import dims_agree, element_type, rank, shape

REPLICA_GROUPS = DenseIntOrFPElementsAttr | ReplicaGroupMeshAxesAttr
"""``replica_groups`` is either."""


def takes_tensors(id: str) -> Row:
    """All operands are tensors."""
    return row(
        id,
        lambda s: all(map(ANY.accepts, s.operand_types)),
        lambda s: f"operands must each be a {ANY}, got {types_text(s.operand_types)}",
    )


def returns_tensors(id: str) -> Row:
    """All results are tensors."""
    return row(
        id,
        lambda s: all(map(ANY.accepts, s.result_types)),
        lambda s: f"results must each be a {ANY}, got {types_text(s.result_types)}",
    )


def dimension_row(id: str, name: str) -> Row:
    """The property is a dimension of every operand."""
    return row(
        id,
        lambda s: all(0 <= integer(s, name) < rank(t) for t in s.operand_types),
        lambda s: (
            f"{name} must be a dimension of every operand, got {integer(s, name)} for "
            f"{types_text(s.operand_types)}"
        ),
    )


def _same_elements(left: Attribute, right: Attribute) -> bool:
    return element_type(left) == element_type(right)


def results_problem(op: Operation, expected: Sequence[Attribute]) -> str | None:
    """Why the results have not the expected types."""
    # Types that agree may still differ in the scales of quantized elements.
    if all_compatible(op.result_types, expected) and all(
        map(_same_elements, op.result_types, expected)
    ):
        return None
    return f"the results must be {types_text(expected)}, got {types_text(op.result_types)}"


# -- all_gather --------------------------------------------------------------------------------


def gathered_problem(
    op: Operation,
    name: str,
    dimension: int,
    parts: Sequence[Attribute],
    wholes: Sequence[Attribute],
    *,
    count: int | None,
) -> str | None:
    """Why the wholes are no parts put together along the dimension, ``count`` of them.

    Where that is not known, a multiple is asked for.
    """
    if len(parts) != len(wholes):
        return f"{types_text(parts)} and {types_text(wholes)} differ in number"
    for part, whole in zip(parts, wholes, strict=True):
        if rank(part) != rank(whole):
            return f"{part} and {whole} differ in rank"
        pairs = list(zip(shape(part), shape(whole), strict=True))
        small, large = pairs.pop(dimension)
        if not all(dims_agree(a, b) for a, b in pairs):
            return f"{part} and {whole} differ in other dimensions than {name} {dimension}"
        if DYNAMIC not in (small, large) and (small == 0 or large % small):
            return f"dimension {dimension} of {whole} is no multiple of that of {part}"
        if count is not None and DYNAMIC not in (small, large) and large != small * count:
            return (
                f"dimension {dimension} of {whole} must be {count} times that of {part}, as groups "
                f"have {count} processes"
            )
    return None


def _gathered_problem(op: AllGatherOp) -> str | None:
    dimension = op.all_gather_dim.value.data
    for operand, result in zip(op.operand_types, op.result_types, strict=False):
        if element_type(operand) != element_type(result):
            return f"{operand} and {result} differ in element type"
    # Upstream's own programs gather other sizes than the groups have.
    return gathered_problem(
        op, "all_gather_dim", dimension, op.operand_types, op.result_types, count=None
    )


@irdl_op_definition
class AllGatherOp(StableHLOOp):
    """Concatenates the operands of all processes of a group along ``all_gather_dim``."""

    name = "stablehlo.all_gather"

    arguments = var_operand_def()
    all_gather_dim = prop_def(IntegerAttr.constr(i64))
    replica_groups = prop_def(REPLICA_GROUPS)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    results_ = var_result_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        takes_tensors("I1"),
        returns_tensors("O1"),
        dimension_row("C1", "all_gather_dim"),
        *group_rows(GroupIds("I3", "C2", "C4"), equal_sizes=True),
        channel_row("C5"),
        problem_row("C6", _gathered_problem),
    )


# -- collective_broadcast ----------------------------------------------------------------------


def data_operands(op: Operation) -> Sequence[Attribute]:
    """The operands without the roots that ``has_dynamic_root`` puts last."""
    types = op.operand_types
    return types[:-1] if "has_dynamic_root" in op.properties else types


def least_operands_problem(op: Operation) -> str | None:
    """There must be a tensor; (C3) of ``collective_broadcast``."""
    if "has_dynamic_root" in op.properties or op.operands:
        return None
    return "there must be at least one operand"


def roots_problem(op: Operation) -> str | None:
    """The last operand has one i32 for each of the others; (C4) of ``collective_broadcast``."""
    if "has_dynamic_root" not in op.properties:
        return None
    count = len(op.operands) - 1
    if count < 1:
        return "has_dynamic_root needs at least two operands, the last of them the roots"
    roots = op.operand_types[-1]
    if element_type(roots) == IntegerType(32) and shape(roots) == (count,):
        return None
    return f"the roots must be tensor<{count}xi32>, got {roots}"


_BROADCAST_INPUTS: Sequence[Constraint[Any]] = (
    takes_tensors("I1"),
    *partial_group_rows(GroupIds("I2", "C1", "C2")),
    problem_row("C3", least_operands_problem),
    problem_row("C4", roots_problem),
)


@irdl_op_definition
class CollectiveBroadcastOp(StableHLOOp):
    """The operands of one process of a group, for all of the group.

    That is the first one, or with ``has_dynamic_root`` the one that the last operand tells for each
    of the others.
    """

    name = "stablehlo.collective_broadcast"

    arguments = var_operand_def()
    replica_groups = prop_def(REPLICA_GROUPS)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    has_dynamic_root = opt_prop_def(UnitAttr)
    results_ = var_result_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *_BROADCAST_INPUTS,
        returns_tensors("O1"),
        Constraint(
            "C5",
            lambda op: len(op.result_types) == len(data_operands(op)),
            lambda op: f"{len(op.result_types)} results for {len(data_operands(op))} operands",
        ),
        # Of (C3) and (C4), whichever holds of the roots, the part on results.
        problem_row("C3", lambda op: results_problem(op, data_operands(op))),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return data_operands(checked_probe(cls, operands, properties, _BROADCAST_INPUTS))


# -- collective_permute ------------------------------------------------------------------------

_PERMUTE_INPUTS: Sequence[Constraint[Any]] = (
    accepts("I1", "operand", 0, ANY),
    *pair_rows(PairIds("I2", "C1", "C2", "C3", "C4")),
)


@irdl_op_definition
class CollectivePermuteOp(StableHLOOp):
    """Sends the operand of each source to its target; who is no target gets zeros."""

    name = "stablehlo.collective_permute"

    operand = operand_def()
    source_target_pairs = prop_def(DenseIntOrFPElementsAttr)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    result = result_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *_PERMUTE_INPUTS,
        returns("O1", "result", ANY),
        same_elements("C5"),
        row(
            "C5",
            lambda s: compatible(s.result_types[0], s.operand_types[0]),
            lambda s: (
                f"operand and result must have the same type, got {s.operand_types[0]} and "
                f"{s.result_types[0]}"
            ),
        ),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        checked_probe(cls, operands, properties, _PERMUTE_INPUTS)
        return operands


# -- cross-replica-sum -------------------------------------------------------------------------


@irdl_op_definition
class CrossReplicaSumOp(StableHLOOp):
    """The sum over all replicas of a group; outside the specification."""

    name = "stablehlo.cross-replica-sum"

    operand = operand_def()
    replica_groups = prop_def(DenseIntOrFPElementsAttr)
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (accepts("I1", "operand", 0, ANY),)
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *INPUTS,
        returns("O1", "result", ANY),
        row(
            "I2",
            lambda s: _has_integers(s.properties["replica_groups"]),
            lambda s: f"replica_groups must be i64, got {s.properties['replica_groups']}",
        ),
        same_types("C1", ("operand", "result")),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return operands


def _has_integers(attribute: Attribute) -> bool:
    if not isinstance(attribute, DenseIntOrFPElementsAttr):
        return False
    return cast(DenseAttr, attribute).get_element_type() == i64
