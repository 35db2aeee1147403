"""``all_to_all``: every process of a group sends every other one a part.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#all_to_all
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import IntegerAttr, TensorType, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    var_operand_def,
    var_result_def,
)

from dialects.constraints import Constraint
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.bounds import bounds, bounds_encoding
from dialects.stablehlo.collectives import (
    REPLICA_GROUPS,
    dimension_row,
    results_problem,
    returns_tensors,
    takes_tensors,
)
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.mesh import ChannelHandleAttr
from dialects.stablehlo.regions import problem_row
from dialects.stablehlo.replica_groups import GroupIds, group_rows, groups
from dialects.stablehlo.signature import integer, row
from dialects.stablehlo.tensors import element_type, shape


def _size_problem(op: AllToAllOp) -> str | None:
    found = groups(op)
    sizes = {len(group) for group in found or ()}
    count = op.split_count.value.data
    if found is None or sizes == {count}:
        return None
    return f"every group must have split_count = {count} processes, got {len(found)} of {sizes}"


def _undivided_problem(op: AllToAllOp) -> str | None:
    dimension, count = op.split_dimension.value.data, op.split_count.value.data
    for type_ in op.operand_types:
        size = shape(type_)[dimension]
        if size != DYNAMIC and size % count:
            return f"dimension {dimension} of {type_} is no multiple of split_count = {count}"
    return None


def _exchanged(op: AllToAllOp, type_: Attribute) -> Attribute:
    """The type of a result (C9), with what the operand's bounds become."""
    limits = _exchanged_sizes(op, bounds(type_)) if bounds(type_) else ()
    dims = _exchanged_sizes(op, shape(type_))
    return TensorType(element_type(type_), dims, bounds_encoding(limits))


def _exchanged_sizes(op: AllToAllOp, sizes: Sequence[int]) -> tuple[int, ...]:
    split, concat = op.split_dimension.value.data, op.concat_dimension.value.data
    dims, count = list(sizes), op.split_count.value.data
    if dims[split] != DYNAMIC:
        dims[split] //= count
    if dims[concat] != DYNAMIC:
        dims[concat] *= count
    return tuple(dims)


_ALL_TO_ALL_INPUTS: Sequence[Constraint[Any]] = (
    takes_tensors("I1"),
    dimension_row("C1", "split_dimension"),
    dimension_row("C3", "concat_dimension"),
    row(
        "C4",
        lambda s: integer(s, "split_count") > 0,
        lambda s: f"split_count must be positive, got {integer(s, 'split_count')}",
    ),
    problem_row("C2", _undivided_problem),
    *group_rows(GroupIds("I5", "C5", "C7"), equal_sizes=True),
    problem_row("C8", _size_problem),
)


@irdl_op_definition
class AllToAllOp(StableHLOOp):
    """Each process of a group sends every other one a part of its operands.

    Operands are split along ``split_dimension``, what arrives is joined along ``concat_dimension``.
    """

    name = "stablehlo.all_to_all"

    arguments = var_operand_def()
    split_dimension = prop_def(IntegerAttr.constr(i64))
    concat_dimension = prop_def(IntegerAttr.constr(i64))
    split_count = prop_def(IntegerAttr.constr(i64))
    replica_groups = prop_def(REPLICA_GROUPS)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    results_ = var_result_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *_ALL_TO_ALL_INPUTS,
        returns_tensors("O1"),
        problem_row(
            "C9",
            lambda op: results_problem(op, [_exchanged(op, type_) for type_ in op.operand_types]),
        ),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _ALL_TO_ALL_INPUTS)
        return [_exchanged(op, type_) for type_ in operands]
