"""``stablehlo.constant``, beside upstream."""

from __future__ import annotations

import numpy as np
import pytest
from constraint_programs import wrong_programs
from programs import (
    check_accepted,
    check_refused,
    our_refusals,
    our_text,
    program,
    several,
    upstream_refusal,
    upstream_text,
)

VALUES = [
    "dense<1.0> : tensor<4xf32>",
    "dense<[0x7F800000, 0xFF800000, 0x7FC00000, -0.0, 1.0e10, 0.1]> : tensor<6xf32>",
    "dense<[true, false]> : tensor<2xi1>",
    "dense<[[1, -2], [3, 4]]> : tensor<2x2xi8>",
    "dense<255> : tensor<ui8>",
    "dense<(1.0, -2.5)> : tensor<complex<f32>>",
    "dense<[-8, 7, 0]> : tensor<3xi4>",
    "dense<> : tensor<0x3xf64>",
    "dense<0x7FC0> : tensor<bf16>",
    'dense<"0x0000803F00000040"> : tensor<2xf32>',
    f'dense<"0x{np.arange(101, dtype=np.float32).tobytes().hex()}"> : tensor<101xf32>',
    "dense_resource<w> : tensor<2xf32>",
]


@pytest.mark.parametrize("value", VALUES)
def test_constants_are_treated_as_upstream_treats_them(value: str) -> None:
    check_accepted(several([([], f"stablehlo.constant {value}")]))
    check_accepted(several([([], f"stablehlo.constant {{b, a = 1}} {value}")]))


REFUSED = [
    (id, program([], op))
    for id, op in (
        ("C1", '"stablehlo.constant"() <{value = dense<1> : tensor<2xi32>}> : () -> tensor<3xi32>'),
        ("C1", '"stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<ui32>'),
        ("O1", '"stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<?xi32>'),
        ("O1", '"stablehlo.constant"() <{value = dense<1> : tensor<i3>}> : () -> tensor<i3>'),
    )
]
WRONG_PROGRAMS = wrong_programs("constant", REFUSED)
RIGHT_PROGRAMS = [several([([], f"stablehlo.constant {value}") for value in VALUES])]


@pytest.mark.parametrize(("id", "text"), REFUSED)
def test_a_violated_constraint_is_named(id: str, text: str) -> None:
    check_refused("constant", id, text)


@pytest.mark.parametrize(
    "op",
    [
        "stablehlo.constant",
        "stablehlo.constant 1.0 : f32",
        "stablehlo.constant dense<[1, 2]> : tensor<3xi32>",
        "stablehlo.constant dense<1> : vector<3xi32>",
        "stablehlo.constant dense<1> : tensor<3xi3>",
        "stablehlo.constant dense<1.5> : tensor<3xi32>",
        "stablehlo.constant dense<1> : tensor<?xi32>",
        "stablehlo.constant dense_resource<w> : f32",
        '"stablehlo.constant"() : () -> tensor<f32>',
        '"stablehlo.constant"() <{value = 1.0 : f32}> : () -> tensor<f32>',
    ],
)
def test_what_is_no_constant_is_refused(op: str) -> None:
    text = program([], op)
    assert our_refusals(text)
    assert upstream_refusal(text) is not None


def test_the_form_with_parentheses_is_read() -> None:
    for given in ("<{value = dense<1> : tensor<i32>}>", "{value = dense<1> : tensor<i32>}"):
        text = program([], f"stablehlo.constant() {given} : () -> tensor<i32>")
        assert our_text(text) == upstream_text(text)


def test_integers_are_named_c_and_all_others_cst() -> None:
    text = our_text(several([([], f"stablehlo.constant {value}") for value in VALUES[:6]]))
    names = [line.split()[0] for line in text.splitlines() if "constant" in line]
    assert names == ["%cst", "%cst_0", "%c", "%c_1", "%c_2", "%cst_3"]
