"""Operands for generators: of a family of elements, plain or not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

from xdsl.dialects.builtin import NoneAttr, TensorType
from xdsl.ir import Attribute

from dialects.quant.types import UniformType
from irkit.testing.drawing import Drawing
from irkit.testing.elements import DTYPES
from irkit.testing.type_facts import dtype_of, is_quantized, is_static, is_tensor
from irkit.value import Value


def plain(
    d: Drawing, dtypes: Sequence[str] = DTYPES, *, least_rank: int = 0, most_rank: int = 5
) -> Value:
    """A tensor of known shape and one of these dtypes: mostly one there is, else of any type."""
    if d.picks.below(3) < 2:
        return d.any_value(dtypes, least_rank=least_rank, most_rank=most_rank)
    dtype = d.dtype(dtypes)
    return d.value(d.shape(least_rank=least_rank, most_rank=most_rank), dtype)


def known(d: Drawing, *, most_rank: int = 5) -> Value:
    """As ``plain``, or where there is one a tensor of known shape with quantized elements.

    Their parameters are those of the whole tensor.
    """
    if d.picks.below(4) == 3:
        found = d.find(
            lambda v: (
                is_quantized(v.type)
                and is_per_tensor(v.type)
                and is_plain(v.type)
                and v.ndim <= most_rank
            )
        )
        if found is not None:
            return found
    return plain(d, most_rank=most_rank)


def operand(
    d: Drawing, dtypes: Sequence[str] = DTYPES, *, quantized: bool = False, per_axis: bool = False
) -> Value:
    """As ``plain``, or a tensor whose dimensions are not all known.

    Where there is one and ``quantized`` says so, it may be of quantized elements, with parameters
    by slice only if ``per_axis``.
    """
    if d.picks.below(3) == 2:
        found = d.find(lambda v: _is_unusual(v.type, dtypes, quantized, per_axis))
        if found is not None:
            return found
    return plain(d, dtypes)


def like(d: Drawing, value: Value) -> Value:
    """A value of the same type; the same value where its size is known only at run time."""
    return d.value_of(value.type) if is_plain(value.type) else value


def is_plain(type_: Attribute) -> bool:
    """Whether every dimension of a tensor's type is known, without bounds."""
    return is_static(type_) and _has_no_encoding(type_)


def _has_no_encoding(type_: Attribute) -> bool:
    return isinstance(type_, TensorType) and isinstance(type_.encoding, NoneAttr)


def _is_unusual(type_: Attribute, dtypes: Collection[str], quantized: bool, per_axis: bool) -> bool:
    if not is_tensor(type_):
        return False
    if is_quantized(type_):
        return quantized and (per_axis or is_per_tensor(type_))
    return not is_plain(type_) and dtype_of(type_) in dtypes


def is_per_tensor(type_: Attribute) -> bool:
    """Whether a tensor's type has quantized elements, all with the same parameters."""
    element = cast("TensorType[Attribute]", type_).element_type
    return isinstance(element, UniformType) and element.per_tensor
