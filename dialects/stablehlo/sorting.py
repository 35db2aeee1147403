"""``sort``: several tensors ordered together along one dimension.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#sort
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import IntegerAttr, TensorType, i1, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    opt_prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import RecursiveMemoryEffect

from dialects.constraints import Constraint
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.regions import (
    all_compatible,
    argument_types,
    problem_row,
    returned_types,
    structure_problem,
    types_text,
)
from dialects.stablehlo.signature import all_accepted
from dialects.stablehlo.tensors import element_type, is_scalar_of, rank, shape, shapes_agree


def _dimension(op: SortOp) -> int:
    return -1 if op.dimension is None else op.dimension.value.data


def _comparator_problem(op: SortOp) -> str | None:
    scalars = [TensorType(element_type(value), ()) for value in op.inputs for _ in range(2)]
    arguments, returned = argument_types(op.comparator), returned_types(op.comparator)
    if list(arguments) != scalars:
        return f"comparator takes {types_text(arguments)}, expected {types_text(scalars)}"
    if len(returned) != 1 or not is_scalar_of(returned[0], 1):
        return f"comparator returns {types_text(returned)}, expected (tensor<i1>)"
    return None


_ROWS: Sequence[Constraint[SortOp]] = (
    Constraint("C1", lambda op: len(op.inputs) > 0, lambda op: "there are no inputs"),
    all_accepted("I1", "inputs", ANY),
    Constraint(
        "C3",
        lambda op: all(
            shapes_agree(shape(value), shape(op.inputs[0])) for value in (*op.inputs, *op.results)
        ),
        lambda op: (
            f"the inputs {types_text(value.type for value in op.inputs)} and results "
            f"{types_text(op.result_types)} differ in shape"
        ),
    ),
    Constraint(
        "C2",
        lambda op: all_compatible([value.type for value in op.inputs], op.result_types),
        lambda op: (
            f"the results {types_text(op.result_types)} have not the types of the inputs "
            f"{types_text(value.type for value in op.inputs)}"
        ),
    ),
    Constraint(
        "C4",
        lambda op: -rank(op.inputs[0]) <= _dimension(op) < rank(op.inputs[0]),
        lambda op: (
            f"dimension {_dimension(op)} is not in [-{rank(op.inputs[0])}, {rank(op.inputs[0])})"
        ),
    ),
    problem_row("I4", lambda op: structure_problem("comparator", (op.comparator,))),
    problem_row("C5", _comparator_problem),
)


@irdl_op_definition
class SortOp(StableHLOOp):
    """Orders ``inputs`` together along ``dimension`` so that ``comparator`` says "less" in order.

    The comparator takes two elements of the first input, two of the second, and so on.
    """

    name = "stablehlo.sort"

    inputs = var_operand_def(TensorType)
    dimension = opt_prop_def(IntegerAttr.constr(i64))
    is_stable = opt_prop_def(IntegerAttr.constr(i1))
    results_ = var_result_def(TensorType)
    comparator = region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _ROWS

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return operands
