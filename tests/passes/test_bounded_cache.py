"""A cache never passes its bounds, and never holds what alone would fill much of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import DenseArrayBase, StringAttr, SymbolRefAttr, UnitAttr, i64

from dialects.dense import dense_from_array
from irkit.types import tensor
from passes.bounded_cache import BoundedCache, attribute_bytes


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 30))))
def test_the_bounds_hold_and_answers_are_the_last_kept(entries: list[tuple[int, int]]) -> None:
    cache: BoundedCache[int, int] = BoundedCache(entries=8, limit=100)
    last: dict[int, int] = {}
    for key, size in entries:
        cache.keep(key, size, size)
        last[key] = size
        assert len(cache) <= 8
        assert sum(cache.values()) <= cache.held <= 100
        assert size <= 12 or key not in cache or cache[key] <= 12
        assert (size <= 12) == (cache.get(key) == size) or size > 12
    assert all(last[key] == value or last[key] > 12 for key, value in cache.items())


def test_the_bytes_of_attributes() -> None:
    assert attribute_bytes(StringAttr("four")) == 4
    assert attribute_bytes(UnitAttr()) == 0
    assert attribute_bytes(DenseArrayBase.from_list(i64, [1, 2, 3])) == 24
    assert attribute_bytes(dense_from_array(np.arange(9.0), tensor((9,), "f64"))) == 72
    assert attribute_bytes(SymbolRefAttr("f")) == 0


def kept(cache: BoundedCache[int, int]) -> tuple[list[int], int]:
    return list(cache), cache.held


def test_entries_are_counted_up_to_the_bound_and_no_further() -> None:
    cache: BoundedCache[int, int] = BoundedCache(entries=2, limit=80)
    assert kept(cache) == ([], 0)
    cache.keep(1, 1)
    cache.keep(2, 2)
    assert kept(cache) == ([1, 2], 0)
    cache.keep(3, 3, 4)
    assert kept(cache) == ([3], 4)


def test_bytes_are_counted_up_to_the_bound_and_no_further() -> None:
    cache: BoundedCache[int, int] = BoundedCache(entries=100, limit=80)
    for key in range(8):
        cache.keep(key, key, 10)
    assert kept(cache) == ([*range(8)], 80)
    cache.keep(8, 8, 10)
    cache.keep(9, 9, 11)
    assert kept(cache) == ([8], 10)
    cache.keep(10, 10, 2)
    assert kept(cache) == ([8, 10], 12)
