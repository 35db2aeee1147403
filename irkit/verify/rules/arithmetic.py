"""Rules of arithmetic: those that are exact, and those of real numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import AnyFloat, IntegerType
from xdsl.ir import Attribute

from dialects.dense import DenseAttr, dense_from_bytes, splat_element
from dialects.element_storage import element_dtype, storage_size
from dialects.stablehlo.tensors import element_type, is_tensor, tensor
from irkit.verify.rules.rule import Equations, Rule, alone, nested
from irkit.verify.rules.shapes import static
from irkit.verify.rules.terms import Apply, Hole, Signature, Term, apply, holes

CONSTANT = "stablehlo.constant"
ADD, SUBTRACT, MULTIPLY = "stablehlo.add", "stablehlo.subtract", "stablehlo.multiply"
DIVIDE, NEGATE = "stablehlo.divide", "stablehlo.negate"
AND, OR, XOR, NOT = "stablehlo.and", "stablehlo.or", "stablehlo.xor", "stablehlo.not"
MAXIMUM, MINIMUM = "stablehlo.maximum", "stablehlo.minimum"
SELECT = "stablehlo.select"

COMMUTATIVE = (ADD, MULTIPLY, AND, OR, XOR, MAXIMUM, MINIMUM)

Kind = Callable[[Attribute], bool]


def integral(type_: Attribute) -> bool:
    """A tensor of integers or booleans."""
    return is_tensor(type_) and isinstance(element_type(type_), IntegerType)


def floating(type_: Attribute) -> bool:
    """A tensor of floating-point numbers that have signs."""
    return is_tensor(type_) and is_float(element_type(type_))


def is_float(type_: Attribute) -> bool:
    """A floating-point type, but for the one of exponents alone."""
    return isinstance(type_, AnyFloat) and type_.name != "f8E8M0FNU"


def commuted(kind: Kind, *ops: str) -> Callable[[Signature, Sequence[object]], Equations]:
    """``f(x, y) = f(y, x)``."""

    def found(signature: Signature, inner: Sequence[object]) -> Equations:
        del inner
        if signature.op in ops and kind(signature.type):
            x, y = holes(signature)
            yield Apply(signature, (x, y)), Apply(signature, (y, x))

    return found


def associated(
    kind: Kind, *ops: str
) -> Callable[[Signature, Sequence[Sequence[Signature]]], Equations]:
    """``f(f(x, y), z) = f(x, f(y, z))``, in both directions."""

    def found(signature: Signature, inner: Sequence[Sequence[Signature]]) -> Equations:
        del inner
        if signature.op in ops and kind(signature.type):
            x, y = holes(signature)
            z = Hole("z", x.type)
            left = Apply(signature, (Apply(signature, (x, y)), z))
            right = Apply(signature, (x, Apply(signature, (y, z))))
            yield left, right
            yield right, left

    return found


def is_number(constant: Signature, number: int) -> bool:
    """Whether every element of a constant has the bits of this number: -0 is not 0."""
    value = cast(DenseAttr, constant.get("value"))
    type_ = value.type.element_type
    wanted = np.asarray(number).astype(element_dtype(type_)).tobytes()
    return splat_element(value.data.data, storage_size(type_)) == wanted


def splat(type_: Attribute, raw: bytes) -> Apply:
    """A constant from the bytes of its one element."""
    return apply(CONSTANT, type_, properties={"value": dense_from_bytes(raw, tensor(type_))})


def neutral(
    number: int, ops: Sequence[str], kind: Kind, places: Sequence[int] = (0, 1)
) -> Callable[[Signature, Sequence[Sequence[Signature]]], Equations]:
    """``f(x, number) = x``."""

    def right(
        outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
    ) -> Term | None:
        suits = kind(outer.type) and place in places and operands[0].type == operands[1].type
        return operands[1 - place] if suits and is_number(inner.signature, number) else None

    return nested(right, ops, [CONSTANT])


def absorbing(
    number: int, ops: Sequence[str], kind: Kind
) -> Callable[[Signature, Sequence[Sequence[Signature]]], Equations]:
    """``f(x, number) = number``."""

    def right(
        outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
    ) -> Term | None:
        suits = kind(outer.type) and operands[0].type == operands[1].type
        return operands[place] if suits and is_number(inner.signature, number) else None

    return nested(right, ops, [CONSTANT])


def _twice(kind: Kind) -> Callable[..., Term | None]:
    def right(
        outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
    ) -> Term | None:
        del place, operands
        return inner.operands[0] if kind(outer.type) else None

    return right


def _same_operands(
    kind: Kind, ops: Sequence[str], places: tuple[int, int]
) -> Callable[[Signature, Sequence[object]], Equations]:
    """``f(x, x) = x``."""

    def found(signature: Signature, inner: Sequence[object]) -> Equations:
        del inner
        if signature.op in ops and kind(signature.type):
            x = list(holes(signature))
            x[places[1]] = x[places[0]]
            yield Apply(signature, tuple(x)), x[places[0]]

    return found


def _self_inverse(signature: Signature, inner: Sequence[object]) -> Equations:
    """``x - x = 0``, ``x ^ x = 0``."""
    del inner
    if signature.op in (SUBTRACT, XOR) and integral(signature.type) and static(signature.type):
        x, _ = holes(signature)
        yield Apply(signature, (x, x)), splat(signature.type, _zero(signature.type))


def _zero(type_: Attribute) -> bytes:
    return bytes(storage_size(element_type(type_)))


def _subtract_as_add(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    if not integral(signature.type):
        return None
    return apply(ADD, signature.type, x[0], apply(NEGATE, signature.type, x[1]))


def _subtract_as_add_float(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    """Exact: IEEE 754 defines subtraction so."""
    if not floating(signature.type):
        return None
    return apply(ADD, signature.type, x[0], apply(NEGATE, signature.type, x[1]))


def _exact(type_: Attribute) -> bool:
    return integral(type_) or floating(type_)


RULES = (
    Rule("commute-integer", "x + y = y + x, and so on", commuted(integral, *COMMUTATIVE)),
    Rule(
        "commute-float",
        "x + y = y + x, x * y = y * x, also for floating-point numbers (NaNs being one)",
        commuted(floating, ADD, MULTIPLY, MAXIMUM, MINIMUM),
    ),
    Rule(
        "associate-integer",
        "(x + y) + z = x + (y + z), modulo 2^n, and so on",
        associated(integral, *COMMUTATIVE),
    ),
    Rule("add-zero-integer", "x + 0 = x", neutral(0, [ADD, OR, XOR], integral)),
    Rule("subtract-zero", "x - 0 = x", neutral(0, [SUBTRACT], _exact, (1,))),
    Rule("multiply-by-one", "x * 1 = x", neutral(1, [MULTIPLY], _exact)),
    Rule("divide-by-one", "x / 1 = x", neutral(1, [DIVIDE], _exact, (1,))),
    Rule("multiply-by-zero-integer", "x * 0 = 0", absorbing(0, [MULTIPLY, AND], integral)),
    Rule("double-negation", "-(-x) = x", nested(_twice(_exact), [NEGATE], [NEGATE])),
    Rule("double-not", "~(~x) = x", nested(_twice(integral), [NOT], [NOT])),
    Rule(
        "idempotent",
        "x & x = x, x | x = x, max(x, x) = x, min(x, x) = x",
        _same_operands(_exact, [AND, OR, MAXIMUM, MINIMUM], (0, 1)),
    ),
    Rule(
        "select-of-same",
        "select(p, x, x) = x",
        _same_operands(is_tensor, [SELECT], (1, 2)),
    ),
    Rule("self-inverse", "x - x = 0 and x ^ x = 0, for integers", _self_inverse),
    Rule("subtract-as-add", "x - y = x + (-y), for integers", alone(_subtract_as_add, SUBTRACT)),
    Rule(
        "subtract-as-add-float",
        "x - y = x + (-y), as IEEE 754 defines it",
        alone(_subtract_as_add_float, SUBTRACT),
    ),
)
"""The rules of this chapter."""

REAL_RULES = (
    Rule(
        "associate-real",
        "(x + y) + z = x + (y + z), (x * y) * z = x * (y * z)",
        associated(floating, ADD, MULTIPLY),
        real=True,
    ),
    Rule("add-zero-real", "x + 0 = x", neutral(0, [ADD], floating), real=True),
    Rule("multiply-by-zero-real", "x * 0 = 0", absorbing(0, [MULTIPLY], floating), real=True),
)
"""Rules that rounding, infinities or NaNs make false."""
