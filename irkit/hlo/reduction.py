"""``reduce``, ``reduce_window`` and ``sort``."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import overload

from xdsl.dialects.builtin import IntegerAttr, i64
from xdsl.ir import Attribute

from dialects.stablehlo.reduction import ReduceOp, ReduceWindowOp
from dialects.stablehlo.sorting import SortOp
from dialects.stablehlo.syntax import i64_array
from dialects.stablehlo.windows import padding_attribute
from irkit.emit import Body, emit_region_op
from irkit.hlo.arguments import Dims, dims, optional_dims, refuse
from irkit.hlo.reducers import (
    Initial,
    Reducer,
    Values,
    by_direction,
    reduced_operands,
    reducer_body,
    reducer_name,
    scalar_of,
)
from irkit.value import Value


@overload
def reduce(
    inputs: Value, init_values: Initial, dimensions: Sequence[int], body: Reducer
) -> Value: ...
@overload
def reduce(
    inputs: Sequence[Value],
    init_values: Sequence[Initial],
    dimensions: Sequence[int],
    body: Reducer,
) -> tuple[Value, ...]: ...
def reduce(
    inputs: Values,
    init_values: Initial | Sequence[Initial],
    dimensions: Sequence[int],
    body: Reducer,
) -> Value | tuple[Value, ...]:
    """Reduces ``inputs`` (of one shape) over ``dimensions`` with ``body``.

    Each reduction begins at its ``init_values``, a scalar of the input's element type (C2) or a
    Python number. To accumulate in a wider type, convert the input.
    ``body`` is the name of an operation (or its function in :mod:`irkit.hlo`), applied to each
    input by itself, or a callable that takes all accumulated values, then all elements.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands, types = reduced_operands(ReduceOp.name, inputs, init_values)
    named = reducer_name(body)
    over = dims(dimensions)
    results = emit_region_op(
        ReduceOp,
        operands,
        _reduce_properties(over),
        (Body(types, reducer_body(body, named)),),
        key=None if named is None else (over, named),
    )
    return results[0] if isinstance(inputs, Value) else results


@lru_cache(maxsize=1024)
def _reduce_properties(dimensions: Dims) -> Mapping[str, Attribute]:
    return {"dimensions": i64_array(dimensions)}


@overload
def reduce_window(
    inputs: Value,
    init_values: Initial,
    *,
    window_dimensions: Sequence[int],
    body: Reducer,
    window_strides: Sequence[int] | None = None,
    base_dilations: Sequence[int] | None = None,
    window_dilations: Sequence[int] | None = None,
    padding: Sequence[Sequence[int]] | None = None,
) -> Value: ...
@overload
def reduce_window(
    inputs: Sequence[Value],
    init_values: Sequence[Initial],
    *,
    window_dimensions: Sequence[int],
    body: Reducer,
    window_strides: Sequence[int] | None = None,
    base_dilations: Sequence[int] | None = None,
    window_dilations: Sequence[int] | None = None,
    padding: Sequence[Sequence[int]] | None = None,
) -> tuple[Value, ...]: ...
def reduce_window(
    inputs: Values,
    init_values: Initial | Sequence[Initial],
    *,
    window_dimensions: Sequence[int],
    body: Reducer,
    window_strides: Sequence[int] | None = None,
    base_dilations: Sequence[int] | None = None,
    window_dilations: Sequence[int] | None = None,
    padding: Sequence[Sequence[int]] | None = None,
) -> Value | tuple[Value, ...]:
    """Reduces every window of ``inputs``; ``body`` and ``init_values`` as in :func:`reduce`.

    A window has a size, stride and dilations for each dimension, and ``padding`` a pair (low,
    high).
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce_window
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands, types = reduced_operands(ReduceWindowOp.name, inputs, init_values)
    named = reducer_name(body)
    lists = {
        "window_dimensions": dims(window_dimensions),
        "window_strides": optional_dims(window_strides),
        "base_dilations": optional_dims(base_dilations),
        "window_dilations": optional_dims(window_dilations),
    }
    pairs = None if padding is None else tuple(map(dims, padding))
    properties: dict[str, Attribute] = {
        name: i64_array(values) for name, values in lists.items() if values is not None
    }
    if pairs is not None:
        if any(len(pair) != 2 for pair in pairs):
            refuse(f"{ReduceWindowOp.name}: padding {padding} must be pairs (low, high)")
        properties["padding"] = padding_attribute([(pair[0], pair[1]) for pair in pairs])
    key: tuple[Hashable, ...] = (*lists.values(), pairs, named)
    results = emit_region_op(
        ReduceWindowOp,
        operands,
        properties,
        (Body(types, reducer_body(body, named)),),
        key=None if named is None else key,
    )
    return results[0] if isinstance(inputs, Value) else results


@overload
def sort(
    inputs: Value,
    dimension: int = -1,
    is_stable: bool = False,
    comparator: str | Callable[..., Value] = "LT",
) -> Value: ...
@overload
def sort(
    inputs: Sequence[Value],
    dimension: int = -1,
    is_stable: bool = False,
    comparator: str | Callable[..., Value] = "LT",
) -> tuple[Value, ...]: ...
def sort(
    inputs: Values,
    dimension: int = -1,
    is_stable: bool = False,
    comparator: str | Callable[..., Value] = "LT",
) -> Value | tuple[Value, ...]:
    """Orders ``inputs`` (of one shape) together along ``dimension``.

    ``comparator`` takes two elements of the first input, two of the second, and so on, and says
    (``i1[]``) whether the first come before the second; a direction such as ``"LT"`` compares
    the elements of the first input.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#sort
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands = (inputs,) if isinstance(inputs, Value) else tuple(inputs)
    properties: dict[str, Attribute] = {
        "dimension": IntegerAttr(dimension, i64),
        "is_stable": IntegerAttr.from_bool(is_stable),
    }
    types = [scalar_of(value.type) for value in operands for _ in range(2)]
    compared = by_direction(comparator) if isinstance(comparator, str) else comparator
    key = (dimension, is_stable, comparator) if isinstance(comparator, str) else None
    results = emit_region_op(SortOp, operands, properties, (Body(types, compared),), key=key)
    return results[0] if isinstance(inputs, Value) else results
