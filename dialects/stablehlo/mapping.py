"""``map``: a function applied to the elements of tensors, place by place.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#map
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import DenseArrayBase, TensorType, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import RecursiveMemoryEffect

from dialects.constraints import Constraint, ConstraintError
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.dimension_numbers import dims_text
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.regions import (
    argument_types,
    problem_row,
    returned_types,
    structure_problem,
    types_text,
)
from dialects.stablehlo.signature import all_accepted, merged_shape
from dialects.stablehlo.tensors import (
    element_type,
    is_tensor,
    rank,
    shape,
    shapes_agree,
)
from dialects.stablehlo.windows import integers


def _dimensions(op: MapOp) -> tuple[int, ...]:
    return integers(op.dimensions) or ()


def _computation_problem(inputs: Sequence[Attribute], computation: Region) -> str | None:
    """Why the computation is no function of one scalar of each input to one scalar."""
    scalars = [TensorType(element_type(type_), ()) for type_ in inputs]
    arguments, returned = argument_types(computation), returned_types(computation)
    if list(arguments) != scalars:
        return f"computation takes {types_text(arguments)}, expected {types_text(scalars)}"
    if len(returned) != 1 or not is_tensor(returned[0]) or rank(returned[0]) != 0:
        return f"computation returns {types_text(returned)}, expected one 0-dimensional tensor"
    return None


def _result_problem(op: MapOp) -> str | None:
    (returned,) = returned_types(op.computation)
    if element_type(op.result) != element_type(returned):
        return f"computation returns {returned}, but the result is {op.result.type}"
    return None


_INPUT_ROWS: Sequence[Constraint[MapOp]] = (
    Constraint("C2", lambda op: len(op.inputs) > 0, lambda op: "there are no inputs"),
    all_accepted("I1", "inputs", ANY),
    Constraint(
        "C1",
        lambda op: all(shapes_agree(shape(i), shape(op.inputs[0])) for i in op.inputs),
        lambda op: f"the inputs {types_text(op.operand_types)} differ in shape",
    ),
    Constraint(
        "C3",
        lambda op: _dimensions(op) == tuple(range(rank(op.inputs[0]))),
        lambda op: (
            f"dimensions {dims_text(_dimensions(op))} should be "
            f"{dims_text(range(rank(op.inputs[0])))}"
        ),
    ),
)
_RESULT_ROWS: Sequence[Constraint[MapOp]] = (
    Constraint(
        "C1",
        lambda op: all(shapes_agree(shape(i), shape(op.result)) for i in op.inputs),
        lambda op: (
            f"the result {op.result.type} has not the shape of the inputs "
            f"{types_text(op.operand_types)}"
        ),
    ),
    problem_row("I3", lambda op: structure_problem("computation", (op.computation,))),
    problem_row("C4", lambda op: _computation_problem(op.operand_types, op.computation)),
    problem_row("C4", _result_problem),
)


@irdl_op_definition
class MapOp(StableHLOOp):
    """``computation`` of the elements of ``inputs`` that have one place."""

    name = "stablehlo.map"

    inputs = var_operand_def(TensorType)
    dimensions = prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType)
    computation = region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*_INPUT_ROWS, *_RESULT_ROWS)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        """The inputs' shape with the elements that ``computation``, the one region, returns."""
        checked_probe(cls, operands, properties, _INPUT_ROWS)
        if len(regions) != 1:
            raise ConstraintError(cls.name, "I3", f"{len(regions)} regions given, expected one")
        problem = _computation_problem(operands, regions[0])
        if problem is not None:
            raise ConstraintError(cls.name, "C4", problem)
        element = element_type(returned_types(regions[0])[0])
        return [TensorType(element, merged_shape([*map(shape, operands)]))]
