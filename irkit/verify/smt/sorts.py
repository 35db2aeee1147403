"""Element types as sorts, and numbers as terms."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import numpy as np
import z3 as _z3  # pyright: ignore[reportMissingTypeStubs]
from xdsl.dialects.builtin import IndexType, IntegerType, Signedness
from xdsl.ir import Attribute

from dialects.float_text import FLOAT_FORMATS
from irkit.errors import IRKitError
from irkit.interpreter.numbers import bit_width
from irkit.interpreter.values import Array

Z = cast(Any, _z3)
"""The solver; its Python interface has no types."""

Term: TypeAlias = Any
"""A term of the solver."""

_IEEE = {
    "f16": (5, 11),
    "bf16": (8, 8),
    "f32": (8, 24),
    "f64": (11, 53),
    "f8E5M2": (5, 3),
    "f8E4M3": (4, 4),
    "f8E3M4": (3, 5),
}
"""Bits of exponent and significand (the hidden one included) of the formats of IEEE 754's form."""


class UntranslatableError(IRKitError):
    """A program, or a part of one, that has no translation for the solver."""


def is_ieee(type_: Attribute) -> bool:
    """Whether elements of this type are IEEE numbers for the solver."""
    return type_.name in _IEEE


def _integer(type_: Attribute) -> IntegerType[Any, Any] | None:
    return cast("IntegerType[Any, Any]", type_) if isinstance(type_, IntegerType) else None


def is_bool(type_: Attribute) -> bool:
    """Whether elements are truth values."""
    integer = _integer(type_)
    return integer is not None and integer.width.data == 1


def is_integer(type_: Attribute) -> bool:
    """Whether elements are bit vectors with the arithmetic of integers."""
    return _integer(type_) is not None and not is_bool(type_)


def is_signed(type_: Attribute) -> bool:
    """Whether an integer type has a sign; signless integers have, truth values have not."""
    integer = _integer(type_)
    unsigned = integer is not None and integer.signedness.data is Signedness.UNSIGNED
    return not unsigned and not is_bool(type_)


def width(type_: Attribute) -> int:
    """Bits of an element.

    Raises :class:`UntranslatableError` for complex numbers and whatever else is no bit vector.
    """
    integer = _integer(type_)
    if integer is not None:
        return integer.width.data
    if isinstance(type_, IndexType):
        return 64
    known = FLOAT_FORMATS.get(type_.name)
    if known is None:
        raise UntranslatableError(f"elements of type {type_} have no translation")
    return known.width


def sort(type_: Attribute) -> Term:
    """The solver's sort for elements of this type; booleans are vectors of one bit."""
    if type_.name in _IEEE:
        return Z.FPSort(*_IEEE[type_.name])
    return Z.BitVecSort(width(type_))


def literal(bits: int, type_: Attribute) -> Term:
    """The number with these bits."""
    vector = Z.BitVecVal(bits, width(type_))
    return Z.fpBVToFP(vector, sort(type_)) if is_ieee(type_) else vector


def literals(array: Array, type_: Attribute) -> Array:
    """An array of numbers as one of terms.

    Raises :class:`UntranslatableError` for elements that have no sort.
    """
    width(type_)
    flat = array.reshape(-1)
    unsigned = flat.view(f"u{flat.dtype.itemsize}")
    mask = (1 << bit_width(array.dtype)) - 1
    terms: Array = np.empty(flat.shape, object)
    for place, bits in enumerate(unsigned.tolist()):
        terms[place] = literal(bits & mask, type_)
    return terms.reshape(array.shape)


def bits_of(term: Term, type_: Attribute) -> int:
    """The bits of a number that a model gives; a quiet NaN for any NaN."""
    if not is_ieee(type_):
        return int(Z.simplify(term).as_long())
    if Z.is_true(Z.simplify(Z.fpIsNaN(term))):
        exponent, significand = _IEEE[type_.name]
        return (1 << (exponent + 1)) - 1 << (significand - 2)
    return int(Z.simplify(Z.fpToIEEEBV(term)).as_long())
