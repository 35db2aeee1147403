"""What may be carried into and out of regions, tuples and calls: the specification's values.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#types
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects.builtin import MemRefType, TensorType, TupleType, UnrankedTensorType
from xdsl.ir import Attribute

from dialects.stablehlo.element_types import ANY_OR_PER_AXIS, NOT_QUANTIZED
from dialects.stablehlo.future import FutureType
from dialects.stablehlo.signature import Row, Signature, row
from dialects.stablehlo.token import TokenType


def is_value(type_: Attribute) -> bool:
    """Whether the type is a tensor of the dialect's elements, a buffer of such or a token."""
    match type_:
        case TensorType():
            return ANY_OR_PER_AXIS.accepts(type_)
        case MemRefType():
            return type_.element_type in NOT_QUANTIZED
        case _:
            return isinstance(type_, TokenType)


def is_value_or_tuple(type_: Attribute) -> bool:
    """As ``is_value``, or a tuple of such, nested at will."""
    if isinstance(type_, TupleType):
        return all(map(is_value_or_tuple, type_.types.data))
    return is_value(type_)


def is_call_value(type_: Attribute) -> bool:
    """What ``custom_call`` takes and gives: also tensors without a rank, and futures."""
    if isinstance(type_, TupleType):
        return all(map(is_call_value, type_.types.data))
    if isinstance(type_, UnrankedTensorType):
        return cast("UnrankedTensorType[Attribute]", type_).element_type in ANY_OR_PER_AXIS
    return isinstance(type_, FutureType) or is_value(type_)


def values_row(
    id: str,
    label: str,
    part: Callable[[Signature], Sequence[Attribute]],
    accepts: Callable[[Attribute], bool] = is_value,
) -> Row:
    """A part of the types are those of values."""

    def strange(s: Any) -> list[Attribute]:
        return [type_ for type_ in part(s) if not accepts(type_)]

    return row(
        id,
        lambda s: not strange(s),
        lambda s: f"{label} must be values of the dialect, got {', '.join(map(str, strange(s)))}",
        f"{label} are values of the dialect",
    )
