"""The numbered constraints that hold only where an operation uses quantized tensors.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md; each function names the
operations whose sections have its rows. They look at the signature alone, so inference may ask
them too, and hold where no tensor is quantized.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.ir import Attribute

from dialects.constraints import Constraint
from dialects.quant.types import UniformType
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.signature import Row, Rows, Signature, row
from dialects.stablehlo.tensors import element_type, shape

Problem = Callable[[Any], str | None]


def quantized(type_: Attribute) -> UniformType | None:
    """The element type of a quantized tensor, none for any other tensor."""
    element = element_type(type_)
    return element if isinstance(element, UniformType) else None


def per_axis(type_: Attribute) -> UniformType | None:
    """The element type of a tensor that is quantized per axis, none for any other tensor."""
    found = quantized(type_)
    return found if found is not None and found.per_axis else None


def _all_quantized(types: Sequence[Attribute]) -> list[UniformType]:
    """The quantized element types; all of them, or the rows before are to blame."""
    return [found for found in map(quantized, types) if found is not None]


def _types(s: Signature) -> list[Attribute]:
    return [*s.operand_types, *s.result_types]


def _shown(*types: Attribute) -> str:
    return ", ".join(map(str, types))


# -- add ---------------------------------------------------------------------------------------


def _in_dimension_of(index: int) -> Callable[[Signature], bool]:
    """Whether an operand, if per axis, has the result's quantization dimension."""

    def holds(s: Signature) -> bool:
        operand, result = per_axis(s.operand_types[index]), per_axis(s.result_types[0])
        return operand is None or result is None or operand.dimension == result.dimension

    return holds


def is_quantized_operation(s: Signature) -> bool:
    """Whether some operand or result is a quantized tensor."""
    return any(quantized(type_) is not None for type_ in _types(s))


def _shares(part: Callable[[UniformType], Attribute]) -> Callable[[Signature], bool]:
    """Whether all quantized tensors have the part in common."""
    return lambda s: len(set(map(part, _all_quantized(_types(s))))) <= 1


def _dimension_row(id: str, label: str, index: int) -> Row:
    return row(
        id,
        _in_dimension_of(index),
        lambda s: (
            f"{label} and result must have the same quantization dimension, "
            f"got {s.operand_types[index]} and {s.result_types[0]}"
        ),
    )


ADD_ROWS: Rows = (
    row(
        "C2",
        lambda s: len(_all_quantized(_types(s))) in (0, len(_types(s))),
        lambda s: (
            f"lhs, rhs and result must all be quantized or none of them, got {_shown(*_types(s))}"
        ),
    ),
    row(
        "C3",
        _shares(lambda element: element.storage.type),
        lambda s: f"lhs, rhs and result must have the same storage type, got {_shown(*_types(s))}",
    ),
    row(
        "C4",
        _shares(lambda element: element.expressed),
        lambda s: (
            f"lhs, rhs and result must have the same expressed type, got {_shown(*_types(s))}"
        ),
    ),
    row(
        "C5",
        lambda s: (
            any(per_axis(type_) is not None for type_ in s.operand_types)
            == any(per_axis(type_) is not None for type_ in s.result_types)
        ),
        lambda s: (
            "the result must be quantized per axis if lhs or rhs is, and only then, "
            f"got {_shown(*_types(s))}"
        ),
    ),
    _dimension_row("C6", "lhs", 0),
    _dimension_row("C7", "rhs", 1),
)
"""(C2-C7) of ``add``."""


# -- dot_general, convolution, dynamic_conv ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProductIds:
    """Under which numbers an operation's specification has what is asked of lhs, rhs, result."""

    quantized: str
    storage: str
    expressed: str
    granularity: str
    hybrid: str


def _sides(s: Signature) -> tuple[Attribute, Attribute, Attribute]:
    return s.operand_types[0], s.operand_types[1], s.result_types[0]


def is_hybrid(s: Signature) -> bool:
    """Whether lhs has floats of the type that a quantized rhs expresses."""
    lhs, rhs = map(element_type, s.operand_types[:2])
    return isinstance(rhs, UniformType) and lhs == rhs.expressed


