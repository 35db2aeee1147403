"""Parts of tensors and larger tensors from them, beside upstream."""

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
)
from xdsl.dialects.builtin import TensorType, f32, i64

from dialects.constraints import ConstraintError
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.registry import infer
from dialects.stablehlo.syntax import i64_array

T, INDEX, S = "tensor<4x6xf32>", "tensor<i32>", "tensor<f32>"
NO_ELEMENT = "tensor<4x6xf80>"


def typed(op: str, types: list[str], result: str) -> tuple[list[str], str]:
    return types, f"stablehlo.{op} : ({', '.join(types)}) -> {result}"


def slice_(ranges: str, result: str, operand: str = T) -> tuple[list[str], str]:
    return typed(f"slice %0 {ranges}", [operand], result)


def generic_slice(starts: str, limits: str, strides: str) -> tuple[list[str], str]:
    properties = ", ".join(
        f"{name} = array<i64{': ' if numbers else ''}{numbers}>"
        for name, numbers in (
            ("start_indices", starts),
            ("limit_indices", limits),
            ("strides", strides),
        )
    )
    return [T], f'"stablehlo.slice"(%0) <{{{properties}}}> : ({T}) -> {T}'


def dynamic(types: list[str], sizes: str, result: str) -> tuple[list[str], str]:
    operands = ", ".join(f"%{i}" for i in range(len(types)))
    return typed(f"dynamic_slice {operands}, sizes = {sizes}", types, result)


def update(types: list[str], result: str = T) -> tuple[list[str], str]:
    operands = ", ".join(f"%{i}" for i in range(len(types)))
    return typed(f"dynamic_update_slice {operands}", types, result)


def concatenate(types: list[str], dim: int, result: str) -> tuple[list[str], str]:
    operands = ", ".join(f"%{i}" for i in range(len(types)))
    return typed(f"concatenate {operands}, dim = {dim}", types, result)


def pad(
    low: str, high: str, interior: str, result: str, operand: str = T, value: str = S
) -> tuple[list[str], str]:
    edges = f"low = {low}, high = {high}, interior = {interior}"
    return typed(f"pad %0, %1, {edges}", [operand, value], result)


ACCEPTED = [
    several(
        [
            slice_("[0:4, 1:6:2]", "tensor<4x3xf32>"),
            slice_("[2:2, 0:6:7]", "tensor<0x1xf32>"),
            slice_("[]", "tensor<i4>", "tensor<i4>"),
            slice_("[0:9] {a}", "tensor<9xf32>", "tensor<?xf32>"),
            slice_("[1:3]", "tensor<?xui8>", "tensor<5xui8>"),
        ]
    ),
    several(
        [
            dynamic([T, INDEX, INDEX], "[4, 0]", "tensor<4x0xf32>"),
            dynamic(["tensor<?xf32>", "tensor<ui64>"], "[9] {b}", "tensor<9xf32>"),
        ]
    ),
    several(
        [
            update([T, "tensor<1x6xf32>", INDEX, INDEX]),
            update(["tensor<f32>", "tensor<f32>"], "tensor<f32>"),
            update(["tensor<?x6xf32>", "tensor<1x?xf32>", INDEX, INDEX], "tensor<?x6xf32>"),
        ]
    ),
    several(
        [
            concatenate([T, "tensor<1x6xf32>"], 0, "tensor<5x6xf32>"),
            concatenate([T], 1, T),
            concatenate(["tensor<?x2xi1>", "tensor<3x?xi1>"], 1, "tensor<3x?xi1>"),
        ]
    ),
    several(
        [
            pad("[1, 0]", "[0, -2]", "[0, 3]", "tensor<5x19xf32>"),
            pad("[]", "[]", "[]", "tensor<f32>", "tensor<f32>"),
            pad("[0]", "[0]", "[5] {a = 1}", "tensor<0xf32>", "tensor<0xf32>"),
            pad("[1]", "[1]", "[0]", "tensor<?xf32>", "tensor<?xf32>"),
        ]
    ),
]

