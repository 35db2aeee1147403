"""Tensor types that may lack a rank, and the rows that speak of them.

StableHLO has no ``tensor<*xf32>``; CHLO, ``tensor`` and ``shape`` have.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, TypeAlias, cast

from xdsl.dialects.builtin import TensorType, UnrankedTensorType
from xdsl.ir import Attribute

from dialects.quant.agreement import elements_agree
from dialects.stablehlo.base import compatible
from dialects.stablehlo.element_types import ElementTypes
from dialects.stablehlo.signature import Row, row
from dialects.stablehlo.tensors import AnyTensor

AnyRank: TypeAlias = TensorType[Attribute] | UnrankedTensorType[Any]


def element_of(type_: Attribute) -> Attribute:
    """The type of the elements of a tensor of any rank or none.

    Raises ``TypeError`` for anything else.
    """
    if isinstance(type_, TensorType | UnrankedTensorType):
        return cast("AnyRank", type_).element_type
    raise TypeError(f"expected a tensor type, got {type_}")


def is_unranked(type_: Attribute) -> bool:
    """Whether the type is a tensor without a rank."""
    return isinstance(type_, UnrankedTensorType)


def unranked(element: Attribute) -> UnrankedTensorType[Any]:
    """``tensor<*xf32>``."""
    return UnrankedTensorType(element)


def with_element(type_: Attribute, element: Attribute) -> AnyRank:
    """The type with other elements; its shape, if any, and its encoding are kept."""
    if is_unranked(type_):
        return unranked(element)
    old = cast("AnyTensor", type_)
    return TensorType(element, old.get_shape(), old.encoding)


def takes(family: ElementTypes, type_: Attribute) -> bool:
    """Whether the type is a tensor, ranked or not, of elements of the family."""
    if isinstance(type_, UnrankedTensorType):
        return element_of(cast("AnyRank", type_)) in family
    return family.accepts(type_)


def is_any_tensor(type_: Attribute) -> bool:
    """Whether the type is a tensor, with a rank or without."""
    return isinstance(type_, TensorType | UnrankedTensorType)


def shapes_agree(left: Attribute, right: Attribute) -> bool:
    """Whether both are tensors that may have one shape, whatever their elements."""
    if not is_any_tensor(left) or not is_any_tensor(right):
        return False
    if is_unranked(left) or is_unranked(right):
        return True
    return compatible(with_element(left, element_of(right)), right)


def agree(left: Attribute, right: Attribute) -> bool:
    """Whether both are tensors and may be of one type: an unknown dimension agrees with any."""
    return shapes_agree(left, right) and elements_agree(element_of(left), element_of(right))


def ranks_known_alike(types: Sequence[Attribute]) -> bool:
    """Whether all tensors have a rank or none has."""
    return len({is_unranked(type_) for type_ in types}) == 1


def accepts(id: str, label: str, index: int, family: ElementTypes) -> Row:
    """Operand ``index`` is a tensor, ranked or not, of the family."""
    return row(
        id,
        lambda s: takes(family, s.operand_types[index]),
        lambda s: f"{label} must be a {family}, got {s.operand_types[index]}",
    )


def returns(id: str, label: str, family: ElementTypes, index: int = 0) -> Row:
    """Result ``index`` is a tensor, ranked or not, of the family."""
    return row(
        id,
        lambda s: takes(family, s.result_types[index]),
        lambda s: f"{label} must be a {family}, got {s.result_types[index]}",
    )


def all_agree(id: str) -> Row:
    """All operands and the result have agreeing types."""
    return row(
        id,
        lambda s: all(agree(a, b) for a, b in combinations((*s.operand_types, *s.result_types), 2)),
        lambda s: (
            "operands and result must have one type, got "
            + ", ".join(map(str, (*s.operand_types, *s.result_types)))
        ),
    )


def one_shape(id: str, operand: str, result: str) -> Row:
    """The operand and the result have one shape, or neither has one."""
    return row(
        id,
        lambda s: (
            ranks_known_alike((s.operand_types[0], s.result_types[0]))
            and shapes_agree(s.operand_types[0], s.result_types[0])
        ),
        lambda s: (
            f"{operand} and {result} must have the same shape, "
            f"got {s.operand_types[0]} and {s.result_types[0]}"
        ),
    )