def product_rows(ids: ProductIds) -> Rows:
    """(C14), (C17-C20) of ``dot_general``; (C28), (C31-C34) of ``convolution``."""

    def which(s: Signature) -> bool:
        lhs, rhs, result = (quantized(type_) is not None for type_ in _sides(s))
        return not (lhs or rhs or result) or (lhs == result and rhs)

    def both(s: Signature) -> tuple[UniformType, UniformType, UniformType] | None:
        """The three element types of an operation that is quantized throughout."""
        lhs, rhs, result = map(quantized, _sides(s))
        if lhs is None or rhs is None or result is None:
            return None
        return lhs, rhs, result

    def storage(s: Signature) -> bool:
        found = both(s)
        return found is None or found[0].storage.type == found[1].storage.type

    def expressed(s: Signature) -> bool:
        found = both(s)
        return found is None or len({element.expressed for element in found}) == 1

    def granularity(s: Signature) -> bool:
        found = both(s)
        return found is None or found[1].per_axis or found[2].per_tensor

    def hybrid(s: Signature) -> bool:
        lhs, rhs, result = map(element_type, _sides(s))
        if isinstance(lhs, UniformType) or not isinstance(rhs, UniformType):
            return True
        return is_hybrid(s) and lhs == result

    return (
        row(
            ids.quantized,
            which,
            lambda s: (
                "rhs must be quantized, and lhs and result both or neither, "
                f"got {_shown(*_sides(s))}"
            ),
        ),
        row(
            ids.storage,
            storage,
            lambda s: f"lhs and rhs must have the same storage type, got {_shown(*_sides(s)[:2])}",
        ),
        row(
            ids.expressed,
            expressed,
            lambda s: (
                f"lhs, rhs and result must have the same expressed type, got {_shown(*_sides(s))}"
            ),
        ),
        row(
            ids.granularity,
            granularity,
            lambda s: (
                "the result must be quantized per tensor as rhs is, "
                f"got {_sides(s)[2]} for {_sides(s)[1]}"
            ),
        ),
        row(
            ids.hybrid,
            hybrid,
            lambda s: (
                "the elements of lhs and result must have the type that rhs expresses, "
                f"got {_shown(*_sides(s))}"
            ),
        ),
    )


def axis_row(id: str, label: str, index: int, name: str, dimension: Callable[[Any], int]) -> Row:
    """One of lhs, rhs, result, if quantized per axis, is so in a dimension that has a name.

    (C29) and (C30) of ``convolution`` and ``dynamic_conv``.
    """

    def found(op: Any) -> UniformType | None:
        return per_axis(_sides(op)[index])

    def holds(op: Any) -> bool:
        element = found(op)
        return element is None or element.dimension == dimension(op)

    def message(op: Any) -> str:
        return (
            f"the quantization dimension of {label} must be {name}, {dimension(op)}, "
            f"got {_sides(op)[index]}"
        )

    return Constraint(id, holds, message)


def zero_points_row(id: str, index: int) -> Row:
    """(C15) of ``dot_general``: the zero points of rhs are zero."""

    def holds(s: Signature) -> bool:
        element = quantized(s.operand_types[index])
        return element is None or not any(element.zero_points)

    return row(
        id, holds, lambda s: f"the zero points of rhs must be 0, got {s.operand_types[index]}"
    )


def not_contracted_row(id: str, contracted: Callable[[Any], Sequence[int]]) -> Constraint[Any]:
    """(C16) of ``dot_general``: rhs is not quantized along a contracting dimension."""

    def holds(op: Any) -> bool:
        element = per_axis(op.operand_types[1])
        return element is None or element.dimension not in contracted(op)

    return Constraint(
        id,
        holds,
        lambda op: (
            f"the quantization dimension of rhs must not be one of rhs_contracting_dimensions "
            f"{list(contracted(op))}, got {op.operand_types[1]}"
        ),
    )


# -- the same elements in another shape --------------------------------------------------------


def same_parameters_rows(id: str, moved: Row | None = None) -> tuple[Row, ...]:
    """The result has the operand's element type, but for the quantization dimension.

    (C1) of ``reshape``, ``dynamic_reshape`` and ``transpose``, where ``moved`` is the row that says
    how that dimension moves: if it does not hold, there are not as many scales. Without it per-axis
    parameters may differ, as (C1) of ``broadcast_in_dim`` and ``dynamic_broadcast_in_dim`` has it.
    """

    def message(s: Signature) -> str:
        return (
            f"operand and result must have the same element type, "
            f"got {element_type(s.operand_types[0])} and {element_type(s.result_types[0])}"
        )

    def holds(s: Signature) -> bool:
        operand, result = element_type(s.operand_types[0]), element_type(s.result_types[0])
        return operand == result or _same_in_each_slice(s, parameters=moved is not None)

    first = row(id, holds, message)
    return (first,) if moved is None else (first, moved, row(id, _as_many_scales, message))


