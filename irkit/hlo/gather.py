"""``gather``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute

from dialects.stablehlo.dimension_numbers import GatherDimensionNumbersAttr, GatherDimensions
from dialects.stablehlo.gather import GatherOp
from dialects.stablehlo.syntax import i64_array
from irkit.emit import emit
from irkit.hlo.arguments import Dims, dims
from irkit.value import Value


def gather(
    operand: Value,
    start_indices: Value,
    *,
    offset_dims: Sequence[int],
    collapsed_slice_dims: Sequence[int],
    start_index_map: Sequence[int],
    index_vector_dim: int,
    slice_sizes: Sequence[int],
    operand_batching_dims: Sequence[int] = (),
    start_indices_batching_dims: Sequence[int] = (),
    indices_are_sorted: bool = False,
) -> Value:
    """Slices of ``operand`` that begin where ``start_indices`` (integers) says.

    The dimensions of a slice go to ``offset_dims`` of the result, those of the indices (but
    ``index_vector_dim``) to the others. The element type is that of ``operand``.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#gather
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    numbers = GatherDimensions(
        dims(offset_dims),
        dims(collapsed_slice_dims),
        dims(operand_batching_dims),
        dims(start_indices_batching_dims),
        dims(start_index_map),
        index_vector_dim,
    )
    key = (numbers, dims(slice_sizes), indices_are_sorted)
    return emit(GatherOp, (operand, start_indices), key, _properties)


def _properties(
    numbers: GatherDimensions, slice_sizes: Dims, indices_are_sorted: bool
) -> Mapping[str, Attribute]:
    return {
        "dimension_numbers": GatherDimensionNumbersAttr(numbers),
        "slice_sizes": i64_array(slice_sizes),
        "indices_are_sorted": IntegerAttr.from_bool(indices_are_sorted),
    }
