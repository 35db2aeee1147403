"""Rules of operations that move elements and compute nothing: exact for every element type."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, IntegerType, i64
from xdsl.ir import Attribute

from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.tensors import element_type, is_tensor, rank, shape
from irkit.verify.rules.rule import Rule, alone, nested
from irkit.verify.rules.terms import Apply, Hole, Signature, Term, apply

RESHAPE = "stablehlo.reshape"
TRANSPOSE = "stablehlo.transpose"
BROADCAST = "stablehlo.broadcast_in_dim"
SLICE = "stablehlo.slice"
REVERSE = "stablehlo.reverse"
CONCATENATE = "stablehlo.concatenate"
PAD = "stablehlo.pad"
TUPLE = "stablehlo.tuple"
GET_TUPLE_ELEMENT = "stablehlo.get_tuple_element"


def numbers(signature: Signature, name: str) -> tuple[int, ...]:
    """A property that is an array of integers."""
    value = cast("DenseArrayBase[IntegerType]", signature.get(name))
    return tuple(int(number) for number in value.get_values())


def array(values: Sequence[int]) -> Attribute:
    """``array<i64: ...>``."""
    return DenseArrayBase.from_list(i64, list(values))


def static(*types: Attribute) -> bool:
    """Whether all are tensors of known shape, and of elements that carry no scales."""
    return all(
        is_tensor(t) and DYNAMIC not in shape(t) and not element_type(t).name.startswith("quant.")
        for t in types
    )


def _same_type(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    return x[0] if static(x[0].type) and x[0].type == signature.type else None


def _reshaped(term: Term, type_: Attribute) -> Term:
    return term if term.type == type_ else apply(RESHAPE, type_, term)


def _reshape_of_reshape(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term | None:
    del place, operands
    (first,) = inner.operands
    return _reshaped(first, outer.type) if static(outer.type, first.type) else None


def _identity_transpose(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    order = numbers(signature, "permutation")
    return x[0] if order == tuple(range(len(order))) else None


def _transposed(term: Term, order: Sequence[int], type_: Attribute) -> Term:
    return apply(TRANSPOSE, type_, term, properties={"permutation": array(order)})


def _transpose_of_transpose(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term:
    del place, operands
    second, first = numbers(outer, "permutation"), numbers(inner.signature, "permutation")
    return _transposed(inner.operands[0], [first[d] for d in second], outer.type)


def _transpose_as_reshape(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    if not static(x[0].type, signature.type):
        return None
    sizes = shape(x[0].type)
    moved = [d for d in numbers(signature, "permutation") if sizes[d] != 1]
    return _reshaped(x[0], signature.type) if moved == sorted(moved) else None


def _broadcast_as_reshape(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    """One that repeats nothing, and keeps the order of the dimensions."""
    if not static(x[0].type, signature.type):
        return None
    dims = [
        d
        for d, size in zip(
            numbers(signature, "broadcast_dimensions"), shape(x[0].type), strict=True
        )
        if size != 1
    ]
    same_size = math.prod(shape(x[0].type)) == math.prod(shape(signature.type))
    return _reshaped(x[0], signature.type) if same_size and dims == sorted(dims) else None


def _broadcast_of_broadcast(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term | None:
    del place, operands
    (first,) = inner.operands
    if not static(outer.type, inner.type, first.type):
        return None
    outer_dims = numbers(outer, "broadcast_dimensions")
    dims = [outer_dims[d] for d in numbers(inner.signature, "broadcast_dimensions")]
    return apply(BROADCAST, outer.type, first, properties={"broadcast_dimensions": array(dims)})


def _broadcast_of_reshape(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term | None:
    """A reshape that only adds dimensions of size 1 before them."""
    del place, operands
    (first,) = inner.operands
    if not static(outer.type, inner.type, first.type):
        return None
    sizes, wide = shape(first.type), shape(inner.type)
    kept = [d for d, size in enumerate(wide) if size != 1]
    if 1 in sizes or tuple(wide[d] for d in kept) != sizes:
        return None
    outer_dims = numbers(outer, "broadcast_dimensions")
    dims = array([outer_dims[d] for d in kept])
    return apply(BROADCAST, outer.type, first, properties={"broadcast_dimensions": dims})


def _transpose_of_broadcast(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term | None:
    del place, operands
    (first,) = inner.operands
    if not static(outer.type):
        return None
    order = numbers(outer, "permutation")
    dims = array([order.index(d) for d in numbers(inner.signature, "broadcast_dimensions")])
    return apply(BROADCAST, outer.type, first, properties={"broadcast_dimensions": dims})


def _slice_of_slice(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term | None:
    del place, operands
    (first,) = inner.operands
    if not static(outer.type, inner.type, first.type):
        return None
    starts: list[int] = []
    strides: list[int] = []
    limits: list[int] = []
    for a, s, b, t, size in zip(
        numbers(outer, "start_indices"),
        numbers(outer, "strides"),
        numbers(inner.signature, "start_indices"),
        numbers(inner.signature, "strides"),
        shape(outer.type),
        strict=True,
    ):
        start = b + a * t
        starts.append(start)
        strides.append(s * t)
        limits.append(start + (size - 1) * s * t + 1 if size else start)
    return apply(
        SLICE,
        outer.type,
        first,
        properties={
            "start_indices": array(starts),
            "limit_indices": array(limits),
            "strides": array(strides),
        },
    )


def _identity_reverse(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    if not static(x[0].type):
        return None
    sizes = shape(x[0].type)
    return x[0] if all(sizes[d] <= 1 for d in numbers(signature, "dimensions")) else None


def _reverse_of_reverse(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term:
    del place, operands
    dims = sorted({*numbers(outer, "dimensions")} ^ {*numbers(inner.signature, "dimensions")})
    return apply(REVERSE, outer.type, inner.operands[0], properties={"dimensions": array(dims)})


def _concatenate_of_one(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    return x[0] if len(x) == 1 and x[0].type == signature.type else None


def _identity_pad(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
    names = ("edge_padding_low", "edge_padding_high", "interior_padding")
    nothing = not any(number for name in names for number in numbers(signature, name))
    return x[0] if nothing and x[0].type == signature.type else None


def _reshape_of_broadcast_scalar(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term | None:
    """What repeats one element has it everywhere, in any shape."""
    del place, operands
    (first,) = inner.operands
    if not static(outer.type, first.type) or rank(first.type):
        return None
    return apply(BROADCAST, outer.type, first, properties={"broadcast_dimensions": array([])})


def _element_of_tuple(
    outer: Signature, inner: Apply, place: int, operands: tuple[Term, ...]
) -> Term | None:
    del place, operands
    return inner.operands[cast("IntegerAttr[IntegerType]", outer.get("index")).value.data]


RULES = (
    Rule("identity-reshape", "reshape(x) = x if it has x's type", alone(_same_type, RESHAPE)),
    Rule(
        "reshape-of-reshape",
        "reshape(reshape(x)) = reshape(x)",
        nested(_reshape_of_reshape, [RESHAPE], [RESHAPE]),
    ),
    Rule(
        "identity-transpose",
        "transpose(x) = x if it permutes nothing",
        alone(_identity_transpose, TRANSPOSE),
    ),
    Rule(
        "transpose-of-transpose",
        "transpose(transpose(x)) = transpose(x) by the composed permutation",
        nested(_transpose_of_transpose, [TRANSPOSE], [TRANSPOSE]),
    ),
    Rule(
        "transpose-as-reshape",
        "transpose(x) = reshape(x) if only dimensions of size 1 change places",
        alone(_transpose_as_reshape, TRANSPOSE),
    ),
    Rule(
        "broadcast-as-reshape",
        "broadcast_in_dim(x) = reshape(x) if it repeats nothing",
        alone(_broadcast_as_reshape, BROADCAST),
    ),
    Rule(
        "broadcast-of-broadcast",
        "broadcast_in_dim(broadcast_in_dim(x)) = broadcast_in_dim(x) by the composed dimensions",
        nested(_broadcast_of_broadcast, [BROADCAST], [BROADCAST]),
    ),
    Rule(
        "broadcast-of-reshape",
        "broadcast_in_dim(reshape(x)) = broadcast_in_dim(x) if the reshape adds sizes of 1",
        nested(_broadcast_of_reshape, [BROADCAST], [RESHAPE]),
    ),
    Rule(
        "transpose-of-broadcast",
        "transpose(broadcast_in_dim(x)) = broadcast_in_dim(x) to the permuted dimensions",
        nested(_transpose_of_broadcast, [TRANSPOSE], [BROADCAST]),
    ),
    Rule(
        "reshape-of-scalar-broadcast",
        "reshape(broadcast_in_dim(x)) = broadcast_in_dim(x) if x is a scalar",
        nested(_reshape_of_broadcast_scalar, [RESHAPE], [BROADCAST]),
    ),
    Rule("identity-slice", "slice(x) = x if it takes all", alone(_same_type, SLICE)),
    Rule(
        "slice-of-slice",
        "slice(slice(x)) = slice(x) by the composed indices",
        nested(_slice_of_slice, [SLICE], [SLICE]),
    ),
    Rule(
        "identity-reverse",
        "reverse(x) = x along no dimension, or those of size 1",
        alone(_identity_reverse, REVERSE),
    ),
    Rule(
        "reverse-of-reverse",
        "reverse(reverse(x)) = reverse(x) along the dimensions of one of them only",
        nested(_reverse_of_reverse, [REVERSE], [REVERSE]),
    ),
    Rule(
        "concatenate-of-one",
        "concatenate(x) = x",
        alone(_concatenate_of_one, CONCATENATE),
    ),
    Rule("identity-pad", "pad(x, v) = x if it adds nothing", alone(_identity_pad, PAD)),
    Rule(
        "element-of-tuple",
        "get_tuple_element(tuple(x, ...)) = x",
        nested(_element_of_tuple, [GET_TUPLE_ELEMENT], [TUPLE]),
    ),
)
"""The rules of this chapter."""