REFUSED = [
    (name, id, program(*case))
    for name, id, case in (
        ("slice", "I1", slice_("[0:4, 0:6]", T, NO_ELEMENT)),
        ("slice", "O1", slice_("[0:4, 0:6]", NO_ELEMENT)),
        ("slice", "C1", slice_("[0:4, 0:6]", "tensor<4x6xi32>")),
        ("slice", "C2", slice_("[0:4]", T)),
        ("slice", "C2", generic_slice("0, 0", "4, 6", "1")),
        ("slice", "C2", generic_slice("0", "4, 6", "1, 1")),
        ("slice", "C3", slice_("[-1:4, 0:6]", T)),
        ("slice", "C3", slice_("[0:5, 0:6]", T)),
        ("slice", "C3", slice_("[3:2, 0:6]", T)),
        ("slice", "C4", slice_("[0:4:0, 0:6]", T)),
        ("slice", "C4", slice_("[0:4:-1, 0:6]", T)),
        ("slice", "C5", slice_("[0:4, 0:6:4]", T)),
        ("dynamic_slice", "I1", dynamic([NO_ELEMENT, INDEX, INDEX], "[4, 6]", T)),
        ("dynamic_slice", "I2", dynamic([T, INDEX, "tensor<1xi32>"], "[4, 6]", T)),
        ("dynamic_slice", "I2", dynamic([T, INDEX, S], "[4, 6]", T)),
        ("dynamic_slice", "O1", dynamic([T, INDEX, INDEX], "[4, 6]", NO_ELEMENT)),
        ("dynamic_slice", "C1", dynamic([T, INDEX, INDEX], "[4, 6]", "tensor<4x6xf64>")),
        ("dynamic_slice", "C2", dynamic([T, INDEX], "[4, 6]", T)),
        ("dynamic_slice", "C2", dynamic([T, INDEX, INDEX], "[4]", T)),
        ("dynamic_slice", "C3", dynamic([T, INDEX, "tensor<i64>"], "[4, 6]", T)),
        ("dynamic_slice", "C4", dynamic([T, INDEX, INDEX], "[5, 6]", T)),
        ("dynamic_slice", "C4", dynamic([T, INDEX, INDEX], "[-1, 6]", T)),
        ("dynamic_slice", "C5", dynamic([T, INDEX, INDEX], "[3, 6]", T)),
        ("dynamic_update_slice", "I1", update([NO_ELEMENT, T, INDEX, INDEX], NO_ELEMENT)),
        ("dynamic_update_slice", "I2", update([T, NO_ELEMENT, INDEX, INDEX])),
        ("dynamic_update_slice", "I3", update([T, T, INDEX, "tensor<i1>"])),
        ("dynamic_update_slice", "C1", update([T, T, INDEX, INDEX], "tensor<4x5xf32>")),
        ("dynamic_update_slice", "C2", update([T, "tensor<4x6xf64>", INDEX, INDEX])),
        ("dynamic_update_slice", "C3", update([T, "tensor<6xf32>", INDEX, INDEX])),
        ("dynamic_update_slice", "C4", update([T, T, INDEX])),
        ("dynamic_update_slice", "C5", update([T, T, INDEX, "tensor<ui8>"])),
        ("dynamic_update_slice", "C6", update([T, "tensor<5x6xf32>", INDEX, INDEX])),
        ("concatenate", "I1", concatenate([NO_ELEMENT], 0, NO_ELEMENT)),
        ("concatenate", "O1", concatenate([T], 0, NO_ELEMENT)),
        ("concatenate", "C1", concatenate([T, "tensor<4x6xf64>"], 0, "tensor<8x6xf32>")),
        ("concatenate", "C2", concatenate([T, "tensor<4x5xf32>"], 0, "tensor<8x6xf32>")),
        ("concatenate", "C2", concatenate([T, "tensor<4xf32>"], 0, "tensor<8x6xf32>")),
        ("concatenate", "C3", ([], f'"stablehlo.concatenate"() <{{dimension = 0}}> : () -> {T}')),
        ("concatenate", "C4", concatenate([T], 2, T)),
        ("concatenate", "C4", concatenate([T], -1, T)),
        ("concatenate", "C4", concatenate([S], 0, S)),
        ("concatenate", "C5", concatenate([T], 0, "tensor<4x6xi32>")),
        ("concatenate", "C6", concatenate([T, T], 0, T)),
        ("pad", "I1", pad("[0, 0]", "[0, 0]", "[0, 0]", T, NO_ELEMENT)),
        ("pad", "I2", pad("[0, 0]", "[0, 0]", "[0, 0]", T, T, "tensor<1xf32>")),
        ("pad", "O1", pad("[0, 0]", "[0, 0]", "[0, 0]", NO_ELEMENT)),
        ("pad", "C1", pad("[0, 0]", "[0, 0]", "[0, 0]", T, T, "tensor<f64>")),
        ("pad", "C1", pad("[0, 0]", "[0, 0]", "[0, 0]", "tensor<4x6xf64>")),
        ("pad", "C2", pad("[0]", "[0]", "[0]", T)),
        ("pad", "C2", pad("[0, 0]", "[0, 0]", "[0]", T)),
        ("pad", "C3", pad("[0, 0]", "[0, 0]", "[0, -1]", T)),
        ("pad", "C4", pad("[0, 0]", "[0, 0]", "[0, 1]", T)),
        ("pad", "C4", pad("[0, -7]", "[0, 0]", "[0, 0]", "tensor<4x?xf32>")),
    )
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted_programs_are_treated_as_upstream_treats_them(text: str) -> None:
    check_accepted(text)


@pytest.mark.parametrize(("name", "id", "text"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, text: str) -> None:
    check_refused(name, id, text)


WRONG_PROGRAMS = [WrongProgram(*case) for case in REFUSED]
RIGHT_PROGRAMS = [*ACCEPTED]


def test_the_numbers_are_in_the_message() -> None:
    assert our_refusals(program(*slice_("[0:4, 3:9:2]", T))) == [
        "stablehlo.slice: (C3) dimension 1: 0 <= start <= limit <= size must hold, "
        "got start 3, limit 9, size 6"
    ]


@pytest.mark.parametrize(
    "op",
    [
        f"stablehlo.slice %0 [0:4:1:1, 0:6] : ({T}) -> {T}",
        f"stablehlo.slice %0 [0:4, 0] : ({T}) -> {T}",
        f"stablehlo.slice %0 [0:4, 0:6] {{strides = 1}} : ({T}) -> {T}",
        f"stablehlo.concatenate %0 dim = 0 : ({T}) -> {T}",
        f"stablehlo.concatenate %0, %0, dim = 0 : ({T}) -> tensor<8x6xf32>",
        f"stablehlo.dynamic_slice %0, sizes = [4, 6] : {T}",
        f"stablehlo.pad %0, %0, high = [0, 0], low = [0, 0], interior = [0, 0] : ({T}, {T}) -> {T}",
    ],
)
def test_wrong_syntax_is_refused(op: str) -> None:
    text = program([T], op)
    assert our_refusals(text)
    assert upstream_refusal(text) is not None


def test_a_dynamic_slice_of_a_scalar_can_be_read_back() -> None:
    # Upstream prints "%arg0, , sizes = []" here, which it cannot parse.
    text = our_text(program(*dynamic(["tensor<f32>"], "[]", "tensor<f32>")))
    assert "stablehlo.dynamic_slice %arg0, sizes = [] :" in text
    assert our_text(text) == text
    assert upstream_refusal(text) is None


def test_inference_keeps_unknown_dimensions_unknown() -> None:
    unknown = TensorType(f32, [DYNAMIC, 2])
    properties = {name: i64_array([1, 1]) for name in ("edge_padding_low", "interior_padding")}
    properties["edge_padding_high"] = i64_array([0, 0])
    scalar = TensorType(f32, [])
    assert infer("pad", [unknown, scalar], properties) == [TensorType(f32, [DYNAMIC, 4])]


def test_inference_names_the_constraint_that_forbids_a_result() -> None:
    index = TensorType(i64, [])
    with pytest.raises(ConstraintError) as caught:
        infer(
            "dynamic_slice",
            [TensorType(f32, [3]), index],
            {"slice_sizes": i64_array([4])},
        )
    assert caught.value.violation.id == "C4"


tensors = st.lists(st.sampled_from(["1", "2", "3", "?"]), max_size=2).map(
    lambda dims: f"tensor<{'x'.join([*dims, 'f32'])}>"
)
numbers = st.lists(st.integers(-1, 4), max_size=2)


@settings(max_examples=150, deadline=None)
@given(tensors, numbers, numbers, numbers, tensors)
def test_verdicts_on_random_pads_are_upstreams(
    operand: str, low: list[int], high: list[int], interior: list[int], result: str
) -> None:
    case = pad(str(low), str(high), str(interior), result, operand)
    assert bool(our_refusals(program(*case))) == (upstream_refusal(program(*case)) is not None)


@settings(max_examples=150, deadline=None)
@given(tensors, st.lists(st.tuples(*[st.integers(-1, 4)] * 3), max_size=2), tensors)
def test_verdicts_on_random_slices_are_upstreams(
    operand: str, ranges: list[tuple[int, int, int]], result: str
) -> None:
    shown = ", ".join(f"{start}:{limit}:{stride}" for start, limit, stride in ranges)
    text = program(*slice_(f"[{shown}]", result, operand))
    assert bool(our_refusals(text)) == (upstream_refusal(text) is not None)


@settings(max_examples=150, deadline=None)
@given(st.lists(tensors, min_size=1, max_size=3), st.integers(0, 2), tensors)
def test_verdicts_on_random_concatenations_are_upstreams(
    inputs: list[str], dim: int, result: str
) -> None:
    text = program(*concatenate(inputs, dim, result))
    assert bool(our_refusals(text)) == (upstream_refusal(text) is not None)
