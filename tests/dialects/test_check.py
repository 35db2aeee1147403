"""The ``check`` dialect.

No upstream binding knows it: what is expected stands in upstream's CheckOps.td, as its assembly
format and its examples.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from other_dialects import rows_without
from programs import ops_of, our_refusals, our_text, program
from xdsl.traits import is_side_effect_free

from dialects.check.ops import (
    ExpectAlmostEqConstOp,
    ExpectAlmostEqOp,
    ExpectCloseOp,
    ExpectEqConstOp,
    ExpectEqOp,
    ExpectSerializedEqOp,
)

T = "tensor<2xf32>"
CLASSES = (
    ExpectAlmostEqConstOp,
    ExpectAlmostEqOp,
    ExpectCloseOp,
    ExpectEqConstOp,
    ExpectEqOp,
    ExpectSerializedEqOp,
)


def _printed(op: str, *types: str) -> str:
    """The line of the one operation, whose operands are ``%0``, ``%1``."""
    text = program(types, op, 0)
    assert our_refusals(text) == []
    printed = our_text(text)
    assert our_text(printed) == printed
    for operation in ops_of(text):
        assert not is_side_effect_free(operation)
    return printed.splitlines()[2].strip()


@pytest.mark.parametrize(
    ("op", "types"),
    [
        ("check.expect_eq %arg0, %arg1 : tensor<2xi32>", ["tensor<2xi32>"] * 2),
        ("check.expect_eq_const %arg0, dense<[1, 2]> : tensor<2xi32>", ["tensor<2xi32>"]),
        ("check.expect_eq_const %arg0, dense<true> : tensor<i1> {a}", ["tensor<i1>"]),
        ("check.expect_eq_const %arg0, dense_resource<w> : tensor<2xi32>", ["tensor<2xi32>"]),
        (f"check.expect_almost_eq %arg0, %arg1 : {T}", [T, T]),
        (f"check.expect_almost_eq %arg0, %arg1, tolerance = 1.000000e-03 : {T}", [T, T]),
        (
            f"check.expect_almost_eq %arg0, %arg1, tolerance = 1.000000e-01 {{a = 1 : i32}} : {T}",
            [T, T],
        ),
        (f"check.expect_almost_eq_const %arg0, dense<[0.999998986, 2.000000e+00]> : {T}", [T]),
        (f"check.expect_almost_eq_const %arg0, dense<0x7FC00000> : {T}, tolerance = 0.5", [T]),
        (f"check.expect_close %arg0, %arg1, max_ulp_difference = 3 : {T}, {T}", [T, T]),
        (
            "check.expect_close %arg0, %arg1, max_ulp_difference = 3, "
            f"min_ulp_difference = 1 : {{a}} {T}, {T}",
            [T, T],
        ),
        (
            'check.expect_serialized_eq %arg0, probe_id = "probe0" : tensor<2xi32>',
            ["tensor<2xi32>"],
        ),
        (
            'check.expect_serialized_eq %arg0, probe_id = "a\\22", iter = 1 {a} : tensor<i8>',
            ["tensor<i8>"],
        ),
    ],
)
def test_the_pretty_form(op: str, types: list[str]) -> None:
    shown = op.replace("%arg", "%")
    assert _printed(shown, *types) == op.replace("tolerance = 0.5", "tolerance = 5.000000e-01")


@pytest.mark.parametrize(
    ("generic", "pretty"),
    [
        (
            f'"check.expect_almost_eq"(%0, %1) {{tolerance = 0.1 : f64}} : ({T}, {T}) -> ()',
            f"check.expect_almost_eq %arg0, %arg1, tolerance = 1.000000e-01 : {T}",
        ),
        (
            f'"check.expect_almost_eq"(%0, %1) {{tolerance = 0.0001 : f64}} : ({T}, {T}) -> ()',
            f"check.expect_almost_eq %arg0, %arg1 : {T}",
        ),
        (
            f'"check.expect_close"(%0, %1) : ({T}, {T}) -> ()',
            f"check.expect_close %arg0, %arg1, max_ulp_difference = 1 : {T}, {T}",
        ),
        (
            f'"check.expect_close"(%0, %1) <{{max_ulp_difference = 7 : ui64, '
            f"min_ulp_difference = 0 : ui64}}> {{a}} : ({T}, {T}) -> ()",
            f"check.expect_close %arg0, %arg1, max_ulp_difference = 7 : {{a}} {T}, {T}",
        ),
    ],
)
def test_defaults_are_left_out(generic: str, pretty: str) -> None:
    assert _printed(generic, T, T) == pretty


def test_a_tolerance_may_stand_in_the_dictionary() -> None:
    op = f"check.expect_almost_eq_const %0, dense<1.0> : {T} {{tolerance = 0.1 : f64}}"
    expected = (
        f"check.expect_almost_eq_const %arg0, dense<1.000000e+00> : {T}, tolerance = 1.000000e-01"
    )
    assert _printed(op, T) == expected
    (checked,) = ops_of(program([T], op, 0))
    assert isinstance(checked, ExpectAlmostEqConstOp)
    assert checked.tolerated == 0.1


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_limits_are_read(least: int, most: int) -> None:
    limits = f"max_ulp_difference = {most}, min_ulp_difference = {least}"
    (op,) = ops_of(program([T, T], f"check.expect_close %0, %1, {limits} : {T}, {T}", 0))
    assert isinstance(op, ExpectCloseOp)
    assert op.ulps == (least, most)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0))
def test_tolerances_are_read(tolerance: float) -> None:
    (op,) = ops_of(
        program([T, T], f"check.expect_almost_eq %0, %1, tolerance = {tolerance:e} : {T}", 0)
    )
    assert isinstance(op, ExpectAlmostEqOp)
    assert op.tolerated == float(f"{tolerance:e}")


INTS, X = "tensor<2xi32>", "tensor<2xindex>"
WRONG = [
    ("check.expect_eq", "I1", [X, INTS], f'"check.expect_eq"(%0, %1) : ({X}, {INTS}) -> ()'),
    ("check.expect_eq", "I2", [INTS, X], f'"check.expect_eq"(%0, %1) : ({INTS}, {X}) -> ()'),
    ("check.expect_eq", "types", [INTS, T], f'"check.expect_eq"(%0, %1) : ({INTS}, {T}) -> ()'),
    (
        "check.expect_almost_eq",
        "I1",
        [INTS, T],
        f'"check.expect_almost_eq"(%0, %1) : ({INTS}, {T}) -> ()',
    ),
    (
        "check.expect_almost_eq",
        "I2",
        [T, INTS],
        f'"check.expect_almost_eq"(%0, %1) : ({T}, {INTS}) -> ()',
    ),
    (
        "check.expect_almost_eq",
        "types",
        [T, "tensor<2xf64>"],
        f'"check.expect_almost_eq"(%0, %1) : ({T}, tensor<2xf64>) -> ()',
    ),
    (
        "check.expect_close",
        "I1",
        [INTS, T],
        f"check.expect_close %0, %1, max_ulp_difference = 3 : {INTS}, {T}",
    ),
    (
        "check.expect_close",
        "I2",
        [T, INTS],
        f"check.expect_close %0, %1, max_ulp_difference = 3 : {T}, {INTS}",
    ),
    (
        "check.expect_close",
        "types",
        [T, "tensor<?xf32>"],
        f"check.expect_close %0, %1, max_ulp_difference = 3 : {T}, tensor<?xf32>",
    ),
    (
        "check.expect_eq_const",
        "I1",
        [X],
        f'"check.expect_eq_const"(%0) {{value = dense<1> : {X}}} : ({X}) -> ()',
    ),
    (
        "check.expect_eq_const",
        "types",
        [INTS],
        f'"check.expect_eq_const"(%0) {{value = dense<1> : tensor<3xi32>}} : ({INTS}) -> ()',
    ),
    (
        "check.expect_almost_eq_const",
        "I1",
        [INTS],
        f"check.expect_almost_eq_const %0, dense<1> : {INTS}",
    ),
    (
        "check.expect_almost_eq_const",
        "types",
        [T],
        f'"check.expect_almost_eq_const"(%0) {{value = dense<1.0> : tensor<f32>}} : ({T}) -> ()',
    ),
    (
        "check.expect_serialized_eq",
        "I1",
        [X],
        f'check.expect_serialized_eq %0, probe_id = "a" : {X}',
    ),
]


@pytest.mark.parametrize(("name", "id", "types", "op"), WRONG)
def test_a_wrong_program_is_refused(name: str, id: str, types: list[str], op: str) -> None:
    (message,) = our_refusals(program(types, op, 0))
    assert message.startswith(f"{name}: ({id}) ")


def test_every_row_has_a_wrong_program() -> None:
    assert rows_without(CLASSES, [(op, id) for op, id, _, _ in WRONG]) == set()


@pytest.mark.parametrize(
    "op",
    [
        "check.expect_eq %0 : tensor<2xf32>",
        "check.expect_eq_const %0 : tensor<2xf32>",
        "check.expect_close %0, %0 : tensor<2xf32>, tensor<2xf32>",
        "check.expect_close %0, %0, max_ulp_difference = -1 : tensor<2xf32>, tensor<2xf32>",
        "check.expect_almost_eq %0, %0, tolerance = 1 : tensor<2xf32>",
        "check.expect_almost_eq %0, %0, tolerance = 1.0 {tolerance = 1.0 : f64} : tensor<2xf32>",
        "check.expect_serialized_eq %0, probe_id = a : tensor<2xf32>",
        "check.expect_serialized_eq %0 : tensor<2xf32>",
        '"check.expect_serialized_eq"(%0) : (tensor<2xf32>) -> ()',
    ],
)
def test_wrong_syntax_is_refused(op: str) -> None:
    assert our_refusals(program([T], op, 0)) != []
