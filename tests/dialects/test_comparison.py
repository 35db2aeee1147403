"""Comparison and choice, conversions, and the barrier, beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import WrongProgram
from hypothesis import given, settings
from hypothesis import strategies as st
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
from xdsl.dialects.builtin import TensorType, i32

from dialects.constraints import ConstraintError
from dialects.stablehlo.attributes import (
    ComparisonDirection,
    ComparisonDirectionAttr,
    ComparisonType,
    ComparisonTypeAttr,
)
from dialects.stablehlo.registry import infer

T, P, S = "tensor<4xf32>", "tensor<4xi1>", "tensor<i1>"
NO_ELEMENT = "tensor<4xf80>"
"""A tensor of what is no element type of the dialect."""


def typed(
    op: str, types: tuple[str, ...], result: str, *, ranks: str = ""
) -> tuple[list[str], str]:
    """``stablehlo.op %0, %1 : (t, t) -> t``; ``ranks`` comes after the operands."""
    operands = ", ".join(f"%{i}" for i in range(len(types)))
    return [*types], f"stablehlo.{op} {operands}{ranks} : ({', '.join(types)}) -> {result}"


def compare(lhs: str, rhs: str, result: str, order: str = "", word: str = "LT") -> tuple:
    types, op = typed("compare", (lhs, rhs), result, ranks=order)
    return types, op.replace("compare ", f"compare {word}, ", 1)


ACCEPTED = [
    several(
        [
            compare("tensor<4x" + e + ">", "tensor<4x" + e + ">", P, f", {order} {{k = 2}}", word)
            for e, order, word in (
                ("f32", "FLOAT", "LT"),
                ("bf16", "TOTALORDER", "LE"),
                ("i32", "SIGNED", "GT"),
                ("ui8", "UNSIGNED", "GE"),
                ("i1", "UNSIGNED", "EQ"),
                ("complex<f32>", "FLOAT", "NE"),
                ("f32", "NOTYPE", "EQ"),
            )
        ]
    ),
    several([compare(T, T, P), compare(T, "tensor<?xf32>", "tensor<?xi1>")]),
    several(
        [
            ([S, T, T], f"stablehlo.select %0, %1, %2 : {S}, {T}"),
            ([P, T, T], f"stablehlo.select %0, %1, %2 {{z}} : {P}, {T}"),
            typed("select", ("tensor<?xi1>", "tensor<?xf32>", T), T),
        ]
    ),
    several(
        [
            ([T, T, T], f"stablehlo.clamp %0, %1, %2 : {T}"),
            typed("clamp", ("tensor<f32>", T, T), T, ranks=" {a = []}"),
        ]
    ),
    several(
        [
            typed("convert", (T,), "tensor<4xui8>"),
            ([T], f"stablehlo.convert %0 : {T}"),
            typed("convert", ("tensor<4xi1>",), "tensor<4xcomplex<f64>>"),
        ]
    ),
    several(
        [
            typed("bitcast_convert", (T,), "tensor<4xi32>"),
            typed("bitcast_convert", (T,), "tensor<4x2xbf16>"),
            typed("bitcast_convert", ("tensor<?x8xi4>",), "tensor<?xi32>"),
            typed("bitcast_convert", ("tensor<4x2xcomplex<f32>>",), "tensor<4xcomplex<f64>>"),
        ]
    ),
    several(
        [
            ([T], f"stablehlo.reduce_precision %0, format = e5m10 : {T}"),
            ([T], f"stablehlo.reduce_precision %0, format = e1m0 {{x}} : {T}"),
            typed("reduce_precision", (T,), "tensor<?xf32>", ranks=", format = e8m23"),
        ]
    ),
    program([T], f"stablehlo.optimization_barrier {{a}} %0 : {T}"),
    program([T, S], f"stablehlo.optimization_barrier %0, %1 : {T}, {S}", 2),
]

REFUSED = [
    (name, id, program(*case))
    for name, id, case in (
        ("compare", "I1", compare(NO_ELEMENT, T, P)),
        ("compare", "I2", compare(T, NO_ELEMENT, P)),
        ("compare", "O1", compare(T, T, "tensor<4xi8>")),
        ("compare", "C1", compare(T, "tensor<4xi32>", P)),
        ("compare", "C2", compare(T, "tensor<5xf32>", P)),
        ("compare", "C2", compare(T, T, "tensor<5xi1>")),
        ("select", "I1", typed("select", ("tensor<i8>", T, T), T)),
        ("select", "I2", typed("select", (S, NO_ELEMENT, T), T)),
        ("select", "I3", typed("select", (S, T, NO_ELEMENT), T)),
        ("select", "C1", typed("select", ("tensor<5xi1>", T, T), T)),
        ("select", "C2", typed("select", (S, T, "tensor<4xf64>"), T)),
        ("select", "C2", typed("select", (S, T, T), "tensor<5xf32>")),
        ("clamp", "I1", typed("clamp", (NO_ELEMENT, T, T), T)),
        ("clamp", "I2", typed("clamp", (T, NO_ELEMENT, T), T)),
        ("clamp", "I3", typed("clamp", (T, T, NO_ELEMENT), T)),
        ("clamp", "C1", typed("clamp", ("tensor<5xf32>", T, T), T)),
        ("clamp", "C2", typed("clamp", (T, T, "tensor<1xf32>"), T)),
        ("clamp", "C3", typed("clamp", (T, T, "tensor<4xf64>"), T)),
        ("clamp", "C4", typed("clamp", (T, T, T), "tensor<5xf32>")),
        ("convert", "I1", typed("convert", (NO_ELEMENT,), T)),
        ("convert", "O1", typed("convert", (T,), "tensor<4xindex>")),
        ("convert", "C1", typed("convert", (T,), "tensor<2x2xf32>")),
        ("bitcast_convert", "I1", typed("bitcast_convert", (NO_ELEMENT,), T)),
        ("bitcast_convert", "O1", typed("bitcast_convert", (T,), NO_ELEMENT)),
        ("bitcast_convert", "C1", typed("bitcast_convert", (T,), "tensor<5xi32>")),
        ("bitcast_convert", "C1", typed("bitcast_convert", (T,), "tensor<4xi64>")),
        ("bitcast_convert", "C1", typed("bitcast_convert", (T,), "tensor<4x3xi8>")),
        ("bitcast_convert", "C2", typed("bitcast_convert", (T,), "tensor<2xcomplex<f32>>")),
        (
            "reduce_precision",
            "I1",
            typed("reduce_precision", (P,), P, ranks=", format = e5m10"),
        ),
        (
            "reduce_precision",
            "C1",
            typed("reduce_precision", (T,), "tensor<5xf32>", ranks=", format = e5m10"),
        ),
        ("reduce_precision", "C2", typed("reduce_precision", (T,), T, ranks=", format = e0m1")),
        (
            "reduce_precision",
            "C3",
            (
                [T],
                '"stablehlo.reduce_precision"(%0) '
                f"<{{exponent_bits = 5 : i32, mantissa_bits = -1 : i32}}> : ({T}) -> {T}",
            ),
        ),
        (
            "optimization_barrier",
            "I1",
            ([NO_ELEMENT], f"stablehlo.optimization_barrier %0 : {NO_ELEMENT}"),
        ),
        (
            "optimization_barrier",
            "C1",
            ([T], f'"stablehlo.optimization_barrier"(%0) : ({T}) -> tensor<5xf32>'),
        ),
    )
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted_programs_are_treated_as_upstream_treats_them(text: str) -> None:
    check_accepted(text)


@pytest.mark.parametrize(("name", "id", "text"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, text: str) -> None:
    check_refused(name, id, text)


def test_a_new_comparison_must_suit_its_element_type() -> None:
    properties = {
        "comparison_direction": ComparisonDirectionAttr(ComparisonDirection.EQ),
        "compare_type": ComparisonTypeAttr(ComparisonType.UNSIGNED),
    }
    with pytest.raises(ConstraintError) as caught:
        infer("compare", [TensorType(i32, [4])] * 2, properties)
    assert str(caught.value) == (
        "stablehlo.compare: (C3) compare_type must be SIGNED for elements of type i32, got UNSIGNED"
    )


READ_ONLY = program(*compare("tensor<i32>", "tensor<i32>", S, ", UNSIGNED"))


def test_a_comparison_that_upstream_takes_can_be_read() -> None:
    assert our_refusals(READ_ONLY) == []
    assert our_text(READ_ONLY) == upstream_text(READ_ONLY)


SPREAD = program(*typed("bitcast_convert", ("tensor<f32>",), "tensor<2xi32>"))


def test_a_bitcast_between_equal_widths_keeps_the_shape() -> None:
    # Upstream's verifier compares only the dimensions that both shapes have.
    (message,) = our_refusals(SPREAD)
    assert message.startswith("stablehlo.bitcast_convert: (C1) ")
    assert upstream_refusal(SPREAD) is None


WRONG_PROGRAMS = [
    *(WrongProgram(*case) for case in REFUSED),
    WrongProgram("compare", "C3", READ_ONLY, stricter=True),
    WrongProgram("bitcast_convert", "C1", SPREAD, stricter=True),
]
RIGHT_PROGRAMS = [*ACCEPTED]


def test_a_barrier_may_be_empty() -> None:
    text = program([], "stablehlo.optimization_barrier ()", 0)
    assert our_text(text) == upstream_text(text)


@pytest.mark.parametrize(
    "op",
    [
        f"stablehlo.compare XX, %0, %0 : ({T}, {T}) -> {P}",
        f"stablehlo.compare LT, %0, %0, REAL : ({T}, {T}) -> {P}",
        f"stablehlo.compare LT, %0, %0 {{compare_type = 1}} : ({T}, {T}) -> {P}",
        f"stablehlo.select %0, %0, %0 : {T}",
        f"stablehlo.select %0, %0, %0 : ({T}, {T}) -> {T}",
        f"stablehlo.clamp %0, %0 : {T}",
        f"stablehlo.convert %0 : ({T}) -> ({T}, {T})",
        f"stablehlo.reduce_precision %0, format = m5e10 : {T}",
        f"stablehlo.complex %0, %0 : {T}",
    ],
)
def test_wrong_syntax_is_refused(op: str) -> None:
    text = program([T], op)
    assert our_refusals(text)
    assert upstream_refusal(text) is not None


shapes = st.lists(st.sampled_from(["2", "3", "?"]), max_size=2)
tensors = st.builds(
    lambda shape, e: f"tensor<{'x'.join([*shape, e])}>",
    shapes,
    st.sampled_from(["f32", "f32", "f64", "i1", "i32"]),
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        [("select", 3), ("clamp", 3), ("convert", 1), ("is_finite", 1), ("compare", 2)]
    ),
    st.lists(tensors, min_size=4, max_size=4),
)
def test_verdicts_on_random_types_are_upstreams(op: tuple[str, int], types: list[str]) -> None:
    name, count = op
    operands = ", ".join(f"%{i}" for i in range(count))
    signature = f"({', '.join(types[:count])}) -> {types[3]}"
    given = "comparison_direction = #stablehlo<comparison_direction NE>" * (name == "compare")
    text = program(types[:count], f'"stablehlo.{name}"({operands}) {{{given}}} : {signature}')
    assert bool(our_refusals(text)) == (upstream_refusal(text) is not None)
