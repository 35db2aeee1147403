"""Comparisons that fail with what differs, and the custom calls that upstream's tests use.

Source: ``stablehlo/tests/CheckOps.td`` of https://github.com/openxla/stablehlo
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from xdsl.ir import Operation

from irkit.interpreter.closeness import almost_equal, equal, ulp_distance
from irkit.interpreter.engine import Context, CustomCall
from irkit.interpreter.errors import CheckError
from irkit.interpreter.numbers import is_complex, is_float
from irkit.interpreter.values import Array, Value

_SHOWN = 5
"""Elements that a message shows."""
_EQ_TOLERANCE = 1e-4
_CALL_TOLERANCE = 1e-3
_CALL_ULPS = 3


def _expect(good: Array, actual: Array, expected: Array, what: str) -> None:
    """Raises :class:`CheckError` with the elements where ``good`` does not hold, if there are."""
    if np.all(good):
        return
    places = np.argwhere(~np.asarray(good))
    lines = [
        f"  at {[int(i) for i in place]}: {actual[tuple(place)]} instead of "
        f"{expected[tuple(place)]}"
        for place in places[:_SHOWN]
    ]
    raise CheckError(
        f"{len(places)} of {actual.size} elements are not {what}:\n" + "\n".join(lines)
    )


def expect_eq(actual: Array, expected: Array) -> None:
    """Equal numbers; NaN is equal to nothing."""
    _check_types(actual, expected)
    _expect(equal(actual, expected), actual, expected, "equal to what was expected")


def expect_almost_eq(actual: Array, expected: Array, tolerance: float) -> None:
    """Numbers no further apart than ``tolerance``, or the same that are not finite."""
    _check_types(actual, expected)
    good = almost_equal(actual, expected, tolerance)
    _expect(good, actual, expected, f"within {tolerance} of what was expected")


def expect_close(actual: Array, expected: Array, least: int, most: int) -> None:
    """Numbers that are ``least`` to ``most`` units in the last place apart."""
    _check_types(actual, expected)
    apart = ulp_distance(actual, expected)
    good = (apart >= np.uint64(least)) & (apart <= np.uint64(most))
    _expect(good, actual, expected, f"{least} to {most} ULP from what was expected")


def _check_types(actual: Array, expected: Array) -> None:
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        types = [f"{values.dtype}{list(values.shape)}" for values in (actual, expected)]
        raise CheckError(f"{types[0]} is compared with {types[1]}")


# -- custom calls ------------------------------------------------------------------------------


def _call_eq(op: Operation, operands: list[Value], context: Context) -> Array | None:
    actual, expected = _pair(operands)
    if is_float(actual.dtype) or is_complex(actual.dtype):
        expect_almost_eq(actual, expected, _EQ_TOLERANCE)
    else:
        expect_eq(actual, expected)
    return np.asarray(True) if op.results else None


def _call_expect_eq(op: Operation, operands: list[Value], context: Context) -> None:
    expect_eq(*_pair(operands))


def _call_expect_almost_eq(op: Operation, operands: list[Value], context: Context) -> None:
    expect_almost_eq(*_pair(operands), _CALL_TOLERANCE)


def _call_expect_close(op: Operation, operands: list[Value], context: Context) -> None:
    expect_close(*_pair(operands), 0, _CALL_ULPS)


def _pair(operands: Sequence[Value]) -> tuple[Array, Array]:
    if len(operands) != 2 or not all(isinstance(value, np.ndarray) for value in operands):
        raise CheckError("a check takes two tensors, what was found and what was expected")
    return cast("tuple[Array, Array]", tuple(operands))


CUSTOM_CALLS: Mapping[str, CustomCall] = {
    "check.eq": _call_eq,
    "check.expect_almost_eq": _call_expect_almost_eq,
    "check.expect_close": _call_expect_close,
    "check.expect_eq": _call_expect_eq,
}
"""Upstream's checks in modules without the ``check`` dialect, with the tolerances that its
``stablehlo-translate --interpret`` gives them."""
