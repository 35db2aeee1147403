"""Hypothesis strategies; see :mod:`irkit.testing`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from irkit.testing.catalogue import KINDS, REGIONS, generator_of
from irkit.testing.elements import DTYPES
from irkit.testing.program import PrivateFunction, Program
from irkit.testing.step import Step
from irkit.types import numpy_dtype, tensor

T = TypeVar("T")

LARGEST_DRAWN = 200
"""Steps up to which each is drawn for itself; a larger program is made of a drawn seed."""

LARGEST = 100_000

_PICKS = st.binary(min_size=10, max_size=24).map(lambda data: tuple(data.rstrip(b"\0")))
_DEEPEST = 3


def shapes(*, most_rank: int = 5) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of up to ``most_rank`` dimensions from 0 to 4, of at most 64 elements."""
    return st.lists(st.sampled_from((2, 1, 3, 0, 4)), max_size=most_rank).map(_small)


def _small(drawn: Sequence[int]) -> tuple[int, ...]:
    sizes = list(drawn)
    while np.prod(sizes, dtype=int) > 64:
        sizes[sizes.index(max(sizes))] = 1
    return tuple(sizes)


def types(
    *, dtypes: Sequence[str] = DTYPES, most_rank: int = 5
) -> st.SearchStrategy[TensorType[Attribute]]:
    """Ranked tensor types: all dtypes, ranks 0 to 5, zero-sized and unit dimensions included."""
    return st.builds(tensor, shapes(most_rank=most_rank), st.sampled_from(dtypes))


def programs(
    *,
    min_size: int = 1,
    max_size: int = 40,
    kinds: Iterable[str] | None = None,
    declares: bool = False,
) -> st.SearchStrategy[Program]:
    """Programs of ``min_size`` to ``max_size`` steps outside of regions, at most 10^5.

    ``kinds`` are those of the catalogue that steps may have; all if None. With ``declares`` they
    suit a policy that wants live-outs declared. Programs of more than some hundred steps are made
    of a seed (``Program.random``): :func:`irkit.testing.shrink` makes a failing one smaller.
    Raises ``ProgramError`` for an unknown kind and ``ValueError`` for sizes out of range.
    """
    if not 0 <= min_size <= max_size <= LARGEST:
        raise ValueError(f"sizes from {min_size} to {max_size}: 0 <= min <= max <= {LARGEST}")
    names = None if kinds is None else _known(kinds)
    drawn = _drawn(min(min_size, LARGEST_DRAWN), min(max_size, LARGEST_DRAWN), names, declares)
    if max_size <= LARGEST_DRAWN:
        return drawn
    sizes = _sizes(max(min_size, LARGEST_DRAWN), max_size)
    large = st.builds(
        Program.random,
        st.integers(0, 1 << 32),
        sizes,
        st.just(names),
        declares=st.just(declares),
    )
    return large if min_size > LARGEST_DRAWN else st.one_of(drawn, large)


def forwards(
    *,
    min_size: int = 1,
    max_size: int = 40,
    kinds: Iterable[str] | None = None,
    declares: bool = False,
) -> st.SearchStrategy[Program]:
    """Functions of a ``Builder`` for ``irkit.record`` and ``irkit.lower``: :func:`programs`, which
    are just that."""
    return programs(min_size=min_size, max_size=max_size, kinds=kinds, declares=declares)


def weights(
    *, dtypes: Sequence[str] = DTYPES, max_size: int = 8
) -> st.SearchStrategy[dict[str, npt.NDArray[Any]]]:
    """Arrays by name, as ``irkit.record`` takes them for weights: all dtypes, any bits.

    :mod:`irkit.testing.weight_files` saves them. The weights of :func:`programs` are given by
    ``Program.weights``.
    """
    arrays = st.builds(_array, shapes(), st.sampled_from(dtypes), st.binary(min_size=8, max_size=8))
    return st.dictionaries(NAMES, arrays, max_size=max_size)


