"""``scatter`` and ``select_and_scatter``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute

from dialects.stablehlo.scatter import ScatterOp
from dialects.stablehlo.scatter_dimension_numbers import (
    ScatterDimensionNumbersAttr,
    ScatterDimensions,
)
from dialects.stablehlo.select_and_scatter import SelectAndScatterOp
from dialects.stablehlo.syntax import i64_array
from dialects.stablehlo.windows import padding_attribute
from irkit.emit import Body, emit_region_op
from irkit.hlo.arguments import dims, optional_dims, refuse
from irkit.hlo.reducers import (
    Reducer,
    Values,
    by_direction,
    reducer_body,
    reducer_name,
    scalar_of,
)
from irkit.value import Value


@overload
def scatter(
    inputs: Value,
    scatter_indices: Value,
    updates: Value,
    *,
    update_window_dims: Sequence[int],
    inserted_window_dims: Sequence[int],
    scatter_dims_to_operand_dims: Sequence[int],
    index_vector_dim: int,
    update_computation: Reducer,
    input_batching_dims: Sequence[int] = (),
    scatter_indices_batching_dims: Sequence[int] = (),
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
) -> Value: ...
@overload
def scatter(
    inputs: Sequence[Value],
    scatter_indices: Value,
    updates: Sequence[Value],
    *,
    update_window_dims: Sequence[int],
    inserted_window_dims: Sequence[int],
    scatter_dims_to_operand_dims: Sequence[int],
    index_vector_dim: int,
    update_computation: Reducer,
    input_batching_dims: Sequence[int] = (),
    scatter_indices_batching_dims: Sequence[int] = (),
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
) -> tuple[Value, ...]: ...
def scatter(
    inputs: Values,
    scatter_indices: Value,
    updates: Values,
    *,
    update_window_dims: Sequence[int],
    inserted_window_dims: Sequence[int],
    scatter_dims_to_operand_dims: Sequence[int],
    index_vector_dim: int,
    update_computation: Reducer,
    input_batching_dims: Sequence[int] = (),
    scatter_indices_batching_dims: Sequence[int] = (),
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
) -> Value | tuple[Value, ...]:
    """``inputs`` with ``updates`` combined into them where ``scatter_indices`` (integers) says.

    ``update_computation`` is the name of an operation, as in :func:`reduce`, or a callable that
    takes the present scalars, then the updates; ``lambda old, new: new`` overwrites.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#scatter
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    targets = (inputs,) if isinstance(inputs, Value) else tuple(inputs)
    sources = (updates,) if isinstance(updates, Value) else tuple(updates)
    if not targets or len(targets) != len(sources):
        refuse(f"{ScatterOp.name}: (C5) {len(targets)} inputs and {len(sources)} updates")
    numbers = ScatterDimensions(
        dims(update_window_dims),
        dims(inserted_window_dims),
        dims(input_batching_dims),
        dims(scatter_indices_batching_dims),
        dims(scatter_dims_to_operand_dims),
        index_vector_dim,
    )
    properties: dict[str, Attribute] = {
        "scatter_dimension_numbers": ScatterDimensionNumbersAttr(numbers),
        "indices_are_sorted": IntegerAttr.from_bool(indices_are_sorted),
        "unique_indices": IntegerAttr.from_bool(unique_indices),
    }
    types = [scalar_of(value.type) for value in (*targets, *sources)]
    named = reducer_name(update_computation)
    results = emit_region_op(
        ScatterOp,
        (*targets, scatter_indices, *sources),
        properties,
        (Body(types, reducer_body(update_computation, named)),),
        key=None if named is None else (numbers, indices_are_sorted, unique_indices, named),
    )
    return results[0] if isinstance(inputs, Value) else results


def select_and_scatter(
    operand: Value,
    source: Value,
    init_value: Value,
    *,
    window_dimensions: Sequence[int],
    select: str | Callable[[Value, Value], Value],
    scatter: Reducer,
    window_strides: Sequence[int] | None = None,
    padding: Sequence[Sequence[int]] | None = None,
) -> Value:
    """``source`` combined by ``scatter`` into the places of ``operand`` that ``select`` picks.

    Each window of ``operand`` has one element of ``source``; ``select`` says (``i1[]``) whether
    the first of two elements is picked, or is a direction such as ``"GE"`` to compare them by.
    The result begins as ``init_value``, a scalar.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#select_and_scatter
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    lists = {
        "window_dimensions": dims(window_dimensions),
        "window_strides": optional_dims(window_strides),
    }
    properties: dict[str, Attribute] = {
        name: i64_array(values) for name, values in lists.items() if values is not None
    }
    pairs = None if padding is None else tuple(map(dims, padding))
    if pairs is not None:
        if any(len(pair) != 2 for pair in pairs):
            refuse(f"{SelectAndScatterOp.name}: padding {padding} must be pairs (low, high)")
        properties["padding"] = padding_attribute([(pair[0], pair[1]) for pair in pairs])
    picked = by_direction(select) if isinstance(select, str) else select
    named = reducer_name(scatter)
    known = named is not None and isinstance(select, str)
    types = [scalar_of(operand.type)] * 2
    return emit_region_op(
        SelectAndScatterOp,
        (operand, source, init_value),
        properties,
        (Body(types, picked), Body(types, reducer_body(scatter, named))),
        key=(*lists.values(), pairs, select, named) if known else None,
    )[0]
