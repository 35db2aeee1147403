"""``scatter``: updates put into tensors at places that another tensor gives.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#scatter
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import IntegerAttr, TensorType, i1
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import RecursiveMemoryEffect

from dialects.constraints import Constraint
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.dimension_numbers import Dims, dims_text
from dialects.stablehlo.dimension_rows import (
    in_range_row,
    increasing_row,
    sorted_row,
    unique_row,
)
from dialects.stablehlo.element_types import ANY, INTEGER
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.reducer import ReducerIds, reducer_rows
from dialects.stablehlo.regions import returned_types, types_text
from dialects.stablehlo.scalar_reduction import accumulated_elements, on_scalars
from dialects.stablehlo.scatter_dimension_numbers import (
    ScatterDimensionNumbersAttr,
    ScatterDimensions,
)
from dialects.stablehlo.signature import all_accepted, with_element
from dialects.stablehlo.tensors import (
    dims_agree,
    element_type,
    is_tensor,
    rank,
    shape,
    shapes_agree,
)


def _dims(op: ScatterOp) -> ScatterDimensions:
    return op.scatter_dimension_numbers.data


def _field(name: str) -> Callable[[ScatterOp], Dims]:
    """Reads one of the lists of dimensions."""
    return lambda op: getattr(_dims(op), name)


def _input_rank(op: ScatterOp) -> int:
    return rank(op.inputs[0])


def _update_rank(op: ScatterOp) -> int:
    return rank(op.updates[0])


def _scatter_sizes(op: ScatterOp) -> list[int]:
    """The indices' shape without the dimension that holds the numbers of one index."""
    dim = _dims(op).index_vector_dim
    return [size for i, size in enumerate(shape(op.scatter_indices)) if i != dim]


def _window_bounds(op: ScatterOp) -> list[int]:
    """The sizes of the inputs' dimensions that a window of the updates runs over."""
    dims = _dims(op)
    dropped = (*dims.inserted_window_dims, *dims.input_batching_dims)
    return [size for i, size in enumerate(shape(op.inputs[0])) if i not in dropped]


def _index_size(op: ScatterOp) -> int:
    """How many numbers one index has: the size of its dimension, 1 where that is implied."""
    indices, dim = shape(op.scatter_indices), _dims(op).index_vector_dim
    return indices[dim] if dim < len(indices) else 1


def _batches_match(op: ScatterOp) -> bool:
    sizes, indices, dims = shape(op.inputs[0]), shape(op.scatter_indices), _dims(op)
    return all(
        dims_agree(sizes[i], indices[j])
        for i, j in zip(dims.input_batching_dims, dims.scatter_indices_batching_dims, strict=True)
    )


def _expected_updates(op: ScatterOp) -> list[int]:
    """The shape that the updates have, or in a window dimension at most have."""
    scattered, bounds = iter(_scatter_sizes(op)), iter(_window_bounds(op))
    return [
        next(bounds if i in _dims(op).update_window_dims else scattered)
        for i in range(_update_rank(op))
    ]


def _updates_fit(op: ScatterOp) -> bool:
    for i, (size, expected) in enumerate(
        zip(shape(op.updates[0]), _expected_updates(op), strict=True)
    ):
        if i in _dims(op).update_window_dims:
            if DYNAMIC not in (size, expected) and size > expected:
                return False
        elif not dims_agree(size, expected):
            return False
    return True