NAMES = st.one_of(
    st.sampled_from(("w", "layer.1/b 0", "arg0", "c", "7", "größe", "a.b.weight", "-")),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='"\\'), min_size=1),
)
"""Names of tensors, among them those that upstream would change."""

# -- programs --------------------------------------------------------------------------------------


def _known(kinds: Iterable[str]) -> tuple[str, ...]:
    names = tuple(sorted(set(kinds)))
    for name in names:
        generator_of(name)
    return names


@st.composite
def _sizes(draw: st.DrawFn, least: int, most: int) -> int:
    """Sizes of which each power of two is as likely as any other."""
    power = draw(st.integers(least.bit_length() - 1, most.bit_length() - 1))
    return min(max(draw(st.integers(1 << power, (2 << power) - 1)), least), most)


@lru_cache(maxsize=64)
def _drawn(
    least: int, most: int, kinds: tuple[str, ...] | None, declares: bool
) -> st.SearchStrategy[Program]:
    few = _steps(1, 0, 5, kinds)
    arguments = _tuples(st.tuples(shapes(), st.sampled_from(DTYPES)), 3)
    outputs = _tuples(st.integers(0, 60), 4)
    functions = _tuples(st.builds(PrivateFunction, arguments, few, outputs), 2)
    return st.builds(
        Program,
        _longer(least, most, kinds),
        outputs,
        arguments,
        functions,
        scope_length=st.integers(1 if declares else 0, 9),
        window=st.sampled_from((0, 1, 3, 9)),
        declares=st.integers(1, 3) if declares else st.just(0),
    )


def _tuples(items: st.SearchStrategy[T], most: int) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(items, max_size=most).map(_tuple)


def _tuple(items: list[T]) -> tuple[T, ...]:
    return tuple(items)


@st.composite
def _longer(
    draw: st.DrawFn, least: int, most: int, kinds: tuple[str, ...] | None
) -> tuple[Step, ...]:
    """Hypothesis' lists have some five items where many are allowed: these are lists of lists."""
    steps = draw(_steps(0, least, max(least, min(most, 10)), kinds))
    if most > 10:
        for part in draw(st.lists(_steps(0, 0, 10, kinds), max_size=most // 5)):
            steps += part
    return steps[:most]


@lru_cache(maxsize=64)
def _steps(
    depth: int, least: int, most: int, kinds: tuple[str, ...] | None
) -> st.SearchStrategy[tuple[Step, ...]]:
    names = tuple(sorted(KINDS)) if kinds is None else kinds
    return st.lists(_step(names, depth), min_size=least, max_size=most).map(_tuple)


@st.composite
def _step(draw: st.DrawFn, kinds: tuple[str, ...], depth: int) -> Step:
    kind = draw(st.sampled_from(kinds))
    picks = draw(_PICKS)
    regions = REGIONS.get(kind, 0) if depth < _DEEPEST else 0
    inner = [draw(_steps(depth + 1, 0, 4 - depth, kinds)) for _ in range(regions)]
    return Step(kind, picks, tuple(inner))


# -- weights ---------------------------------------------------------------------------------------


def _array(shape: tuple[int, ...], dtype: str, data: bytes) -> npt.NDArray[Any]:
    """The bytes over and over as elements, so that a few draws make an array of any size."""
    kind = numpy_dtype(dtype)
    count = int(np.prod(shape, dtype=int))
    raw = np.resize(np.frombuffer(data, np.uint8), count * kind.itemsize)
    if dtype == "i1":
        raw &= 1
    elif bits := _BITS.get(dtype):
        raw &= (1 << bits) - 1
    array = raw.view(kind).reshape(shape)
    return array if dtype not in ("i2", "i4") else array.astype(np.int8).astype(kind)


_BITS = {"ui2": 2, "ui4": 4, "i2": 2, "i4": 4, "f4E2M1FN": 4, "f6E2M3FN": 6, "f6E3M2FN": 6}
"""Of elements that are narrower than the byte that numpy keeps each in."""
