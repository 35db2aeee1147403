"""Distances between numbers, and what counts as close."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from irkit.interpreter import peers
from irkit.interpreter.closeness import FAR, almost_equal, equal, ulp_distance
from irkit.interpreter.peers import PeerError, difference, run_peer


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.integers(0, 40))
def test_ulps_count_the_steps_between(number: float, steps: int) -> None:
    start = end = np.float32(number)
    for _ in range(steps):
        with np.errstate(over="ignore"):
            following = np.nextafter(end, np.float32(np.inf))
        if np.isinf(following):
            return
        end = following
    a, b = np.asarray([start]), np.asarray([end])
    # From -0 to +0 is no step.
    assert int(ulp_distance(a, b)[0]) == steps
    assert int(ulp_distance(b, a)[0]) == steps


def test_what_is_not_finite() -> None:
    x = np.asarray([np.nan, np.inf, np.inf, np.nan, 1, -0.0])
    y = np.asarray([np.nan, np.inf, -np.inf, 1, np.inf, 0.0])
    assert ulp_distance(x, y).tolist() == [0, 0, FAR, FAR, FAR, 0]
    assert equal(x, y).tolist() == [False, True, False, False, False, True]
    assert almost_equal(x, y, 1e-3).tolist() == [True, True, False, False, False, True]


def test_complex_numbers_by_parts_and_integers_by_difference() -> None:
    x = np.asarray([1 + 1j], np.complex64)
    y = x + np.complex64(np.spacing(np.float32(1)) * 3j)
    assert ulp_distance(x, y).tolist() == [3]
    limits = np.iinfo(np.int64)
    ends = np.asarray([limits.min]), np.asarray([limits.max])
    assert ulp_distance(*ends).tolist() == [2**64 - 1]
    small = np.asarray([-8], ml_dtypes.int4), np.asarray([7], ml_dtypes.int4)
    assert ulp_distance(*small).tolist() == [15]


def test_a_cancelled_sum_is_close_in_units_of_the_largest_element() -> None:
    ours = np.asarray([1000.0, 1e-6], np.float32)
    theirs = np.asarray([1000.0, 3e-5], np.float32)
    found = difference(ours, theirs)
    assert found.ulps > 10**6
    assert found.scaled < 1
    assert found.index == (1,)
    assert found.within(1)
    assert not difference(ours, theirs + np.float32(1)).within(64)


def test_integers_and_infinities_are_never_close() -> None:
    one = np.asarray([1000], np.int32)
    assert not difference(one, one + np.int32(1)).within(64)
    assert difference(one, one).within(0)
    endless = np.asarray([np.inf, 1e9], np.float32)
    assert not difference(endless, np.asarray([1e9, 1e9], np.float32)).within(64)
    with pytest.raises(PeerError, match="int32"):
        difference(one, one.astype(np.int64))
    none = np.zeros((0, 3), np.float32)
    assert str(difference(none, none)) == "equal"
    with pytest.raises(PeerError, match=r"float32\[0, 3\] here is float32\[3, 0\] there"):
        difference(none, none.T)


def test_a_peer_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(peers._MODULES, "iree", "no_such_package.compiler")
    with pytest.raises(PeerError, match=r"^iree is not installed: pip install 'irkit\[iree\]'$"):
        run_peer("iree", "module {}", [])


def test_xla_runs_main_alone() -> None:
    with pytest.raises(PeerError, match=r"^XLA runs @main, not @other$"):
        run_peer("jax", "module {}", [], function="other")


def test_a_peer_that_cannot_read_a_module_is_told() -> None:
    with pytest.raises(PeerError, match="jax did not run the module"):
        run_peer("jax", "nonsense", [])
