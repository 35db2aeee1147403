"""How the dimensions of a sparse tensor are stored: levels, their formats, and what is no map.

Source: ``STEA`` in SparseTensorAttrDefs.td of MLIR; the rules are those of its verifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

from dialects.affine_text import affine_text

PROPERTIES = ("nonunique", "nonordered", "soa")
"""In the order in which upstream prints them."""
FORMATS = {
    "dense": (),
    "batch": (),
    "compressed": PROPERTIES,
    "loose_compressed": PROPERTIES,
    "singleton": PROPERTIES,
    "structured": (),
}
"""Which properties each format of a level may have."""
_BEFORE_SINGLETON = ("compressed", "loose_compressed", "singleton")
_QUOTIENT_AND_REST = [AffineBinaryOpKind.FloorDiv, AffineBinaryOpKind.Mod]
_SAMPLES = 16
"""Coordinates on which an inverse is tried."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a dimension is there; an unknown number is xDSL's marker of one."""

    offset: int = 0
    size: int = DYNAMIC_INDEX
    stride: int = 1

    def numbers_text(self) -> str:
        """``(0, ?, 1)``."""
        numbers = (self.offset, self.size, self.stride)
        return f"({', '.join('?' if n == DYNAMIC_INDEX else str(n) for n in numbers)})"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of storage: where its coordinate comes from, and how it is kept."""

    coordinate: AffineExpr
    format: str
    properties: frozenset[str] = frozenset()
    structure: tuple[int, int] | None = None
    """Of a structured level: how many of how many elements are there."""

    def text(self) -> str:
        """``d0 floordiv 2 : compressed(nonunique)``."""
        shown = ", ".join(name for name in PROPERTIES if name in self.properties)
        structure = "" if self.structure is None else "[{}, {}]".format(*self.structure)
        suffix = f"({shown})" if shown else ""
        return f"{affine_text(self.coordinate)} : {self.format}{structure}{suffix}"


@dataclass(frozen=True, slots=True)
class LevelMap:
    """From the dimensions of a tensor to the levels of its storage."""

    dimensions: int
    symbols: int
    levels: tuple[Level, ...]
    slices: tuple[Slice | None, ...] = ()

    def text(self) -> str:
        """``(d0, d1) -> (d0 : dense, d1 : compressed)``."""
        symbols = ", ".join(f"s{i}" for i in range(self.symbols))
        dims = ", ".join(map(self._dimension_text, range(self.dimensions)))
        levels = ", ".join(level.text() for level in self.levels)
        return f"{f'[{symbols}]' if symbols else ''}({dims}) -> ({levels})"

    def _dimension_text(self, number: int) -> str:
        if not any(self.slices):
            return f"d{number}"
        part = self.slices[number] or Slice()
        return f"d{number} : #sparse_tensor<slice{part.numbers_text()}>"

    def problem(self) -> str | None:
        """Why storage of these levels is not possible, if it is not."""
        return _order_problem(self.levels) or self._structure_problem() or self._map_problem()

    def _structure_problem(self) -> str | None:
        for number, level in enumerate(self.levels):
            if level.structure is None:
                continue
            most = level.structure[1]
            if number != len(self.levels) - 1:
                return "a structured level must be the last"
            if any(before.format != "dense" for before in self.levels[:number]):
                return "all levels before a structured one must be dense"
            if any(size != most for size in map(_divisor, self._coordinates()) if size):
                return f"the map must divide by {most}, the size of the structured level's blocks"
        return None

    def _map_problem(self) -> str | None:
        if not self.symbols and not _is_invertible(self.dimensions, self._coordinates()):
            return "no map from the levels back to the dimensions follows from this map"
        return None

    def _coordinates(self) -> list[AffineExpr]:
        return [level.coordinate for level in self.levels]

    def is_inverted_by(self, dimensions: Sequence[AffineExpr]) -> bool:
        """Whether these expressions of the levels give the dimensions again."""
        if self.symbols:
            return True
        most = max(_divisor(coordinate) or 1 for coordinate in self._coordinates())
        for sample in range(_SAMPLES):
            # Sizes on both sides of a block, no two dimensions alike in all samples.
            point = [sample * most // 2 + sample * i + i for i in range(self.dimensions)]
            levels = [coordinate.eval(point, ()) for coordinate in self._coordinates()]
            if [expression.eval(levels, ()) for expression in dimensions] != point:
                return False
        return True


def _order_problem(levels: Sequence[Level]) -> str | None:
    for before, level in zip((None, *levels), levels, strict=False):
        format = "" if before is None else before.format
        if level.format == "singleton" and format not in _BEFORE_SINGLETON:
            return f"a singleton level must follow one of {', '.join(_BEFORE_SINGLETON)}"
        if level.format == "batch" and format not in ("", "batch"):
            return "batch levels must come before all others"
        if level.format == "dense" and before is not None and "nonunique" in before.properties:
            return "a dense level can not follow a nonunique one"
        if level.format != "singleton" and "soa" in level.properties:
            return f"soa is a property of singleton levels, not of {level.format} ones"
    if len({"soa" in level.properties for level in levels if level.format == "singleton"}) > 1:
        return "all singleton levels must be soa, or none"
    return None


def _parts(coordinate: AffineExpr) -> tuple[int, AffineBinaryOpKind | None, int] | None:
    """Dimension, operator and number of ``d0``, ``d0 floordiv 2`` or ``d0 mod 2``."""
    match coordinate:
        case AffineDimExpr():
            return coordinate.position, None, 1
        case AffineBinaryOpExpr(
            kind=AffineBinaryOpKind.FloorDiv | AffineBinaryOpKind.Mod as kind,
            lhs=AffineDimExpr() as dim,
            rhs=AffineConstantExpr() as size,
        ) if size.value > 0:
            return dim.position, kind, size.value
        case _:
            return None


def _divisor(coordinate: AffineExpr) -> int | None:
    """What ``d0 floordiv 2`` and ``d0 mod 2`` divide by."""
    found = _parts(coordinate)
    return None if found is None or found[1] is None else found[2]


def _is_invertible(dimensions: int, coordinates: Sequence[AffineExpr]) -> bool:
    """Whether each dimension is there once: whole, or as a quotient and the rest after it."""
    found = [_parts(coordinate) for coordinate in coordinates]
    parts = [part for part in found if part is not None]
    if len(parts) != len(found):
        return False
    for number in range(dimensions):
        kinds = [kind for position, kind, _ in parts if position == number]
        sizes = {size for position, _, size in parts if position == number}
        if kinds not in ([None], _QUOTIENT_AND_REST) or len(sizes) != 1:
            return False
    return True
