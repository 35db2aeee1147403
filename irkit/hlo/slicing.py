"""``slice``, ``dynamic_slice``, ``dynamic_update_slice``, ``concatenate`` and ``pad``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import IntegerAttr, i64
from xdsl.ir import Attribute

from dialects.stablehlo.joining import ConcatenateOp, PadOp
from dialects.stablehlo.slicing import DynamicSliceOp, DynamicUpdateSliceOp, SliceOp
from dialects.stablehlo.syntax import i64_array
from irkit.emit import emit
from irkit.hlo.arguments import Dims, dims, refuse
from irkit.value import Value


def slice(
    operand: Value,
    start_indices: Sequence[int],
    limit_indices: Sequence[int],
    strides: Sequence[int] | None = None,
) -> Value:
    """Every ``strides[d]``-th element from ``start_indices[d]`` up to ``limit_indices[d]``.

    Without ``strides`` every element is taken.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#slice
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    starts = dims(start_indices)
    steps = (1,) * len(starts) if strides is None else dims(strides)
    return emit(SliceOp, (operand,), (starts, dims(limit_indices), steps), _ranges)


def _ranges(starts: Dims, limits: Dims, strides: Dims) -> Mapping[str, Attribute]:
    return {
        "start_indices": i64_array(starts),
        "limit_indices": i64_array(limits),
        "strides": i64_array(strides),
    }


def dynamic_slice(
    operand: Value, start_indices: Sequence[Value], slice_sizes: Sequence[int]
) -> Value:
    """``slice_sizes[d]`` elements from ``start_indices[d]``, an integer scalar, clamped to fit.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_slice
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(DynamicSliceOp, (operand, *start_indices), dims(slice_sizes), _slice_sizes)


def _slice_sizes(*slice_sizes: int) -> Mapping[str, Attribute]:
    return {"slice_sizes": i64_array(slice_sizes)}


def dynamic_update_slice(operand: Value, update: Value, start_indices: Sequence[Value]) -> Value:
    """The operand with ``update`` written over it from ``start_indices`` on, clamped to fit.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_update_slice
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(DynamicUpdateSliceOp, (operand, update, *start_indices))


def concatenate(inputs: Sequence[Value], dimension: int) -> Value:
    """The inputs one after the other along ``dimension``.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#concatenate
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    if not inputs:
        refuse("stablehlo.concatenate: (C3) at least one input is needed, got 0")
    return emit(ConcatenateOp, tuple(inputs), (dimension,), _dimension)


def _dimension(dimension: int) -> Mapping[str, Attribute]:
    return {"dimension": IntegerAttr(dimension, i64)}


def pad(
    operand: Value,
    padding_value: Value,
    edge_padding_low: Sequence[int],
    edge_padding_high: Sequence[int],
    interior_padding: Sequence[int] | None = None,
) -> Value:
    """The operand with ``padding_value``, a scalar, around it and between its elements.

    A negative edge padding cuts off; without ``interior_padding`` nothing comes between.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#pad
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    low = dims(edge_padding_low)
    interior = (0,) * len(low) if interior_padding is None else dims(interior_padding)
    return emit(PadOp, (operand, padding_value), (low, dims(edge_padding_high), interior), _padding)


def _padding(low: Dims, high: Dims, interior: Dims) -> Mapping[str, Attribute]:
    return {
        "edge_padding_low": i64_array(low),
        "edge_padding_high": i64_array(high),
        "interior_padding": i64_array(interior),
    }
