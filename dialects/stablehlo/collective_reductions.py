"""Reductions over the processes of a group: ``all_reduce``, ``reduce_scatter`` and their kin.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation. None
of them may be dropped: other processes wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

from xdsl.dialects.builtin import IntegerAttr, UnitAttr, i64
from xdsl.ir import Attribute, Operation, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    var_operand_def,
    var_result_def,
)

from dialects.constraints import Constraint, ConstraintError
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.collectives import (
    REPLICA_GROUPS,
    data_operands,
    dimension_row,
    gathered_problem,
    least_operands_problem,
    results_problem,
    returns_tensors,
    roots_problem,
    takes_tensors,
)
from dialects.stablehlo.element_types import ANY, FLOATING_POINT
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.mesh import ChannelHandleAttr
from dialects.stablehlo.reducer import is_promotable
from dialects.stablehlo.regions import (
    argument_types,
    problem_row,
    returned_types,
    structure_problem,
    types_text,
)
from dialects.stablehlo.replica_groups import GroupIds, channel_row, group_rows, group_size
from dialects.stablehlo.signature import accepts, returns, with_element
from dialects.stablehlo.tensors import element_type, is_tensor, rank, shape


class Computing(Protocol):
    """An operation that reduces tensors with ``computation``."""

    @property
    def computation(self) -> Region: ...


def _signature_problem(computation: Region) -> str | None:
    """Why the function is not ``(tensor<E>, tensor<E>) -> tensor<E>``."""
    arguments, returned = argument_types(computation), returned_types(computation)
    shown = f"{types_text(arguments)} -> {types_text(returned)}"
    types = (*arguments, *returned)
    if len(arguments) != 2 or len(returned) != 1 or not all(map(is_tensor, types)):
        return f"computation must be (tensor<E>, tensor<E>) -> (tensor<E>), got {shown}"
    if any(map(rank, types)):
        return f"computation must take and return 0-dimensional tensors, got {shown}"
    first, second, result = map(element_type, types)
    # Upstream lets the second argument be floats of another width.
    floats = second in FLOATING_POINT and result in FLOATING_POINT
    if first != result or not (floats or second == result):
        return f"computation must have one element type, got {shown}"
    return None


def _computation_problem(computation: Region, operands: Sequence[Attribute]) -> str | None:
    problem = _signature_problem(computation)
    if problem is not None:
        return problem
    types = (argument_types(computation)[1], returned_types(computation)[0])
    for operand in operands:
        for type_ in types:
            if not is_promotable(element_type(operand), element_type(type_)):
                return f"elements of {operand} can not be promoted to {type_} of computation"
    return None


def computation_rows(structure: str, type: str) -> tuple[Constraint[Any], ...]:
    """The rows on ``computation``, which is applied to each of the data operands."""
    return (
        problem_row(structure, lambda op: structure_problem("computation", (op.computation,))),
        problem_row(type, lambda op: _computation_problem(op.computation, data_operands(op))),
    )


def _reduced(op: Operation, computation: Region) -> list[Attribute]:
    """The operands' types with the elements that the function returns."""
    element = element_type(returned_types(computation)[0])
    return [with_element(type_, element) for type_ in data_operands(op)]


def _checked_computation(name: str, ids: tuple[str, str], regions: Sequence[Region]) -> Region:
    """The region, looked at as far as inference needs it."""
    problem = structure_problem("computation", regions) or (
        None if len(regions) == 1 else f"{len(regions)} regions, expected one"
    )
    if problem is not None:
        raise ConstraintError(name, ids[0], problem)
    problem = _signature_problem(regions[0])
    if problem is not None:
        raise ConstraintError(name, ids[1], problem)
    return regions[0]


# -- all_reduce --------------------------------------------------------------------------------

_ALL_REDUCE_INPUTS: Sequence[Constraint[Any]] = (
    takes_tensors("I1"),
    *group_rows(GroupIds("I2", "C1", "C3"), equal_sizes=False),
    channel_row("C4"),
)


