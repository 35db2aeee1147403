"""``gather``: slices of a tensor from places that another tensor gives.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#gather
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, TensorType, i1, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.bounded_types import Extent, bounded, extents
from dialects.stablehlo.dimension_numbers import (
    GatherDimensionNumbersAttr,
    GatherDimensions,
    dims_text,
)
from dialects.stablehlo.element_types import ANY, INTEGER
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.signature import accepts
from dialects.stablehlo.tensors import (
    AnyTensor,
    dims_agree,
    element_type,
    in_range,
    is_sorted,
    is_unique,
    rank,
    shape,
    shapes_agree,
)
from dialects.stablehlo.windows import integers

DimT = TypeVar("DimT")
"""Numbers, extents, or terms that stand for sizes."""


def result_shape(
    indices: Sequence[DimT], slice_sizes: Sequence[DimT], dims: GatherDimensions
) -> list[DimT]:
    """Batches from the indices and offsets from the slices, put where they belong (C22)."""
    dropped = (*dims.collapsed_slice_dims, *dims.operand_batching_dims)
    offsets = iter(size for i, size in enumerate(slice_sizes) if i not in dropped)
    batches = iter(size for i, size in enumerate(indices) if i != dims.index_vector_dim)
    return [
        next(offsets if i in dims.offset_dims else batches)
        for i in range(result_rank(len(indices), dims))
    ]


def result_rank(indices_rank: int, dims: GatherDimensions) -> int:
    """The number of batches and offsets together."""
    batch_rank = indices_rank - (1 if dims.index_vector_dim < indices_rank else 0)
    return len(dims.offset_dims) + batch_rank


def _dims(op: GatherOp) -> GatherDimensions:
    return op.dimension_numbers.data


def _slice_sizes(op: GatherOp) -> tuple[int, ...]:
    return integers(op.slice_sizes) or ()


def _index_size(op: GatherOp) -> int:
    """How many numbers one index has: the size of its dimension, 1 where that is implied."""
    indices, dim = shape(op.start_indices), _dims(op).index_vector_dim
    return indices[dim] if dim < len(indices) else 1


def _slices_are_single(op: GatherOp, dims: Sequence[int]) -> bool:
    return all(_slice_sizes(op)[dim] <= 1 for dim in dims)


def _slices_fit(op: GatherOp) -> bool:
    return all(
        size >= 0 and (bound == DYNAMIC or size <= bound)
        for size, bound in zip(_slice_sizes(op), shape(op.operand), strict=True)
    )


def _batches_match(op: GatherOp) -> bool:
    operand, indices, dims = shape(op.operand), shape(op.start_indices), _dims(op)
    return all(
        dims_agree(operand[i], indices[j])
        for i, j in zip(dims.operand_batching_dims, dims.start_indices_batching_dims, strict=True)
    )


INDEX_ROWS: Sequence[Constraint[Any]] = (
    accepts("I1", "operand", 0, ANY),
    Constraint(
        "I2",
        lambda op: INTEGER.accepts(op.start_indices.type),
        lambda op: f"start_indices must be a {INTEGER}, got {op.start_indices.type}",
    ),
    Constraint(
        "C1",
        lambda op: (
            rank(op.operand)
            == len(_dims(op).offset_dims)
            + len(_dims(op).collapsed_slice_dims)
            + len(_dims(op).operand_batching_dims)
        ),
        lambda op: (
            f"offset_dims {dims_text(_dims(op).offset_dims)}, collapsed_slice_dims "
            f"{dims_text(_dims(op).collapsed_slice_dims)} and operand_batching_dims "
            f"{dims_text(_dims(op).operand_batching_dims)} should be as many as the "
            f"{rank(op.operand)} dimensions of {op.operand.type}"
        ),
    ),
    Constraint(
        "C2",
        lambda op: 0 <= _dims(op).index_vector_dim <= rank(op.start_indices),
        lambda op: (
            f"index_vector_dim {_dims(op).index_vector_dim} is not in [0, {rank(op.start_indices)}]"
        ),
    ),
    Constraint(
        "C3",
        lambda op: dims_agree(len(_dims(op).start_index_map), _index_size(op)),
        lambda op: (
            f"start_index_map {dims_text(_dims(op).start_index_map)} should have "
            f"{_index_size(op)} entries"
        ),
    ),
    Constraint(
        "C4",
        lambda op: is_sorted(_dims(op).offset_dims) and is_unique(_dims(op).offset_dims),
        lambda op: f"offset_dims {dims_text(_dims(op).offset_dims)} must increase",
    ),
    Constraint(
        "C6",
        lambda op: is_unique(_dims(op).collapsed_slice_dims + _dims(op).operand_batching_dims),
        lambda op: (
            f"a dimension repeats in collapsed_slice_dims "
            f"{dims_text(_dims(op).collapsed_slice_dims)} and operand_batching_dims "
            f"{dims_text(_dims(op).operand_batching_dims)}"
        ),
    ),
    Constraint(
        "C7",
        lambda op: is_sorted(_dims(op).collapsed_slice_dims),
        lambda op: (
            f"collapsed_slice_dims {dims_text(_dims(op).collapsed_slice_dims)} must be sorted"
        ),
    ),
    Constraint(
        "C8",
        lambda op: in_range(_dims(op).collapsed_slice_dims, rank(op.operand)),
        lambda op: (
            f"collapsed_slice_dims {dims_text(_dims(op).collapsed_slice_dims)} not all in "
            f"[0, {rank(op.operand)})"
        ),
    ),
    Constraint(
        "C10",
        lambda op: is_sorted(_dims(op).operand_batching_dims),
        lambda op: (
            f"operand_batching_dims {dims_text(_dims(op).operand_batching_dims)} must be sorted"
        ),
    ),
    Constraint(
        "C11",
        lambda op: in_range(_dims(op).operand_batching_dims, rank(op.operand)),
        lambda op: (
            f"operand_batching_dims {dims_text(_dims(op).operand_batching_dims)} not all in "
            f"[0, {rank(op.operand)})"
        ),
    ),
    Constraint(
        "C13",
        lambda op: is_unique(_dims(op).start_indices_batching_dims),
        lambda op: (
            f"a dimension repeats in start_indices_batching_dims "
            f"{dims_text(_dims(op).start_indices_batching_dims)}"
        ),
    ),
    Constraint(
        "C14",
        lambda op: in_range(_dims(op).start_indices_batching_dims, rank(op.start_indices)),
        lambda op: (
            f"start_indices_batching_dims {dims_text(_dims(op).start_indices_batching_dims)} "
            f"not all in [0, {rank(op.start_indices)})"
        ),
    ),
    Constraint(
        "C15",
        lambda op: _dims(op).index_vector_dim not in _dims(op).start_indices_batching_dims,
        lambda op: (
            f"start_indices_batching_dims {dims_text(_dims(op).start_indices_batching_dims)} "
            f"include index_vector_dim {_dims(op).index_vector_dim}"
        ),
    ),
    Constraint(
        "C16",
        lambda op: (
            len(_dims(op).operand_batching_dims) == len(_dims(op).start_indices_batching_dims)
        ),
        lambda op: (
            f"operand_batching_dims {dims_text(_dims(op).operand_batching_dims)} and "
            f"start_indices_batching_dims {dims_text(_dims(op).start_indices_batching_dims)} "
            "differ in number"
        ),
    ),
    Constraint(
        "C17",
        _batches_match,
        lambda op: (
            f"batching dimensions {dims_text(_dims(op).operand_batching_dims)} of "
            f"{op.operand.type} and {dims_text(_dims(op).start_indices_batching_dims)} of "
            f"{op.start_indices.type} differ in size"
        ),
    ),
    Constraint(
        "C18",
        lambda op: is_unique(_dims(op).start_index_map + _dims(op).operand_batching_dims),
        lambda op: (
            f"a dimension repeats in start_index_map {dims_text(_dims(op).start_index_map)} "
            f"and operand_batching_dims {dims_text(_dims(op).operand_batching_dims)}"
        ),
    ),
    Constraint(
        "C19",
        lambda op: in_range(_dims(op).start_index_map, rank(op.operand)),
        lambda op: (
            f"start_index_map {dims_text(_dims(op).start_index_map)} not all in "
            f"[0, {rank(op.operand)})"
        ),
    ),
)
"""The rows on operand and indices, which ``dynamic_gather`` shares."""

_INPUT_ROWS: Sequence[Constraint[GatherOp]] = (
    *INDEX_ROWS,
    Constraint(
        "C20",
        lambda op: len(_slice_sizes(op)) == rank(op.operand),
        lambda op: (
            f"slice_sizes {dims_text(_slice_sizes(op))} should be {rank(op.operand)} for "
            f"{op.operand.type}"
        ),
    ),
    Constraint(
        "C9",
        lambda op: _slices_are_single(op, _dims(op).collapsed_slice_dims),
        lambda op: (
            f"slice_sizes {dims_text(_slice_sizes(op))} must be at most 1 in "
            f"collapsed_slice_dims {dims_text(_dims(op).collapsed_slice_dims)}"
        ),
    ),
    Constraint(
        "C12",
        lambda op: _slices_are_single(op, _dims(op).operand_batching_dims),
        lambda op: (
            f"slice_sizes {dims_text(_slice_sizes(op))} must be at most 1 in "
            f"operand_batching_dims {dims_text(_dims(op).operand_batching_dims)}"
        ),
    ),
    Constraint(
        "C21",
        _slices_fit,
        lambda op: f"slice_sizes {dims_text(_slice_sizes(op))} do not fit {op.operand.type}",
    ),
    Constraint(
        "C5",
        lambda op: in_range(_dims(op).offset_dims, result_rank(rank(op.start_indices), _dims(op))),
        lambda op: (
            f"offset_dims {dims_text(_dims(op).offset_dims)} not all in "
            f"[0, {result_rank(rank(op.start_indices), _dims(op))})"
        ),
    ),
)


def _inferred(op: GatherOp) -> AnyTensor:
    sizes = list(map(Extent, _slice_sizes(op)))
    dims = result_shape(extents(op.start_indices.type), sizes, _dims(op))
    return bounded(element_type(op.operand), dims)


_RESULT_ROWS: Sequence[Constraint[GatherOp]] = (
    Constraint(
        "C22",
        lambda op: shapes_agree(shape(op.result), shape(_inferred(op))),
        lambda op: (
            f"the result {op.result.type} should have the shape {dims_text(shape(_inferred(op)))}"
        ),
    ),
    Constraint(
        "C23",
        lambda op: element_type(op.operand) == element_type(op.result),
        lambda op: f"element types of {op.operand.type} and {op.result.type} differ",
    ),
)


@irdl_op_definition
class GatherOp(StableHLOOp):
    """Slices of ``operand`` that begin where ``start_indices`` says, put together."""

    name = "stablehlo.gather"

    operand = operand_def(TensorType)
    start_indices = operand_def(TensorType)
    dimension_numbers = prop_def(GatherDimensionNumbersAttr)
    slice_sizes = prop_def(DenseArrayBase.constr(i64))
    indices_are_sorted = opt_prop_def(IntegerAttr.constr(i1))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*_INPUT_ROWS, *_RESULT_ROWS)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return [_inferred(checked_probe(cls, operands, properties, _INPUT_ROWS))]
