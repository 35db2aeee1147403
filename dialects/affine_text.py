"""Affine maps and sets as upstream MLIR prints them."""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineConstraintExpr,
    AffineExpr,
    AffineMap,
    AffineSet,
)

_SPELLING = {
    AffineBinaryOpKind.Mul: " * ",
    AffineBinaryOpKind.FloorDiv: " floordiv ",
    AffineBinaryOpKind.CeilDiv: " ceildiv ",
    AffineBinaryOpKind.Mod: " mod ",
}


def affine_map_text(map: AffineMap) -> str:
    """``(d0, d1)[s0] -> (d0 + s0, d1)``."""
    results = ", ".join(affine_text(e) for e in map.results)
    return f"{_inputs(map.num_dims, map.num_symbols)} -> ({results})"


def affine_set_text(set: AffineSet) -> str:
    """``(d0)[s0] : (d0 - s0 >= 0)``."""
    constraints = ", ".join(map(_constraint_text, set.constraints))
    return f"{_inputs(set.num_dims, set.num_symbols)} : ({constraints})"


def affine_text(expression: AffineExpr, *, inside: bool = False) -> str:
    """``d0 * 2 - s0``; ``inside`` a product, what is not a single name has parentheses."""
    if not isinstance(expression, AffineBinaryOpExpr):
        return str(expression)
    if expression.kind is AffineBinaryOpKind.Add:
        text = _sum(expression.lhs, expression.rhs)
    elif expression.kind is AffineBinaryOpKind.Mul and _constant(expression.rhs) == -1:
        text = f"-{affine_text(expression.lhs, inside=True)}"
    else:
        lhs, rhs = (affine_text(e, inside=True) for e in (expression.lhs, expression.rhs))
        text = f"{lhs}{_SPELLING[expression.kind]}{rhs}"
    return f"({text})" if inside else text


def _sum(lhs: AffineExpr, rhs: AffineExpr) -> str:
    """Adding what is negative shows as a subtraction."""
    left = affine_text(lhs)
    number = _constant(rhs)
    if number is not None and number < 0:
        return f"{left} - {-number}"
    if isinstance(rhs, AffineBinaryOpExpr) and rhs.kind is AffineBinaryOpKind.Mul:
        factor = _constant(rhs.rhs)
        if factor == -1:
            is_sum = isinstance(rhs.lhs, AffineBinaryOpExpr) and (
                rhs.lhs.kind is AffineBinaryOpKind.Add
            )
            return f"{left} - {affine_text(rhs.lhs, inside=is_sum)}"
        if factor is not None and factor < 0:
            return f"{left} - {affine_text(rhs.lhs, inside=True)} * {-factor}"
    return f"{left} + {affine_text(rhs)}"


def _constant(expression: AffineExpr) -> int | None:
    return expression.value if isinstance(expression, AffineConstantExpr) else None


def _constraint_text(constraint: AffineConstraintExpr) -> str:
    lhs, rhs = affine_text(constraint.lhs), affine_text(constraint.rhs)
    return f"{lhs} {constraint.kind.value} {rhs}"


def _inputs(dims: int, symbols: int) -> str:
    shown = f"[{_names('s', symbols)}]" if symbols else ""
    return f"({_names('d', dims)}){shown}"


def _names(letter: str, count: int) -> str:
    names: Iterable[str] = (f"{letter}{i}" for i in range(count))
    return ", ".join(names)
