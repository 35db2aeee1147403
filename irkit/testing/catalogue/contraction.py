"""``dot_general`` and the legacy products: ``dot``, ``einsum`` and ``unary_einsum``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import FloatTF32Type

from dialects.stablehlo.attributes import Precision
from dialects.stablehlo.dot_algorithm import DotAlgorithm
from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import plain
from irkit.testing.drawing import Drawing
from irkit.testing.elements import COMPLEX, FLOATS, INTEGERS
from irkit.types import element_type
from irkit.value import Value

_SIZES = (2, 3, 1, 0)
_PRECISIONS: Sequence[Sequence[Precision] | None] = (
    None,
    (Precision.DEFAULT, Precision.DEFAULT),
    (Precision.HIGH, Precision.HIGHEST),
    (),
)
_F32 = element_type("f32")
_ALGORITHMS: Sequence[DotAlgorithm | None] = (
    None,
    DotAlgorithm(_F32, _F32, _F32),
    DotAlgorithm(FloatTF32Type(), FloatTF32Type(), _F32, num_primitive_operations=3),
    DotAlgorithm(element_type("bf16"), element_type("bf16"), _F32, num_primitive_operations=6),
    DotAlgorithm(
        element_type("f8E4M3FN"), element_type("f8E5M2"), _F32, allow_imprecise_accumulation=True
    ),
)


def result_dtype(d: Drawing, dtype: str) -> str | None:
    """Another dtype for a sum of products, of the same family; None for the operands' own."""
    if not d.picks.flag():
        return None
    families = (FLOATS, INTEGERS, COMPLEX)
    return d.dtype(next((family for family in families if dtype in family), (dtype,)))


def precision(d: Drawing) -> Sequence[Precision] | None:
    """``precision_config`` of a product."""
    return d.picks.choose(_PRECISIONS)


def dot_general(d: Drawing) -> Value:
    """Up to two batching, contracting and other dimensions of each side, in any order."""
    picks, dtype = d.picks, d.dtype()
    result = result_dtype(d, dtype)
    algorithm = picks.choose(_ALGORITHMS) if dtype in FLOATS else None
    precisions = precision(d) if algorithm is None else _PRECISIONS[picks.below(2)]
    batch, contract, left, right = ([picks.choose(_SIZES) for _ in range(n)] for n in _counts(d))
    both = [*batch, *contract]
    lhs_shape, lhs_places = _arranged(d, [*both, *left])
    rhs_shape, rhs_places = _arranged(d, [*both, *right])
    lhs, rhs = d.value(lhs_shape, dtype), d.value(rhs_shape, dtype)
    split = len(batch)
    return hlo.dot_general(
        lhs,
        rhs,
        lhs_batching_dimensions=lhs_places[:split],
        rhs_batching_dimensions=rhs_places[:split],
        lhs_contracting_dimensions=lhs_places[split : len(both)],
        rhs_contracting_dimensions=rhs_places[split : len(both)],
        precision_config=precisions,
        algorithm=algorithm,
        dtype=result,
    )


def _counts(d: Drawing) -> Sequence[int]:
    """Of batching, contracting, and both sides' other dimensions: no side has more than five."""
    batch, contract = d.picks.below(3), d.picks.choose((1, 0, 2))
    rest = 5 - batch - contract
    return batch, contract, d.picks.below(min(rest, 2) + 1), d.picks.below(min(rest, 2) + 1)


def _arranged(d: Drawing, sizes: Sequence[int]) -> tuple[list[int], list[int]]:
    """The sizes in any order, and where each came to stand."""
    order = d.picks.permutation(len(sizes))
    return [sizes[i] for i in order], [order.index(i) for i in range(len(sizes))]


def dot(d: Drawing) -> Value:
    """Vectors and matrices."""
    inner, dtype = d.picks.choose(_SIZES), d.dtype()
    left, right = ([d.picks.choose(_SIZES)] if d.picks.flag() else [] for _ in range(2))
    lhs, rhs = d.value([*left, inner], dtype), d.value([inner, *right], dtype)
    return hlo.dot(lhs, rhs, precision_config=precision(d), dtype=result_dtype(d, dtype))


def einsum(d: Drawing) -> Value:
    """Any letters of both operands, some of them in both, in any order; some are summed."""
    dtype = d.dtype()
    result = result_dtype(d, dtype)
    sizes = {letter: d.picks.choose(_SIZES) for letter in "abcd"}
    left, right = (_letters(d, sizes) for _ in range(2))
    known = sorted({*left, *right})
    found = d.picks.distinct(known, d.picks.between(0, len(known)))
    lhs, rhs = (d.value([sizes[letter] for letter in part], dtype) for part in (left, right))
    config = f"{''.join(left)},{''.join(right)}->{''.join(found)}"
    return hlo.einsum(lhs, rhs, config, dtype=result)


def _letters(d: Drawing, sizes: Mapping[str, int]) -> list[str]:
    return d.picks.distinct([*sizes], d.picks.between(0, 3))


def unary_einsum(d: Drawing) -> Value:
    """Some dimensions of the operand in any order; the others are summed."""
    x = plain(d)
    letters = "abcde"[: x.ndim]
    kept = d.picks.distinct(letters, d.picks.between(0, x.ndim))
    if not d.picks.flag():
        return hlo.unary_einsum(x, f"{letters}->{''.join(kept)}")
    return hlo.unary_einsum(x, f"...{letters[-1:]}->{letters[-1:]}...")


GENERATORS: Mapping[str, Generator] = {
    "dot": dot,
    "dot_general": dot_general,
    "einsum": einsum,
    "unary_einsum": unary_einsum,
}
