"""Elementwise operations of one and two operands, beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import WrongProgram
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import (
    check_accepted,
    check_refused,
    our_refusals,
    program,
    several,
    upstream_refusal,
)
from xdsl.dialects.builtin import TensorType, f32

from dialects.constraints import ConstraintError
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.registry import infer

T = "tensor<4xf32>"
FLOAT = ("f32", "f8E4M3FN", "bf16")
COMPLEX = ("complex<f64>",)
INTEGER = ("i32", "ui8", "i4")
BOOLEAN = ("i1",)
SIGNED = ("i16", *FLOAT)
UNARY = {
    "abs": SIGNED,
    "cbrt": FLOAT + COMPLEX,
    "ceil": FLOAT,
    "cosine": FLOAT + COMPLEX,
    "count_leading_zeros": INTEGER,
    "exponential": FLOAT + COMPLEX,
    "exponential_minus_one": FLOAT + COMPLEX,
    "floor": FLOAT,
    "imag": FLOAT,
    "log": FLOAT + COMPLEX,
    "log_plus_one": FLOAT + COMPLEX,
    "logistic": FLOAT + COMPLEX,
    "negate": INTEGER + FLOAT + COMPLEX,
    "not": BOOLEAN + INTEGER,
    "popcnt": INTEGER,
    "real": FLOAT,
    "round_nearest_afz": FLOAT,
    "round_nearest_even": FLOAT,
    "rsqrt": FLOAT + COMPLEX,
    "sign": SIGNED + COMPLEX,
    "sine": FLOAT + COMPLEX,
    "sqrt": FLOAT + COMPLEX,
    "tan": FLOAT + COMPLEX,
    "tanh": FLOAT + COMPLEX,
}
ALL = BOOLEAN + INTEGER + FLOAT + COMPLEX
BINARY = {
    "add": ALL,
    "and": BOOLEAN + INTEGER,
    "atan2": FLOAT + COMPLEX,
    "divide": INTEGER + FLOAT + COMPLEX,
    "maximum": ALL,
    "minimum": ALL,
    "multiply": ALL,
    "or": BOOLEAN + INTEGER,
    "power": INTEGER + FLOAT + COMPLEX,
    "remainder": INTEGER + FLOAT + COMPLEX,
    "shift_left": INTEGER,
    "shift_right_arithmetic": INTEGER,
    "shift_right_logical": INTEGER,
    "subtract": INTEGER + FLOAT + COMPLEX,
    "xor": BOOLEAN + INTEGER,
}
ACCURACIES = (
    "<mode = #stablehlo.result_accuracy_mode<HIGHEST>>",
    "<mode = #stablehlo.result_accuracy_mode<DEFAULT>>",
    "<atol = 1.0e-5, rtol = 0.25, ulps = 10, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>",
)


def unary_op(name: str, operand: str, result: str, attributes: str = "") -> tuple[list[str], str]:
    return [operand], f"stablehlo.{name} %0{attributes} : ({operand}) -> {result}"


def binary_op(name: str, lhs: str, rhs: str, result: str) -> tuple[list[str], str]:
    return [lhs, rhs], f"stablehlo.{name} %0, %1 : ({lhs}, {rhs}) -> {result}"


ACCEPTED = [
    *[
        several([([f"tensor<2x{e}>"], f"stablehlo.{name} %0 : tensor<2x{e}>") for e in family])
        for name, family in UNARY.items()
    ],
    *[
        several(
            [([f"tensor<{e}>"] * 2, f"stablehlo.{name} %0, %1 {{a}} : tensor<{e}>") for e in family]
        )
        for name, family in BINARY.items()
    ],
    several(
        [
            unary_op("tanh", T, T, f" {{result_accuracy = #stablehlo.result_accuracy{accuracy}}}")
            for accuracy in ACCURACIES
        ]
    ),
    several([unary_op("abs", "tensor<?xf32>", "tensor<3xf32>")]),
    several([binary_op("add", "tensor<?x4xf32>", "tensor<3x?xf32>", "tensor<3x4xf32>")]),
    several(
        [
            unary_op(name, "tensor<4xcomplex<f32>>", "tensor<4xf32>")
            for name in ("abs", "real", "imag")
        ]
    ),
    several([unary_op("is_finite", T, "tensor<4xi1>", " {a = 1}")]),
    several(
        [
            ([T, T], "stablehlo.complex %0, %1 : tensor<4xcomplex<f32>>"),
            binary_op("complex", "tensor<4xf64>", "tensor<?xf64>", "tensor<4xcomplex<f64>>"),
        ]
    ),
]


def foreign(family: tuple[str, ...]) -> str:
    """An element type that the family lacks."""
    return next(e for e in ("f32", "i1", "f80") if e not in family)


def refused(name: str, id: str, case: tuple[list[str], str]) -> tuple[str, str, str]:
    return name, id, program(*case)


REFUSED = [
    *[
        refused(name, id, unary_op(name, f"tensor<4x{operand}>", f"tensor<{result}>"))
        for name, family in UNARY.items()
        for id, operand, result in (
            ("I1", foreign(family), f"4x{foreign(family)}"),
            ("C1", family[0], f"5x{family[0]}"),
        )
    ],
    *[
        refused(name, id, unary_op(name, T, f"tensor<4x{e}>"))
        for name in ("abs", "real", "imag")
        for id, e in (("O1", "i1"), ("C2", "f64"))
    ],
    refused("tanh", "C1", unary_op("tanh", T, "tensor<4xf64>")),
    *[
        refused(name, id, binary_op(name, f"tensor<{lhs}>", f"tensor<{rhs}>", f"tensor<{lhs}>"))
        for name, family in BINARY.items()
        for id, lhs, rhs in (
            ("I1", foreign(family), foreign(family)),
            ("I2", family[0], "f80"),
            ("C1", f"4x{family[0]}", f"5x{family[0]}"),
            ("C1", f"4x{family[0]}", f"4x{family[-1]}"),
            ("C1", f"4x{family[0]}", family[0]),
        )
    ],
    refused("is_finite", "I1", unary_op("is_finite", "tensor<4xi32>", "tensor<4xi1>")),
    refused("is_finite", "O1", unary_op("is_finite", T, "tensor<4xi8>")),
    refused("is_finite", "C1", unary_op("is_finite", T, "tensor<5xi1>")),
    *[
        refused("complex", id, binary_op("complex", lhs, rhs, result))
        for id, lhs, rhs, result in (
            ("I1", "tensor<f16>", "tensor<f16>", "tensor<complex<f32>>"),
            ("I2", "tensor<f32>", "tensor<i32>", "tensor<complex<f32>>"),
            ("O1", T, T, T),
            ("C1", T, "tensor<4xf64>", "tensor<4xcomplex<f32>>"),
            ("C1", T, "tensor<5xf32>", "tensor<4xcomplex<f32>>"),
            ("C2", T, T, "tensor<5xcomplex<f32>>"),
            ("C3", T, T, "tensor<4xcomplex<f64>>"),
        )
    ],
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted_programs_are_treated_as_upstream_treats_them(text: str) -> None:
    check_accepted(text)


@pytest.mark.parametrize(("name", "id", "text"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, text: str) -> None:
    check_refused(name, id, text)


WRONG_PROGRAMS = [WrongProgram(*case) for case in REFUSED]
RIGHT_PROGRAMS = [*ACCEPTED]


@pytest.mark.parametrize(
    "accuracy",
    [
        "<ulps = 1, mode = #stablehlo.result_accuracy_mode<HIGHEST>>",
        "<atol = -1.0, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>",
        "<ulps = -1, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>",
        "<mode = #stablehlo.result_accuracy_mode<LOW>>",
        "<mode = 1>",
    ],
)
def test_a_wrong_accuracy_is_refused(accuracy: str) -> None:
    attribute = f"#stablehlo.result_accuracy{accuracy}"
    text = program([T], f"stablehlo.tanh %0 {{result_accuracy = {attribute}}} : {T}")
    assert our_refusals(text)
    assert upstream_refusal(text) is not None


def test_inference_takes_the_most_specific_shape() -> None:
    left, right = TensorType(f32, [DYNAMIC, 4]), TensorType(f32, [3, DYNAMIC])
    assert infer("maximum", [left, right]) == [TensorType(f32, [3, 4])]


def test_inference_names_the_constraint_that_forbids_a_result() -> None:
    with pytest.raises(ConstraintError, match=r"stablehlo.add: \(C1\) .*tensor<3xf32>") as caught:
        infer("add", [TensorType(f32, [2]), TensorType(f32, [3])])
    assert caught.value.violation.id == "C1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plus", []), "there is no operation stablehlo.plus"),
        (("add", [TensorType(f32, [])]), "1 operands given, 2 expected"),
        (("concatenate", [], {}), "dimension is missing"),
    ],
)
def test_inference_refuses_what_is_no_call(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        infer(*arguments)


shapes = st.lists(st.sampled_from(["2", "3", "?"]), max_size=2)
tensors = st.builds(
    lambda shape, e: f"tensor<{'x'.join([*shape, e])}>",
    shapes,
    st.sampled_from(["f32", "f32", "f32", "i1", "complex<f32>"]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([("add", 2), ("not", 1), ("complex", 2), ("power", 2), ("abs", 1)]),
    st.lists(tensors, min_size=3, max_size=3),
)
def test_verdicts_on_random_types_are_upstreams(op: tuple[str, int], types: list[str]) -> None:
    name, count = op
    operands = ", ".join(f"%{i}" for i in range(count))
    signature = f"({', '.join(types[:count])}) -> {types[2]}"
    text = program(types[:count], f'"stablehlo.{name}"({operands}) : {signature}')
    assert bool(our_refusals(text)) == (upstream_refusal(text) is not None)
