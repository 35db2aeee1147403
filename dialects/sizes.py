"""Sizes as terms: what a dimension is in terms of the operands of an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Function(Enum):
    """What a term computes of its arguments."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE_UP = "ceildiv"
    MAXIMUM = "max"
    BROADCAST = "broadcast"
    """The second size if the first is 1, else the first."""


@dataclass(frozen=True, slots=True)
class Dim:
    """The size of dimension ``dim`` of operand number ``operand``."""

    operand: int
    dim: int


@dataclass(frozen=True, slots=True)
class Element:
    """Element ``index`` of operand number ``operand``, which holds sizes."""

    operand: int
    index: int


@dataclass(frozen=True, slots=True)
class Term:
    """A function of two sizes."""

    function: Function
    left: Size
    right: Size


Size: TypeAlias = "int | Dim | Element | Term"
"""A number, or what it is in terms of the operands."""

_COMPUTE: Mapping[Function, Callable[[int, int], int]] = {
    Function.ADD: lambda left, right: left + right,
    Function.SUBTRACT: lambda left, right: left - right,
    Function.MULTIPLY: lambda left, right: left * right,
    Function.DIVIDE_UP: lambda left, right: -(-left // right),
    Function.MAXIMUM: max,
    Function.BROADCAST: lambda left, right: right if left == 1 else left,
}
_NEUTRAL = {
    (Function.ADD, 0),
    (Function.SUBTRACT, 0),
    (Function.MULTIPLY, 1),
    (Function.DIVIDE_UP, 1),
}
"""Right arguments that leave the left one as it is."""


def apply(function: Function, left: Size, right: Size) -> Size:
    """The term, or the number where both arguments are."""
    if isinstance(left, int) and isinstance(right, int):
        return _COMPUTE[function](left, right)
    if isinstance(right, int) and (function, right) in _NEUTRAL:
        return left
    if function is Function.ADD and left == 0:
        return right
    if function is Function.MULTIPLY and 0 in (left, right):
        return 0
    if function is Function.BROADCAST:
        # Of two sizes that fit, a known one that is not 1 is the result.
        if left in (1, right) or (isinstance(right, int) and right != 1):
            return right
        if isinstance(left, int) or right == 1:
            return left
    return Term(function, left, right)


def add(left: Size, right: Size) -> Size:
    """The sum."""
    return apply(Function.ADD, left, right)


def evaluate(
    size: Size, shapes: Sequence[Sequence[int]], elements: Mapping[int, Sequence[int]]
) -> int:
    """The number that a size is where the operands have these shapes.

    ``elements`` has, by number, those of the operands that hold sizes.
    Raises ``ZeroDivisionError`` for a stride of 0.
    """
    match size:
        case Dim():
            return shapes[size.operand][size.dim]
        case Element():
            return elements[size.operand][size.index]
        case Term():
            left, right = (evaluate(s, shapes, elements) for s in (size.left, size.right))
            return _COMPUTE[size.function](left, right)
        case _:
            return size


def size_text(size: Size) -> str:
    """``dim(%0, 1) + 2``: operands are shown by number, ``%2[0]`` is an element."""
    match size:
        case Dim():
            return f"dim(%{size.operand}, {size.dim})"
        case Element():
            return f"%{size.operand}[{size.index}]"
        case Term(function=Function.MAXIMUM | Function.BROADCAST):
            return f"{size.function.value}({size_text(size.left)}, {size_text(size.right)})"
        case Term():
            left, right = map(_argument_text, (size.left, size.right))
            return f"{left} {size.function.value} {right}"
        case _:
            return str(size)


def _argument_text(size: Size) -> str:
    plain = not isinstance(size, Term) or size.function in (Function.MAXIMUM, Function.BROADCAST)
    return size_text(size) if plain else f"({size_text(size)})"
