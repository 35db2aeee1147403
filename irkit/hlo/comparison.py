"""``compare``, ``select`` and ``clamp``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from xdsl.ir import Attribute

from dialects.stablehlo.attributes import (
    ComparisonDirection,
    ComparisonDirectionAttr,
    ComparisonType,
    ComparisonTypeAttr,
)
from dialects.stablehlo.comparison import ClampOp, CompareOp, SelectOp
from irkit.emit import emit
from irkit.hlo.arguments import refuse
from irkit.value import Value

EnumT = TypeVar("EnumT", ComparisonDirection, ComparisonType)


def compare(
    lhs: Value, rhs: Value, comparison_direction: str, compare_type: str | None = None
) -> Value:
    """``EQ``, ``NE``, ``GE``, ``GT``, ``LE`` or ``LT`` of two values of one type, as booleans.

    ``compare_type`` is ``FLOAT``, ``TOTALORDER``, ``SIGNED`` or ``UNSIGNED``; without it the
    element type decides.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#compare
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(CompareOp, (lhs, rhs), (comparison_direction, compare_type), _compare)


def _compare(direction: str, compare_type: str | None) -> Mapping[str, Attribute]:
    found = _case("comparison_direction", ComparisonDirection, direction)
    properties: dict[str, Attribute] = {"comparison_direction": ComparisonDirectionAttr(found)}
    if compare_type is not None:
        order = _case("compare_type", ComparisonType, compare_type)
        properties["compare_type"] = ComparisonTypeAttr(order)
    return properties


def _case(keyword: str, enum: type[EnumT], word: str) -> EnumT:
    if word not in enum.__members__:
        cases = ", ".join(enum.__members__)
        refuse(f"stablehlo.compare: {keyword} must be one of {cases}, got {word!r}")
    return enum[word]


def select(pred: Value, on_true: Value, on_false: Value) -> Value:
    """``on_true`` where ``pred`` (booleans of its shape, or one for all) holds, else ``on_false``.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#select
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(SelectOp, (pred, on_true, on_false))


def clamp(min: Value, operand: Value, max: Value) -> Value:
    """``minimum(maximum(operand, min), max)``; each bound has the operand's shape or is a scalar.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#clamp
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(ClampOp, (min, operand, max))
