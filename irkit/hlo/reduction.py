"""``reduce``, ``reduce_window`` and ``sort``."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias, cast, overload

from xdsl.dialects.builtin import IntegerAttr, TensorType, i64
from xdsl.ir import Attribute

from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.binary import AddOp, AndOp, MaxOp, MinOp, MulOp, OrOp, XorOp
from dialects.stablehlo.reduction import ReduceOp, ReduceWindowOp
from dialects.stablehlo.sorting import SortOp
from dialects.stablehlo.syntax import i64_array
from dialects.stablehlo.windows import padding_attribute
from irkit.emit import Body, emit, emit_region_op
from irkit.hlo.arguments import Dims, dims, optional_dims, refuse
from irkit.value import Value

Values: TypeAlias = Value | Sequence[Value]
ReducerName: TypeAlias = Literal["add", "and", "maximum", "minimum", "multiply", "or", "xor"]
Reducer: TypeAlias = ReducerName | Callable[..., Values]
"""An operation by name, or a callable on all accumulated values, then all elements."""
Initial: TypeAlias = Value | complex

_NAMED: Mapping[str, type[StableHLOOp]] = {
    "add": AddOp,
    "and": AndOp,
    "maximum": MaxOp,
    "minimum": MinOp,
    "multiply": MulOp,
    "or": OrOp,
    "xor": XorOp,
}


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

    Each reduction begins at its ``init_values``, a scalar or a Python number, whose element type
    (the input's for a number) is that of the accumulated values and of the result.
    ``body`` is the name of an operation (or its function in :mod:`irkit.hlo`), applied to each
    input by itself, or a callable that takes all accumulated values, then all elements.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands, types = _operands(ReduceOp.name, inputs, init_values)
    named = _named(body)
    over = dims(dimensions)
    results = emit_region_op(
        ReduceOp,
        operands,
        _reduce_properties(over),
        (Body(types, _build(body, named)),),
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
    operands, types = _operands(ReduceWindowOp.name, inputs, init_values)
    named = _named(body)
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
        (Body(types, _build(body, named)),),
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
    types = [_scalar(value.type) for value in operands for _ in range(2)]
    compared = _by_direction(comparator) if isinstance(comparator, str) else comparator
    key = (dimension, is_stable, comparator) if isinstance(comparator, str) else None
    results = emit_region_op(SortOp, operands, properties, (Body(types, compared),), key=key)
    return results[0] if isinstance(inputs, Value) else results


def _by_direction(direction: str) -> Callable[..., Value]:
    from irkit import hlo

    def compared(left: Value, right: Value, *_: Value) -> Value:
        return hlo.compare(left, right, direction)

    return compared


# -- reducers ----------------------------------------------------------------------------------


def _operands(
    op: str, inputs: Values, init_values: Initial | Sequence[Initial]
) -> tuple[tuple[Value, ...], list[TensorType[Attribute]]]:
    """Inputs then initial values, and the types of the body's arguments."""
    sources = (inputs,) if isinstance(inputs, Value) else tuple(inputs)
    given = tuple(init_values) if isinstance(init_values, Sequence) else (init_values,)
    if len(sources) != len(given):
        refuse(f"{op}: (C3) {len(sources)} inputs and {len(given)} init_values")
    initial = tuple(
        value if isinstance(value, Value) else source.builder.splat(value, _scalar(source.type))
        for source, value in zip(sources, given, strict=True)
    )
    return (*sources, *initial), [value.type for value in initial] * 2


@lru_cache(maxsize=1024)
def _scalar(type_: TensorType[Attribute]) -> TensorType[Attribute]:
    return TensorType(type_.element_type, ())


def _named(body: Reducer) -> str | None:
    """The name of the operation that ``body`` stands for, if it is one of the known ones."""
    if isinstance(body, str):
        if body not in _NAMED:
            refuse(
                f"'{body}' names no reduction; known: {', '.join(_NAMED)}, for any other give a "
                "callable"
            )
        return body
    return _functions().get(body)


@lru_cache(maxsize=1)
def _functions() -> Mapping[Callable[..., Values], str]:
    from irkit import hlo

    return {
        hlo.add: "add",
        hlo.and_: "and",
        hlo.maximum: "maximum",
        hlo.minimum: "minimum",
        hlo.multiply: "multiply",
        hlo.or_: "or",
        hlo.xor: "xor",
    }


def _build(body: Reducer, named: str | None) -> Callable[..., Values]:
    return cast(Callable[..., Values], body) if named is None else _BUILDERS[named]


def _applied(cls: type[StableHLOOp]) -> Callable[..., tuple[Value, ...]]:
    def build(*values: Value) -> tuple[Value, ...]:
        count = len(values) // 2
        return tuple(emit(cls, (values[i], values[count + i])) for i in range(count))

    return build


_BUILDERS = {name: _applied(cls) for name, cls in _NAMED.items()}