def _same_in_each_slice(s: Signature, *, parameters: bool) -> bool:
    """Whether two per-axis types differ in their dimensions at most, as far as both have slices."""
    left, right = per_axis(s.operand_types[0]), per_axis(s.result_types[0])
    if left is None or right is None:
        return False
    if left.storage != right.storage or left.expressed != right.expressed:
        return False
    pairs = zip(left.scales, right.scales, left.zero_points, right.zero_points, strict=False)
    return not parameters or all(a == b and c == d for a, b, c, d in pairs)


def _as_many_scales(s: Signature) -> bool:
    left, right = per_axis(s.operand_types[0]), per_axis(s.result_types[0])
    return left is None or right is None or len(left.scales) == len(right.scales)


def _axes(s: Signature) -> tuple[int, int] | None:
    """The quantization dimensions of operand and result, if both are quantized per axis."""
    operand, result = per_axis(s.operand_types[0]), per_axis(s.result_types[0])
    return None if operand is None or result is None else (operand.dimension, result.dimension)


def _reshape_problem(s: Signature) -> str | None:
    axes = _axes(s)
    if axes is None:
        return None
    operand, result = shape(s.operand_types[0]), shape(s.result_types[0])
    pairs = (
        ("before", operand[: axes[0]], result[: axes[1]]),
        ("at", operand[axes[0] : axes[0] + 1], result[axes[1] : axes[1] + 1]),
        ("after", operand[axes[0] + 1 :], result[axes[1] + 1 :]),
    )
    for place, left, right in pairs:
        if DYNAMIC not in (*left, *right) and math.prod(left) != math.prod(right):
            return (
                f"{math.prod(left)} elements {place} the quantization dimension become "
                f"{math.prod(right)}, from {s.operand_types[0]} to {s.result_types[0]}"
            )
    return None


def reshape_row(id: str) -> Row:
    """(C3) of ``reshape`` and ``dynamic_reshape``: slices of the quantization dimension stay."""
    return row(id, lambda s: _reshape_problem(s) is None, lambda s: _reshape_problem(s) or "")


def transpose_row(id: str, permutation: Callable[[Any], Sequence[int]]) -> Row:
    """(C4) of ``transpose``: the quantization dimension moves as its dimension does."""

    def holds(s: Signature) -> bool:
        axes = _axes(s)
        return axes is None or axes[0] == permutation(s)[axes[1]]

    return row(
        id,
        holds,
        lambda s: (
            f"the quantization dimensions of {s.operand_types[0]} and {s.result_types[0]} do not "
            f"agree with permutation {list(permutation(s))}"
        ),
    )


def _broadcast_problem(s: Signature, dimensions: Sequence[int]) -> str | None:
    axes = _axes(s)
    operand, result = per_axis(s.operand_types[0]), per_axis(s.result_types[0])
    if axes is None or operand is None or result is None:
        return None
    if dimensions[axes[0]] != axes[1]:
        return (
            f"the quantization dimension {axes[0]} of the operand becomes {dimensions[axes[0]]}, "
            f"got {s.result_types[0]}"
        )
    if shape(s.operand_types[0])[axes[0]] != 1:
        return None
    expected = operand.scales[0], operand.zero_points[0]
    for i, found in enumerate(zip(result.scales, result.zero_points, strict=True)):
        if found != expected:
            return (
                f"slice {i} of the result has scale {found[0]} and zero point {found[1]}, the one "
                f"slice of the operand {expected[0]} and {expected[1]}"
            )
    return None


def broadcast_row(id: str, dimensions: Callable[[Any], Sequence[int]]) -> Row:
    """(C6) of ``broadcast_in_dim`` and ``dynamic_broadcast_in_dim``."""
    return row(
        id,
        lambda s: _broadcast_problem(s, dimensions(s)) is None,
        lambda s: _broadcast_problem(s, dimensions(s)) or "",
    )
