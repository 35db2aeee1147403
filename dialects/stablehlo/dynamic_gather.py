"""``dynamic_gather``: ``gather`` whose slice sizes are an operand.

The ids are those of ``gather``, as in upstream: its attribute has the batching dimensions, which
the specification's section on ``dynamic_gather`` still lacks, so that its numbers are lower.
Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_gather
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import IntegerAttr, TensorType, i1
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
from dialects.stablehlo.dimension_numbers import GatherDimensionNumbersAttr, GatherDimensions
from dialects.stablehlo.dimension_rows import in_range_row
from dialects.stablehlo.element_types import INTEGER
from dialects.stablehlo.gather import INDEX_ROWS, result_rank, result_shape
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.shape_operands import constant_integers, constants_row, sizes_row
from dialects.stablehlo.signature import dims_text
from dialects.stablehlo.tensors import AnyTensor, element_type, rank, shape, shapes_agree


def _dims(op: DynamicGatherOp) -> GatherDimensions:
    return op.dimension_numbers.data


def _single_row(
    id: str, name: str, dims: Callable[[DynamicGatherOp], Sequence[int]]
) -> Constraint[Any]:
    """Slices are of one element (or none) in these dimensions."""
    return constants_row(
        id,
        lambda op: op.slice_sizes,
        lambda op, sizes: all(sizes[dim] <= 1 for dim in dims(op)),
        lambda op, sizes: (
            f"slice_sizes {dims_text(sizes)} must be at most 1 in {name} {dims_text(dims(op))}"
        ),
    )


def _fit(op: DynamicGatherOp, sizes: Sequence[int]) -> bool:
    return all(
        size >= 0 and (bound == DYNAMIC or size <= bound)
        for size, bound in zip(sizes, shape(op.operand), strict=True)
    )


_INPUT_ROWS: Sequence[Constraint[Any]] = (
    *INDEX_ROWS,
    sizes_row("I3", "slice_sizes", elements=INTEGER),
    Constraint(
        "C20",
        lambda op: shape(op.slice_sizes)[0] == rank(op.operand),
        lambda op: (
            f"slice_sizes {op.slice_sizes.type} do not hold one for each of {op.operand.type}"
        ),
    ),
    _single_row("C9", "collapsed_slice_dims", lambda op: _dims(op).collapsed_slice_dims),
    _single_row("C12", "operand_batching_dims", lambda op: _dims(op).operand_batching_dims),
    constants_row(
        "C21",
        lambda op: op.slice_sizes,
        _fit,
        lambda op, sizes: f"slice_sizes {dims_text(sizes)} do not fit {op.operand.type}",
    ),
    in_range_row(
        "C5",
        "offset_dims",
        lambda op: _dims(op).offset_dims,
        lambda op: result_rank(rank(op.start_indices), _dims(op)),
    ),
)


def _inferred(op: DynamicGatherOp) -> AnyTensor:
    sizes = constant_integers(op.slice_sizes)
    slices = [DYNAMIC] * rank(op.operand) if sizes is None else sizes
    batches = extents(op.start_indices.type)
    dims = result_shape(batches, list(map(Extent, slices)), _dims(op))
    return bounded(element_type(op.operand), dims)


_RESULT_ROWS: Sequence[Constraint[Any]] = (
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
class DynamicGatherOp(StableHLOOp):
    """``gather`` of slices of the sizes that ``slice_sizes`` holds."""

    name = "stablehlo.dynamic_gather"

    operand = operand_def(TensorType)
    start_indices = operand_def(TensorType)
    slice_sizes = operand_def(TensorType)
    dimension_numbers = prop_def(GatherDimensionNumbersAttr)
    indices_are_sorted = opt_prop_def(IntegerAttr.constr(i1))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    READS_CONSTANTS: ClassVar[bool] = True
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*_INPUT_ROWS, *_RESULT_ROWS)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        """From types alone the sizes of the slices are unknown, and so are the offsets."""
        return cls.infer_with_constants(operands, properties)

    @classmethod
    def infer_with_constants(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
        constants: Mapping[int, Attribute] | None = None,
    ) -> Sequence[Attribute]:
        return [_inferred(checked_probe(cls, operands, properties, _INPUT_ROWS, constants))]