@irdl_op_definition
class AllReduceOp(StableHLOOp):
    """Reduces the operands of all processes of a group; all of them get the results."""

    name = "stablehlo.all_reduce"

    arguments = var_operand_def()
    replica_groups = prop_def(REPLICA_GROUPS)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    results_ = var_result_def()
    computation = region_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *_ALL_REDUCE_INPUTS,
        *computation_rows("I5", "C5"),
        returns_tensors("O1"),
        problem_row("C6", lambda op: _shapes_problem(op)),
        problem_row("C7", lambda op: results_problem(op, _reduced(op, op.computation))),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _ALL_REDUCE_INPUTS)
        return _reduced(op, _checked_computation(cls.name, ("I5", "C5"), regions))


def _shapes_problem(op: Operation) -> str | None:
    """Why the results have not the shapes of the operands."""
    operands = data_operands(op)
    if len(operands) == len(op.result_types):
        elements = map(element_type, op.result_types)
        expected = [with_element(t, e) for t, e in zip(operands, elements, strict=True)]
        return results_problem(op, expected)
    return f"{len(op.result_types)} results for {len(operands)} operands"


# -- collective_reduce -------------------------------------------------------------------------

_COLLECTIVE_REDUCE_INPUTS: Sequence[Constraint[Any]] = (
    takes_tensors("I1"),
    *group_rows(GroupIds("I2", "C1", "C2"), equal_sizes=False),
    channel_row("I3"),
    problem_row("I1", least_operands_problem),
    problem_row("C3", roots_problem),
)


@irdl_op_definition
class CollectiveReduceOp(StableHLOOp):
    """Reduces the operands of all processes of a group for one of them.

    That is the first one, or with ``has_dynamic_root`` the one that the last operand tells for each
    of the others.
    """

    name = "stablehlo.collective_reduce"

    arguments = var_operand_def()
    replica_groups = prop_def(REPLICA_GROUPS)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    has_dynamic_root = opt_prop_def(UnitAttr)
    results_ = var_result_def()
    computation = region_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *_COLLECTIVE_REDUCE_INPUTS,
        *computation_rows("I5", "C4"),
        returns_tensors("O1"),
        problem_row("C3", lambda op: _shapes_problem(op)),
        problem_row("O1", lambda op: results_problem(op, _reduced(op, op.computation))),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _COLLECTIVE_REDUCE_INPUTS)
        return _reduced(op, _checked_computation(cls.name, ("I5", "C4"), regions))


# -- reduce_scatter ----------------------------------------------------------------------------


def _division_problem(op: ReduceScatterOp) -> str | None:
    dimension = op.scatter_dimension.value.data
    size, count = shape(op.operand)[dimension], group_size(op)
    if size == DYNAMIC or count is None or size % count == 0:
        return None
    return (
        f"dimension {dimension} of {op.operand.type} can not be divided among the {count} "
        "processes of a group"
    )


def _scattered_problem(op: ReduceScatterOp) -> str | None:
    dimension = op.scatter_dimension.value.data
    if shape(op.operand)[dimension] == 0:
        return f"dimension {dimension} of the operand {op.operand.type} must not be empty"
    return gathered_problem(
        op,
        "scatter_dimension",
        dimension,
        op.result_types,
        op.operand_types,
        count=group_size(op),
    )


@irdl_op_definition
class ReduceScatterOp(StableHLOOp):
    """Reduces the operand over a group; each process gets a part along ``scatter_dimension``."""

    name = "stablehlo.reduce_scatter"

    operand = operand_def()
    scatter_dimension = prop_def(IntegerAttr.constr(i64))
    replica_groups = prop_def(REPLICA_GROUPS)
    channel_handle = opt_prop_def(ChannelHandleAttr)
    use_global_device_ids = opt_prop_def(UnitAttr)
    result = result_def()
    computation = region_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        accepts("I1", "operand", 0, ANY),
        returns("O1", "result", ANY),
        dimension_row("C2", "scatter_dimension"),
        *group_rows(GroupIds("I3", "C3", "C5"), equal_sizes=True),
        channel_row("C6"),
        problem_row("C1", _division_problem),
        *computation_rows("I6", "C7"),
        problem_row("C8", _scattered_problem),
        Constraint(
            "C9",
            lambda op: element_type(op.result) == element_type(returned_types(op.computation)[0]),
            lambda op: (
                f"the result is {op.result.type}, but computation returns "
                f"{types_text(returned_types(op.computation))}"
            ),
        ),
    )
