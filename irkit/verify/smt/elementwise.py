"""Elementwise operations on terms, as the specification defines them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from xdsl.ir import Attribute, Operation

from dialects.attribute_text import dictionary_text
from dialects.stablehlo.attributes import (
    ComparisonDirection,
    ComparisonDirectionAttr,
    ComparisonType,
    ComparisonTypeAttr,
)
from dialects.stablehlo.comparison import comparison_types
from dialects.stablehlo.tensors import element_type
from irkit.verify.graph.attributes import is_default
from irkit.verify.smt.sorts import (
    Term,
    Z,
    is_bool,
    is_ieee,
    is_integer,
    is_signed,
    literal,
    sort,
    width,
)

_NEAREST = Z.RNE()


@dataclass(frozen=True)
class Meanings:
    """What operations mean for a kind of elements; functions of the element type and the terms."""

    unary: Mapping[str, Callable[[Attribute, Term], Term]]
    binary: Mapping[str, Callable[[Attribute, Term, Term], Term]]


def truth(condition: Term) -> Term:
    """A truth value as an element of type ``i1``."""
    return Z.If(condition, Z.BitVecVal(1, 1), Z.BitVecVal(0, 1))


def holds(element: Term) -> Term:
    """An element of type ``i1`` as a condition."""
    return element == Z.BitVecVal(1, 1)


def function(name: str, operands: Sequence[Term], type_: Attribute) -> Term:
    """An uninterpreted function of these operands: equal names and operands give equal results.

    The name says what the operands' sorts do not: several element types have one sort.
    """
    sorts = [operand.sort() for operand in operands]
    named = f"{name}({', '.join(map(str, sorts))})->{type_}"
    return Z.Function(named, *sorts, sort(type_))(*operands)


def uninterpreted(op: Operation, operands: Sequence[Term], type_: Attribute) -> Term:
    """An operation of which nothing is known but that it is a function."""
    types = ", ".join(str(element_type(operand)) for operand in op.operands)
    return function(f"{op.name}{dictionary_text(op.properties)} of {types}", operands, type_)


def elementwise(op: Operation, operands: Sequence[Term]) -> Term:
    """The result's element, given those of the operands."""
    result = element_type(op.results[0])
    found = _defined(op, operands, result)
    return uninterpreted(op, operands, result) if found is None else found


def _defined(op: Operation, operands: Sequence[Term], result: Attribute) -> Term | None:
    """The result as the specification defines it, or None where it leaves that open."""
    accuracy = op.properties.get("result_accuracy")
    if accuracy is not None and not is_default(op.name, "result_accuracy", accuracy):
        return None
    types = [element_type(operand) for operand in op.operands]
    name = op.name.removeprefix("stablehlo.")
    if name == "select":
        return Z.If(holds(operands[0]), operands[1], operands[2])
    if name == "compare":
        return _compare(op, operands, types[0])
    if name == "convert":
        return _convert(operands[0], types[0], result)
    if name == "clamp":
        low, operand, high = operands
        raised = meaning("maximum", types[1], [operand, low])
        return None if raised is None else meaning("minimum", types[1], [raised, high])
    return meaning(name, types[0], operands)


def meaning(name: str, type_: Attribute, operands: Sequence[Term]) -> Term | None:
    """An operation on elements of one type by its name, or None where nothing is known of it."""
    meanings: Meanings | None = None
    if is_ieee(type_):
        meanings = _FLOAT
    elif is_bool(type_):
        meanings = _BOOL
    elif is_integer(type_):
        meanings = _INTEGER
    if meanings is None:
        return None
    if len(operands) == 1 and name in meanings.unary:
        return meanings.unary[name](type_, operands[0])
    if len(operands) == 2 and name in meanings.binary:
        return meanings.binary[name](type_, operands[0], operands[1])
    return None


def _less(type_: Attribute, a: Term, b: Term) -> Term:
    return a < b if is_signed(type_) else Z.ULT(a, b)


def _zero(type_: Attribute) -> Term:
    return literal(0, type_)


def _has_quotient(type_: Attribute, a: Term, b: Term) -> Term:
    """What division by zero gives is up to the implementation, and so is one that overflows.

    Source: https://openxla.org/xla/operation_semantics#element-wise_binary_arithmetic_operations
    """
    if not is_signed(type_):
        return b != _zero(type_)
    least = literal(1 << (width(type_) - 1), type_)
    return Z.Not(Z.Or(b == _zero(type_), Z.And(a == least, b == literal(-1, type_))))


def _divide(type_: Attribute, a: Term, b: Term) -> Term:
    quotient = a / b if is_signed(type_) else Z.UDiv(a, b)
    return Z.If(_has_quotient(type_, a, b), quotient, function("no quotient", [a, b], type_))


def _remainder(type_: Attribute, a: Term, b: Term) -> Term:
    rest = Z.SRem(a, b) if is_signed(type_) else Z.URem(a, b)
    return Z.If(_has_quotient(type_, a, b), rest, function("no remainder", [a, b], type_))


def _sign(type_: Attribute, a: Term) -> Term:
    zero, one = _zero(type_), literal(1, type_)
    return Z.If(a == zero, zero, Z.If(a < zero, -one, one))


