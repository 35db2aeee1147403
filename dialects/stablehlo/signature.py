"""Rows of constraints that hold of a signature: the types and properties of an operation.

Such a row reads only ``operand_types``, ``result_types`` and ``properties``, so it serves the
verifier, which has an operation, and inference, which has none yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, TensorType
from xdsl.ir import Attribute

from dialects.constraints import Constraint, ConstraintError
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.bounded_types import merged, most_specific
from dialects.stablehlo.bounds import bounds, within_bounds
from dialects.stablehlo.element_types import ElementTypes
from dialects.stablehlo.tensors import (
    AnyTensor,
    dims_agree,
    element_type,
    shape,
    shapes_agree,
    tensor,
)


class Signature(Protocol):
    """What a row may look at; every operation is one."""

    @property
    def operand_types(self) -> Sequence[Attribute]: ...
    @property
    def result_types(self) -> Sequence[Attribute]: ...
    @property
    def properties(self) -> Mapping[str, Attribute]: ...


@dataclass(frozen=True, slots=True)
class Inputs:
    """The signature of an operation whose results are not known yet."""

    operand_types: Sequence[Attribute]
    properties: Mapping[str, Attribute]
    result_types: Sequence[Attribute] = ()


Row = Constraint[Any]
Rows = Sequence[Row]


def row(
    id: str,
    holds: Callable[[Signature], bool | None],
    message: Callable[[Signature], str],
    title: str = "",
) -> Row:
    """One numbered constraint on a signature."""
    return Constraint(id, holds, message, title)


def require(
    cls: type[StableHLOOp],
    rows: Iterable[Row],
    operands: Sequence[Attribute],
    properties: Mapping[str, Attribute],
) -> None:
    """Walks the rows that look at inputs alone.

    Raises :class:`~dialects.constraints.ConstraintError` for the first that does not hold.
    """
    inputs = Inputs(operands, properties)
    for constraint in rows:
        if constraint.holds(inputs) is False:
            raise ConstraintError(cls.name, constraint.id, constraint.message(inputs))


# -- reading properties ------------------------------------------------------------------------


def integers(signature: Signature, name: str) -> tuple[int, ...]:
    """The numbers of an ``array<i64: ...>`` property."""
    array = signature.properties[name]
    if not isinstance(array, DenseArrayBase):
        raise TypeError(f"{name} is {array}, expected array<i64: ...>")
    return tuple(int(value) for value in array.get_values())


def integer(signature: Signature, name: str) -> int:
    """The number of an integer property."""
    number = signature.properties[name]
    if not isinstance(number, IntegerAttr):
        raise TypeError(f"{name} is {number}, expected an integer")
    return number.value.data


# -- rows that many operations share -----------------------------------------------------------


def accepts(id: str, label: str, index: int, family: ElementTypes) -> Row:
    """Operand ``index`` is a tensor of the family."""
    return row(
        id,
        lambda s: family.accepts(s.operand_types[index]),
        lambda s: f"{label} must be a {family}, got {s.operand_types[index]}",
        f"{label} is a {family}",
    )


def all_accepted(
    id: str,
    label: str,
    family: ElementTypes,
    part: Callable[[Signature], Sequence[Attribute]] = lambda s: s.operand_types,
) -> Row:
    """A part of the types, by default those of all operands, are tensors of the family."""
    return row(
        id,
        lambda s: all(map(family.accepts, part(s))),
        lambda s: f"{label} must each be a {family}, got ({', '.join(map(str, part(s)))})",
        f"{label} are each a {family}",
    )


def returns(id: str, label: str, family: ElementTypes) -> Row:
    """The result is a tensor of the family."""
    return row(
        id,
        lambda s: family.accepts(s.result_types[0]),
        lambda s: f"{label} must be a {family}, got {s.result_types[0]}",
        f"{label} is a {family}",
    )


def same_types(id: str, labels: Sequence[str]) -> Row:
    """All operands and the result have one element type and agreeing shapes."""

    def holds(s: Signature) -> bool:
        return types_agree([*s.operand_types, *s.result_types])

    def message(s: Signature) -> str:
        types = [*s.operand_types, *s.result_types]
        shown = ", ".join(f"{n} {t}" for n, t in zip(labels, types, strict=False))
        return f"{' and '.join(labels[: len(types)])} must have the same type, got {shown}"

    return row(id, holds, message)


def same_shape(id: str, operand: str, result: str) -> Row:
    """The operand and the result have one shape."""
    return row(
        id,
        lambda s: shapes_agree(shape(s.operand_types[0]), shape(s.result_types[0])),
        lambda s: (
            f"{operand} and {result} must have the same shape, "
            f"got {s.operand_types[0]} and {s.result_types[0]}"
        ),
    )


def same_elements(id: str) -> Row:
    """The operand and the result have one element type."""
    return row(
        id,
        lambda s: element_type(s.operand_types[0]) == element_type(s.result_types[0]),
        lambda s: (
            f"operand and result must have the same element type, "
            f"got {element_type(s.operand_types[0])} and {element_type(s.result_types[0])}"
        ),
    )


def types_agree(types: Sequence[Attribute]) -> bool:
    """Whether all are tensors of one element type whose shapes and bounds agree pairwise.

    Scales and zero points of quantized elements may differ (spec: ``baseline_type``).
    """
    if not all(isinstance(t, TensorType) for t in types):
        return False
    if all(t == types[0] for t in types):
        return True
    first = element_type(types[0])
    return (
        all(elements_agree(element_type(t), first) for t in types)
        and shapes_fit(map(shape, types))
        and bounds_fit(types)
    )


def bounds_fit(types: Sequence[Attribute]) -> bool:
    """Whether no known dimension of a type exceeds the bound that another has for it."""
    limits = [*filter(None, map(bounds, types))]
    return all(within_bounds(shape(type_), found) for type_ in types for found in limits)


def shapes_fit(shapes: Iterable[Sequence[int]]) -> bool:
    """Whether shapes agree pairwise: one rank, and one number for every known dimension."""
    found = list(shapes)
    return all(shapes_agree(a, b) for i, a in enumerate(found) for b in found[i + 1 :])


def merged_shape(shapes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The most specific shape of several that agree."""
    return tuple(
        next((dim for dim in dims if dim != DYNAMIC), DYNAMIC) for dims in zip(*shapes, strict=True)
    )


def with_element(type_: Attribute, element: Attribute) -> AnyTensor:
    """The type with other elements, its shape and encoding kept."""
    old = tensor(type_)
    return TensorType(element, old.get_shape(), old.encoding)


def with_shape(type_: Attribute, dims: Sequence[int]) -> AnyTensor:
    """The type with another shape and no encoding."""
    return TensorType(tensor(type_).element_type, dims)


def merged_type(types: Sequence[Attribute]) -> AnyTensor:
    """The most specific of types that agree."""
    return merged(types, most_specific)


def dims_text(dims: Iterable[int]) -> str:
    """``[2, ?, 3]``."""
    return "[" + ", ".join("?" if d == DYNAMIC else str(d) for d in dims) + "]"


def shape_is(declared: Attribute, expected: Sequence[int]) -> bool:
    """Whether the declared type has this shape as far as both are known."""
    found = shape(declared)
    return len(found) == len(expected) and all(map(dims_agree, found, expected))
