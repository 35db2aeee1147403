"""Reducers: the scalar computations of ``reduce`` and its kin, by name or as a callable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias, cast

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.binary import AddOp, AndOp, MaxOp, MinOp, MulOp, OrOp, XorOp
from irkit.emit import emit
from irkit.hlo.arguments import refuse
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


def by_direction(direction: str) -> Callable[..., Value]:
    """Compares the first two values; ``direction`` is ``"LT"``, ``"GE"`` ..."""
    from irkit import hlo

    def compared(left: Value, right: Value, *_: Value) -> Value:
        return hlo.compare(left, right, direction)

    return compared


def reduced_operands(
    op: str, inputs: Values, init_values: Initial | Sequence[Initial]
) -> tuple[tuple[Value, ...], list[TensorType[Attribute]]]:
    """Inputs then initial values, and the types of the body's arguments."""
    sources = (inputs,) if isinstance(inputs, Value) else tuple(inputs)
    given = tuple(init_values) if isinstance(init_values, Sequence) else (init_values,)
    if len(sources) != len(given):
        refuse(f"{op}: (C3) {len(sources)} inputs and {len(given)} init_values")
    initial = tuple(
        value if isinstance(value, Value) else source.builder.splat(value, scalar_of(source.type))
        for source, value in zip(sources, given, strict=True)
    )
    return (*sources, *initial), [value.type for value in initial] * 2


@lru_cache(maxsize=1024)
def scalar_of(type_: TensorType[Attribute]) -> TensorType[Attribute]:
    """The type of one element, of no dimensions."""
    return TensorType(type_.element_type, ())


def reducer_name(body: Reducer) -> str | None:
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


def reducer_body(body: Reducer, named: str | None) -> Callable[..., Values]:
    """What records the computation; ``named`` is what :func:`reducer_name` gave."""
    return cast(Callable[..., Values], body) if named is None else _BUILDERS[named]


def _applied(cls: type[StableHLOOp]) -> Callable[..., tuple[Value, ...]]:
    def build(*values: Value) -> tuple[Value, ...]:
        count = len(values) // 2
        return tuple(emit(cls, (values[i], values[count + i])) for i in range(count))

    return build


_BUILDERS = {name: _applied(cls) for name, cls in _NAMED.items()}
