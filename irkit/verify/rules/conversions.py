"""Rules of conversions between element types that lose nothing."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

from xdsl.dialects.builtin import IntegerType, Signedness
from xdsl.ir import Attribute

from dialects.stablehlo.tensors import element_type
from irkit.verify.rules.rule import Rule, alone, nested
from irkit.verify.rules.terms import Apply, Hole, Signature, Term, apply

CONVERT = "stablehlo.convert"

Integer: TypeAlias = "IntegerType[Any, Any]"

_HELD_BY = {
    "f16": {"f32", "f64"},
    "bf16": {"f32", "f64"},
    "f32": {"f64"},
}
"""Floating-point types whose every number another one has."""


def widens(narrow: Attribute, wide: Attribute) -> bool:
    """Whether every value of an element type is one of the other's."""
    if narrow == wide:
        return True
    if isinstance(narrow, IntegerType) and isinstance(wide, IntegerType):
        return _range_in(cast(Integer, narrow), cast(Integer, wide))
    return wide.name in _HELD_BY.get(narrow.name, ())


def _range_in(narrow: Integer, wide: Integer) -> bool:
    bits = [_value_bits(type_) for type_ in (narrow, wide)]
    if _is_signed(narrow) and not _is_signed(wide):
        return False
    return bits[0] <= bits[1]


def _is_signed(type_: Integer) -> bool:
    return type_.width.data > 1 and type_.signedness.data is not Signedness.UNSIGNED


def _value_bits(type_: Integer) -> int:
    return type_.width.data - _is_signed(type_)


def _identity(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    return x[0] if x[0].type == signature.type else None


def _convert_of_convert(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term | None:
    """The first conversion loses nothing, so the second one sees what it saw."""
    del place, operands
    (source,) = inner.operands
    if not widens(element_type(source.type), element_type(inner.type)):
        return None
    return source if source.type == outer.type else apply(CONVERT, outer.type, source)


RULES = (
    Rule("identity-convert", "convert(x) = x if it has x's type", alone(_identity, CONVERT)),
    Rule(
        "convert-of-widening",
        "convert(convert(x)) = convert(x) if the first one loses nothing",
        nested(_convert_of_convert, [CONVERT], [CONVERT]),
    ),
)
"""The rules of this chapter."""