_INPUT_ROWS: Sequence[Constraint[ScatterOp]] = (
    Constraint(
        "C5",
        lambda op: (
            len(op.operands) % 2 == 1
            and len(op.inputs) > 0
            and all(map(is_tensor, op.operands))
            and len(op.results) in (0, len(op.inputs))
        ),
        lambda op: (
            f"{types_text(op.operand_types)} -> {types_text(op.result_types)} is no tensor, an "
            "update and a result for each input, with the indices between inputs and updates"
        ),
    ),
    all_accepted("I1", "inputs", ANY, lambda s: s.operand_types[: len(s.operand_types) // 2]),
    all_accepted("I3", "updates", ANY, lambda s: s.operand_types[len(s.operand_types) // 2 + 1 :]),
    Constraint(
        "I2",
        lambda op: INTEGER.accepts(op.scatter_indices.type),
        lambda op: f"scatter_indices must be a {INTEGER}, got {op.scatter_indices.type}",
    ),
    Constraint(
        "C1",
        lambda op: all(shapes_agree(shape(i), shape(op.inputs[0])) for i in op.inputs),
        lambda op: f"the inputs {types_text(i.type for i in op.inputs)} differ in shape",
    ),
    Constraint(
        "C3",
        lambda op: all(shapes_agree(shape(u), shape(op.updates[0])) for u in op.updates),
        lambda op: f"the updates {types_text(u.type for u in op.updates)} differ in shape",
    ),
    Constraint(
        "C22",
        lambda op: 0 <= _dims(op).index_vector_dim <= rank(op.scatter_indices),
        lambda op: (
            f"index_vector_dim {_dims(op).index_vector_dim} is not in "
            f"[0, {rank(op.scatter_indices)}]"
        ),
    ),
    Constraint(
        "C4",
        lambda op: _update_rank(op) == len(_scatter_sizes(op)) + len(_dims(op).update_window_dims),
        lambda op: (
            f"the updates have {_update_rank(op)} dimensions, expected "
            f"{len(_scatter_sizes(op))} of scatter_indices and "
            f"{len(_dims(op).update_window_dims)} of update_window_dims"
        ),
    ),
    Constraint(
        "C2",
        lambda op: (
            _input_rank(op)
            == len(_dims(op).update_window_dims)
            + len(_dims(op).inserted_window_dims)
            + len(_dims(op).input_batching_dims)
        ),
        lambda op: (
            f"update_window_dims {dims_text(_dims(op).update_window_dims)}, inserted_window_dims "
            f"{dims_text(_dims(op).inserted_window_dims)} and input_batching_dims "
            f"{dims_text(_dims(op).input_batching_dims)} should be as many as the "
            f"{_input_rank(op)} dimensions of {op.inputs[0].type}"
        ),
    ),
    increasing_row("C7", "update_window_dims", _field("update_window_dims")),
    in_range_row("C8", "update_window_dims", _field("update_window_dims"), _update_rank),
    unique_row(
        "C9",
        inserted_window_dims=_field("inserted_window_dims"),
        input_batching_dims=_field("input_batching_dims"),
    ),
    sorted_row("C10", "inserted_window_dims", _field("inserted_window_dims")),
    in_range_row("C11", "inserted_window_dims", _field("inserted_window_dims"), _input_rank),
    sorted_row("C12", "input_batching_dims", _field("input_batching_dims")),
    in_range_row("C13", "input_batching_dims", _field("input_batching_dims"), _input_rank),
    unique_row("C14", scatter_indices_batching_dims=_field("scatter_indices_batching_dims")),
    in_range_row(
        "C15",
        "scatter_indices_batching_dims",
        _field("scatter_indices_batching_dims"),
        lambda op: rank(op.scatter_indices),
    ),
    Constraint(
        "C16",
        lambda op: _dims(op).index_vector_dim not in _dims(op).scatter_indices_batching_dims,
        lambda op: (
            f"scatter_indices_batching_dims {dims_text(_dims(op).scatter_indices_batching_dims)} "
            f"include index_vector_dim {_dims(op).index_vector_dim}"
        ),
    ),
    Constraint(
        "C17",
        lambda op: (
            len(_dims(op).input_batching_dims) == len(_dims(op).scatter_indices_batching_dims)
        ),
        lambda op: (
            f"input_batching_dims {dims_text(_dims(op).input_batching_dims)} and "
            f"scatter_indices_batching_dims {dims_text(_dims(op).scatter_indices_batching_dims)} "
            "differ in number"
        ),
    ),
    Constraint(
        "C18",
        _batches_match,
        lambda op: (
            f"batching dimensions {dims_text(_dims(op).input_batching_dims)} of "
            f"{op.inputs[0].type} and {dims_text(_dims(op).scatter_indices_batching_dims)} of "
            f"{op.scatter_indices.type} differ in size"
        ),
    ),
    Constraint(
        "C19",
        lambda op: dims_agree(len(_dims(op).scatter_dims_to_operand_dims), _index_size(op)),
        lambda op: (
            f"scatter_dims_to_operand_dims {dims_text(_dims(op).scatter_dims_to_operand_dims)} "
            f"should have {_index_size(op)} entries"
        ),
    ),
    unique_row(
        "C20",
        scatter_dims_to_operand_dims=_field("scatter_dims_to_operand_dims"),
        input_batching_dims=_field("input_batching_dims"),
    ),
    in_range_row(
        "C21",
        "scatter_dims_to_operand_dims",
        _field("scatter_dims_to_operand_dims"),
        _input_rank,
    ),
    Constraint(
        "C4",
        _updates_fit,
        lambda op: (
            f"updates of the shape {dims_text(shape(op.updates[0]))} do not fit "
            f"{dims_text(_expected_updates(op))}, which may be less in update_window_dims "
            f"{dims_text(_dims(op).update_window_dims)}"
        ),
    ),
)

_RESULT_ROWS: Sequence[Constraint[ScatterOp]] = (
    all_accepted("O1", "results", ANY, lambda s: s.result_types),
    *on_scalars(
        reducer_rows(ReducerIds("I12", "C23", "C23"), lambda _: ()),
        lambda op: (op.inputs, op.updates, op.update_computation),
    ),
    Constraint(
        "C6",
        lambda op: all(
            element_type(update) == element_type(input_)
            for update, input_ in zip(op.updates, op.inputs, strict=True)
        ),
        lambda op: (
            f"the updates {types_text(u.type for u in op.updates)} have not the element types of "
            f"the inputs {types_text(i.type for i in op.inputs)}"
        ),
    ),
    Constraint(
        "C24",
        lambda op: (
            len(op.results) == len(op.inputs)
            and all(
                shapes_agree(shape(result), shape(input_))
                for result, input_ in zip(op.results, op.inputs, strict=True)
            )
        ),
        lambda op: (
            f"the results {types_text(op.result_types)} have not the shapes of the inputs "
            f"{types_text(i.type for i in op.inputs)}"
        ),
    ),
    Constraint(
        "C25",
        lambda op: all(
            element_type(result) == element_type(returned)
            for result, returned in zip(
                op.results, returned_types(op.update_computation), strict=True
            )
        ),
        lambda op: (
            f"the results {types_text(op.result_types)} and what update_computation returns, "
            f"{types_text(returned_types(op.update_computation))}, differ in element types"
        ),
    ),
)


@irdl_op_definition
class ScatterOp(StableHLOOp):
    """``inputs`` with ``updates`` combined into them where ``scatter_indices`` says.

    The operands are N inputs, the indices, then N updates. The body takes N present values, then
    N updates, all scalars.
    """

    name = "stablehlo.scatter"

    arguments = var_operand_def(TensorType)
    scatter_dimension_numbers = prop_def(ScatterDimensionNumbersAttr)
    indices_are_sorted = opt_prop_def(IntegerAttr.constr(i1))
    unique_indices = opt_prop_def(IntegerAttr.constr(i1))
    results_ = var_result_def(TensorType)
    update_computation = region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*_INPUT_ROWS, *_RESULT_ROWS)

    @property
    def inputs(self) -> Sequence[SSAValue]:
        """The tensors that the updates go into, all of one shape."""
        return self.operands[: len(self.operands) // 2]

    @property
    def scatter_indices(self) -> SSAValue:
        """Where each update begins."""
        return self.operands[len(self.operands) // 2]

    @property
    def updates(self) -> Sequence[SSAValue]:
        """What is put into the inputs, all of one shape."""
        return self.operands[len(self.operands) // 2 + 1 :]

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _INPUT_ROWS)
        elements = accumulated_elements(cls.name, "C23", op.inputs, regions)
        return [
            with_element(input_.type, element)
            for element, input_ in zip(elements, op.inputs, strict=True)
        ]
