"""The comparisons of ``check``, as operations and as custom calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from irkit.interpreter import CheckError, run
from irkit.interpreter.checks import expect_almost_eq, expect_close, expect_eq
from tests.irkit.interpreter.programs import type_of


def call(target: str, *operands: Any, result: str = "") -> list[Any]:
    arrays = [np.asarray(operand) for operand in operands]
    types = [type_of(values) for values in arrays]
    arguments = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate(types))
    names = ", ".join(f"%{i}" for i in range(len(types)))
    head = "%r = " if result else ""
    text = (
        f"func.func @main({arguments}) -> ({result}) {{\n"
        f"  {head}stablehlo.custom_call @{target}({names}) : ({', '.join(types)}) -> ({result})\n"
        f"  return{f' %r : {result}' if result else ''}\n}}"
    )
    return run(text, arrays)


F = np.float32


@pytest.mark.parametrize(
    ("target", "actual", "expected", "holds"),
    [
        ("check.eq", F([1, np.nan]), F([1.00005, np.nan]), True),
        ("check.eq", F([1, 2]), F([1, 2.001]), False),
        ("check.eq", np.complex64([1 + 1j]), np.complex64([1 + 1.00005j]), True),
        ("check.eq", np.complex64([1 + 1j]), np.complex64([1 + 1.001j]), False),
        ("check.eq", np.int32([1, 2]), np.int32([1, 2]), True),
        ("check.eq", np.int32([1, 2]), np.int32([1, 3]), False),
        ("check.expect_eq", F([0.0]), F([-0.0]), True),
        ("check.expect_eq", F([np.nan]), F([np.nan]), False),
        ("check.expect_almost_eq", F([1]), F([1.0009]), True),
        ("check.expect_almost_eq", F([1]), F([1.002]), False),
        ("check.expect_close", F([1]), np.nextafter(F([1]), F(2)), True),
        ("check.expect_close", F([1]), F([1.000001]), False),
    ],
)
def test_custom_calls_have_the_tolerances_of_upstream(
    target: str, actual: np.ndarray, expected: np.ndarray, holds: bool
) -> None:
    if holds:
        assert call(target, actual, expected) == []
        return
    with pytest.raises(CheckError, match=f"1 of {actual.size} elements are not "):
        call(target, actual, expected)


def test_eq_may_give_that_it_holds() -> None:
    (found,) = call("check.eq", np.int32([1]), np.int32([1]), result="tensor<i1>")
    assert found.dtype == np.bool
    assert bool(found)


@pytest.mark.parametrize("operands", [(F(1),), (F(1), F(1), F(1))])
def test_a_check_compares_two_tensors(operands: tuple[Any, ...]) -> None:
    with pytest.raises(CheckError, match=r"2:3: .*custom_call: a check takes two tensors"):
        call("check.expect_eq", *operands)


@pytest.mark.parametrize(
    ("actual", "expected", "said"),
    [
        (F([1, 2]), F([1, 2, 3]), r"float32\[2\] is compared with float32\[3\]"),
        (F([1, 1]), F(1), r"float32\[2\] is compared with float32\[\]"),
        (F([1]), np.int32([1]), r"float32\[1\] is compared with int32\[1\]"),
        (np.complex64([1]), F([1]), r"complex64\[1\] is compared with float32\[1\]"),
    ],
)
def test_what_is_of_different_types_is_not_equal(
    actual: np.ndarray, expected: np.ndarray, said: str
) -> None:
    for check in (
        expect_eq,
        lambda a, b: expect_almost_eq(a, b, 1.0),
        lambda a, b: expect_close(a, b, 0, 1 << 40),
    ):
        with pytest.raises(CheckError, match=said):
            check(actual, expected)
    with pytest.raises(CheckError, match=f"2:3: .*custom_call: {said}"):
        call("check.eq", actual, expected)