_INTEGER = Meanings(
    unary={
        "not": lambda t, a: ~a,
        "negate": lambda t, a: -a,
        "abs": lambda t, a: Z.If(a < _zero(t), -a, a),
        "sign": _sign,
    },
    binary={
        "add": lambda t, a, b: a + b,
        "subtract": lambda t, a, b: a - b,
        "multiply": lambda t, a, b: a * b,
        "divide": _divide,
        "remainder": _remainder,
        "maximum": lambda t, a, b: Z.If(_less(t, a, b), b, a),
        "minimum": lambda t, a, b: Z.If(_less(t, b, a), b, a),
        "and": lambda t, a, b: a & b,
        "or": lambda t, a, b: a | b,
        "xor": lambda t, a, b: a ^ b,
        "shift_left": lambda t, a, b: a << b,
        "shift_right_logical": lambda t, a, b: Z.LShR(a, b),
        "shift_right_arithmetic": lambda t, a, b: a >> b,
    },
)
_BOOL = Meanings(
    unary={
        "not": lambda t, a: ~a,
    },
    binary={
        "add": lambda t, a, b: a | b,
        "multiply": lambda t, a, b: a & b,
        "maximum": lambda t, a, b: a | b,
        "minimum": lambda t, a, b: a & b,
        "and": lambda t, a, b: a & b,
        "or": lambda t, a, b: a | b,
        "xor": lambda t, a, b: a ^ b,
    },
)


def _extreme(type_: Attribute, a: Term, b: Term, *, greatest: bool) -> Term:
    """NaN if either is one; -0 is less than +0."""
    first = Z.fpGT(a, b) if greatest else Z.fpLT(a, b)
    zeros = Z.And(Z.fpIsZero(a), Z.fpIsZero(b))
    sign = Z.fpIsPositive(a) if greatest else Z.fpIsNegative(a)
    nan = Z.Or(Z.fpIsNaN(a), Z.fpIsNaN(b))
    chosen = Z.If(zeros, Z.If(sign, a, b), Z.If(first, a, b))
    return Z.If(nan, Z.fpNaN(sort(type_)), chosen)


_FLOAT = Meanings(
    unary={
        "sqrt": lambda t, a: Z.fpSqrt(_NEAREST, a),
        "negate": lambda t, a: Z.fpNeg(a),
        "abs": lambda t, a: Z.fpAbs(a),
        "floor": lambda t, a: Z.fpRoundToIntegral(Z.RTN(), a),
        "ceil": lambda t, a: Z.fpRoundToIntegral(Z.RTP(), a),
        "round_nearest_even": lambda t, a: Z.fpRoundToIntegral(_NEAREST, a),
        "round_nearest_afz": lambda t, a: Z.fpRoundToIntegral(Z.RNA(), a),
        "is_finite": lambda t, a: truth(Z.Not(Z.Or(Z.fpIsNaN(a), Z.fpIsInf(a)))),
    },
    binary={
        "add": lambda t, a, b: Z.fpAdd(_NEAREST, a, b),
        "subtract": lambda t, a, b: Z.fpSub(_NEAREST, a, b),
        "multiply": lambda t, a, b: Z.fpMul(_NEAREST, a, b),
        "divide": lambda t, a, b: Z.fpDiv(_NEAREST, a, b),
        "maximum": lambda t, a, b: _extreme(t, a, b, greatest=True),
        "minimum": lambda t, a, b: _extreme(t, a, b, greatest=False),
    },
)


def _compare(op: Operation, operands: Sequence[Term], type_: Attribute) -> Term | None:
    kind = op.properties.get("compare_type")
    usual = (ComparisonType.NOTYPE, comparison_types(type_)[0])
    if isinstance(kind, ComparisonTypeAttr) and kind.data not in usual:
        # The total order, or integers with a sign compared as if they had none.
        return None
    direction = cast(ComparisonDirectionAttr, op.properties["comparison_direction"]).data
    a, b = operands
    if is_ieee(type_):
        less, equal = Z.fpLT(a, b), Z.fpEQ(a, b)
        greater, unequal = Z.fpGT(a, b), Z.fpNEQ(a, b)
    elif is_integer(type_) or is_bool(type_):
        less, equal = _less(type_, a, b), a == b
        greater, unequal = _less(type_, b, a), a != b
    else:
        return None
    found = {
        ComparisonDirection.EQ: equal,
        ComparisonDirection.NE: unequal,
        ComparisonDirection.LT: less,
        ComparisonDirection.GT: greater,
        ComparisonDirection.LE: Z.Or(less, equal),
        ComparisonDirection.GE: Z.Or(greater, equal),
    }
    return truth(found[direction])


def _convert(a: Term, source: Attribute, target: Attribute) -> Term | None:
    if source == target:
        return a
    whole = is_integer(source) or is_bool(source)
    if is_bool(target) and (whole or is_ieee(source)):
        return truth(Z.Not(Z.fpIsZero(a)) if is_ieee(source) else a != literal(0, source))
    if whole and is_integer(target):
        more = width(target) - width(source)
        if more <= 0:
            return Z.Extract(width(target) - 1, 0, a)
        return Z.SignExt(more, a) if is_signed(source) else Z.ZeroExt(more, a)
    if whole and is_ieee(target):
        made = Z.fpSignedToFP if is_signed(source) else Z.fpUnsignedToFP
        return made(_NEAREST, a, sort(target))
    if is_ieee(source) and is_ieee(target):
        return Z.fpFPToFP(_NEAREST, a, sort(target))
    # What a number out of an integer's range becomes is up to the implementation.
    return None
