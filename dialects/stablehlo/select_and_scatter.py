"""``select_and_scatter``: values scattered to the places that a choice in each window picks.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#select_and_scatter
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import DenseArrayBase, DenseIntOrFPElementsAttr, TensorType, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    region_def,
    result_def,
    traits_def,
)
from xdsl.traits import RecursiveMemoryEffect

from dialects.constraints import Constraint
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.reducer import ReducerIds, reducer_rows
from dialects.stablehlo.regions import (
    argument_types,
    problem_row,
    returned_types,
    structure_problem,
    types_text,
)
from dialects.stablehlo.scalar_reduction import accumulated_elements, on_scalars
from dialects.stablehlo.signature import accepts, dims_text, returns, with_element
from dialects.stablehlo.tensors import (
    element_type,
    is_scalar_of,
    rank,
    shape,
    shapes_agree,
)
from dialects.stablehlo.windows import (
    integers,
    is_padding_of,
    padding_pairs,
    window_dimensions,
)


def _sizes(op: SelectAndScatterOp) -> tuple[int, ...]:
    return integers(op.window_dimensions) or ()


def _strides(op: SelectAndScatterOp) -> tuple[int, ...]:
    return integers(op.window_strides) or ()


def _windows(op: SelectAndScatterOp) -> list[int]:
    """How many windows the operand has in each dimension (C2)."""
    windows = window_dimensions(
        _sizes(op), integers(op.window_strides), padding_pairs(op.padding), None, None
    )
    return [window.positions(size) for window, size in zip(windows, shape(op.operand), strict=True)]


def _select_problem(op: SelectAndScatterOp) -> str | None:
    scalar = TensorType(element_type(op.operand), ())
    arguments, returned = argument_types(op.select), returned_types(op.select)
    if list(arguments) != [scalar, scalar]:
        return f"select takes {types_text(arguments)}, expected {types_text((scalar, scalar))}"
    if len(returned) != 1 or not is_scalar_of(returned[0], 1):
        return f"select returns {types_text(returned)}, expected (tensor<i1>)"
    return None


_INPUT_ROWS: Sequence[Constraint[SelectAndScatterOp]] = (
    accepts("I1", "operand", 0, ANY),
    accepts("I2", "source", 1, ANY),
    Constraint(
        "I3",
        lambda op: ANY.accepts(op.init_value.type) and rank(op.init_value) == 0,
        lambda op: f"init_value must be a 0-dimensional {ANY}, got {op.init_value.type}",
    ),
    Constraint(
        "C4",
        lambda op: len(_sizes(op)) == rank(op.operand),
        lambda op: (
            f"window_dimensions {dims_text(_sizes(op))} should be {rank(op.operand)} for "
            f"{op.operand.type}"
        ),
    ),
    Constraint(
        "C5",
        lambda op: all(size > 0 for size in _sizes(op)),
        lambda op: f"window_dimensions {dims_text(_sizes(op))} must be positive",
    ),
    Constraint(
        "C6",
        lambda op: len(_strides(op)) in (0, rank(op.operand)),
        lambda op: (
            f"window_strides {dims_text(_strides(op))} should be {rank(op.operand)} for "
            f"{op.operand.type}"
        ),
    ),
    Constraint(
        "C7",
        lambda op: all(stride > 0 for stride in _strides(op)),
        lambda op: f"window_strides {dims_text(_strides(op))} must be positive",
    ),
    Constraint(
        "C8",
        lambda op: is_padding_of(op.padding, rank(op.operand)),
        lambda op: f"padding must have the shape [{rank(op.operand)}, 2], got {op.padding}",
    ),
    Constraint(
        "C2",
        lambda op: shapes_agree(shape(op.source), _windows(op)),
        lambda op: (
            f"source {op.source.type} should have the shape {dims_text(_windows(op))}, one "
            f"element for each window of {op.operand.type}"
        ),
    ),
)
_RESULT_ROWS: Sequence[Constraint[SelectAndScatterOp]] = (
    returns("O1", "result", ANY),
    problem_row("I7", lambda op: structure_problem("select", (op.select,))),
    problem_row("C9", _select_problem),
    *on_scalars(
        reducer_rows(ReducerIds("I8", "C10", "C10"), lambda _: ()),
        lambda op: ((op.source,), (op.init_value,), op.scatter),
    ),
    Constraint(
        "C1",
        lambda op: element_type(op.operand) == element_type(op.source),
        lambda op: f"element types of {op.operand.type} and source {op.source.type} differ",
    ),
    Constraint(
        "C3",
        lambda op: element_type(op.init_value) == element_type(op.operand),
        lambda op: f"element types of {op.operand.type} and init_value {op.init_value.type} differ",
    ),
    Constraint(
        "C11",
        lambda op: shapes_agree(shape(op.operand), shape(op.result)),
        lambda op: f"shapes of {op.operand.type} and the result {op.result.type} differ",
    ),
    Constraint(
        "C12",
        lambda op: element_type(op.result) == element_type(returned_types(op.scatter)[0]),
        lambda op: (
            f"scatter returns {types_text(returned_types(op.scatter))}, but the result is "
            f"{op.result.type}"
        ),
    ),
)


@irdl_op_definition
class SelectAndScatterOp(StableHLOOp):
    """``source`` combined by ``scatter`` into the places of the operand that ``select`` picks.

    Each window of the operand has one element of the source.
    """

    name = "stablehlo.select_and_scatter"

    operand = operand_def(TensorType)
    source = operand_def(TensorType)
    init_value = operand_def(TensorType)
    window_dimensions = opt_prop_def(DenseArrayBase.constr(i64))
    window_strides = opt_prop_def(DenseArrayBase.constr(i64))
    padding = opt_prop_def(DenseIntOrFPElementsAttr)
    result = result_def(TensorType)
    select = region_def()
    scatter = region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*_INPUT_ROWS, *_RESULT_ROWS)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _INPUT_ROWS)
        (element,) = accumulated_elements(cls.name, "C10", (op.operand,), regions[1:])
        return [with_element(operands[0], element)]
