"""Shapes as terms of operands give, for every size, what inference gives for that size."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import ops_of, program
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Operation

from dialects.reify import reify
from dialects.sizes import Dim, Element, Function, Size, Term, add, apply, evaluate, size_text
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.registry import infer
from dialects.stablehlo.tensors import shape

SIZES = st.integers(3, 9)
BODY = "({ ^bb0(%a: tensor<f32>, %b: tensor<f32>): stablehlo.return %a : tensor<f32> })"
CHOICE = (
    "({ ^bb0(%a: tensor<f32>, %b: tensor<f32>): %c = stablehlo.constant dense<true> : tensor<i1> "
    "stablehlo.return %c : tensor<i1> }, { ^bb0(%a: tensor<f32>, %b: tensor<f32>): "
    "stablehlo.return %a : tensor<f32> })"
)
M, V, S = "tensor<?x?xf32>", "tensor<?xf32>", "tensor<f32>"
NORMALIZED = "{epsilon = 1.0 : f32, feature_index = 1 : i64}"
GATHER = "{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], "
INFERRED: dict[str, tuple[Sequence[str], str]] = {
    "abs": ([M], f'"stablehlo.abs"(%0) : ({M}) -> {M}'),
    "add": ([M, M], f'"stablehlo.add"(%0, %1) : ({M}, {M}) -> {M}'),
    "all_reduce": (
        [M, V],
        f'"stablehlo.all_reduce"(%0, %1) {BODY} {{replica_groups = dense<0> : tensor<1x1xi64>}} '
        f": ({M}, {V}) -> ({M}, {V})",
    ),
    "batch_norm_inference": (
        [M, V],
        f'"stablehlo.batch_norm_inference"(%0, %1, %1, %1, %1) {NORMALIZED} '
        f": ({M}, {V}, {V}, {V}, {V}) -> {M}",
    ),
    "batch_norm_training": (
        [M, V],
        f'"stablehlo.batch_norm_training"(%0, %1, %1) {NORMALIZED} '
        f": ({M}, {V}, {V}) -> ({M}, {V}, {V})",
    ),
    "broadcast": (
        [M],
        f'"stablehlo.broadcast"(%0) {{broadcast_sizes = array<i64: 7>}} : ({M}) '
        "-> tensor<7x?x?xf32>",
    ),
    "clamp": ([S, M], f'"stablehlo.clamp"(%0, %1, %0) : ({S}, {M}, {S}) -> {M}'),
    "compare": (
        [M, M],
        '"stablehlo.compare"(%0, %1) {comparison_direction = #stablehlo<comparison_direction LT>} '
        f": ({M}, {M}) -> tensor<?x?xi1>",
    ),
    "concatenate": (
        [M, "tensor<4x?xf32>", M],
        '"stablehlo.concatenate"(%0, %1, %2) {dimension = 0 : i64} '
        f": ({M}, tensor<4x?xf32>, {M}) -> {M}",
    ),
    "dot": ([M, M], f'"stablehlo.dot"(%0, %1) : ({M}, {M}) -> {M}'),
    "dot_general": (
        ["tensor<?x?x?xf32>", "tensor<?x5x?xf32>"],
        '"stablehlo.dot_general"(%0, %1) {dot_dimension_numbers = #stablehlo.dot<'
        "lhs_batching_dimensions = [1], rhs_batching_dimensions = [1], "
        "lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [2]>} "
        ": (tensor<?x?x?xf32>, tensor<?x5x?xf32>) -> tensor<5x?x?xf32>",
    ),
    "gather": (
        [M, "tensor<?x1xi64>"],
        f'"stablehlo.gather"(%0, %1) {GATHER}start_index_map = [0], index_vector_dim = 1>, '
        f"slice_sizes = array<i64: 1, 2>}} : ({M}, tensor<?x1xi64>) -> tensor<?x2xf32>",
    ),
    "map": (
        [M],
        '"stablehlo.map"(%0) ({ ^bb0(%a: tensor<f32>): stablehlo.return %a : tensor<f32> }) '
        f"{{dimensions = array<i64: 0, 1>}} : ({M}) -> {M}",
    ),
    "pad": (
        [M, S],
        '"stablehlo.pad"(%0, %1) {edge_padding_low = array<i64: 2, -1>, '
        "edge_padding_high = array<i64: 0, 1>, interior_padding = array<i64: 0, 2>} "
        f": ({M}, {S}) -> {M}",
    ),
    "reduce": (
        [M, M, S],
        '"stablehlo.reduce"(%0, %1, %2, %2) ({ ^bb0(%a: tensor<f32>, %b: tensor<f32>, '
        "%c: tensor<f32>, %d: tensor<f32>): stablehlo.return %a, %b : tensor<f32>, tensor<f32> }) "
        f"{{dimensions = array<i64: 0>}} : ({M}, {M}, {S}, {S}) -> ({V}, {V})",
    ),
    "select": (
        ["tensor<i1>", M, M],
        f'"stablehlo.select"(%0, %1, %2) : (tensor<i1>, {M}, {M}) -> {M}',
    ),
    "select_and_scatter": (
        [V, S],
        f'"stablehlo.select_and_scatter"(%0, %0, %1) {CHOICE} '
        f"{{window_dimensions = array<i64: 1>}} : ({V}, {V}, {S}) -> {V}",
    ),
    "transpose": (
        [M],
        f'"stablehlo.transpose"(%0) {{permutation = array<i64: 1, 0>}} : ({M}) -> {M}',
    ),
    "triangular_solve": (
        [M, M],
        '"stablehlo.triangular_solve"(%0, %1) {left_side = true, lower = true, '
        "transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = true} "
        f": ({M}, {M}) -> {M}",
    ),
}


def operation(arguments: Sequence[str], text: str) -> Operation:
    """The operation of a program, the constants before it left out."""
    return ops_of(program(arguments, text, results=text.rpartition("->")[2].count("tensor")))[-1]


def _of_known_sizes(types: Sequence[Attribute], size: int) -> list[Attribute]:
    """Every unknown dimension has one size: so all of them fit together."""
    return [
        TensorType(type_.element_type, [size if d == DYNAMIC else d for d in type_.get_shape()])
        for type_ in types
        if isinstance(type_, TensorType)
    ]


@pytest.mark.parametrize("name", INFERRED)
def test_terms_give_what_inference_gives_for_known_sizes(name: str) -> None:
    op = operation(*INFERRED[name])
    # A size that must be one that is known is that.
    for size in (5,) if name == "dot_general" else (3, 5, 8):
        types = _of_known_sizes(op.operand_types, size)
        inferred = infer(op.name, types, op.properties, op.regions)
        shapes = [shape(type_) for type_ in types]
        found = [[evaluate(term, shapes, {}) for term in terms] for terms in reify(op)]
        assert found == [list(shape(type_)) for type_ in inferred]


# -- sizes that are elements of operands -------------------------------------------------------

NUMBERS = st.lists(st.integers(0, 4), min_size=1, max_size=1)


@given(SIZES, NUMBERS, NUMBERS, NUMBERS)
def test_a_dynamic_pad_is_a_pad(
    size: int, low: list[int], high: list[int], inner: list[int]
) -> None:
    three = ", ".join(["tensor<1xi64>"] * 3)
    op = operation(
        [V, S, *["tensor<1xi64>"] * 3],
        f'"stablehlo.dynamic_pad"(%0, %1, %2, %3, %4) : ({V}, {S}, {three}) -> {V}',
    )
    static = operation(
        [V, S],
        f'"stablehlo.pad"(%0, %1) {{edge_padding_low = array<i64: {low[0]}>, edge_padding_high = '
        f"array<i64: {high[0]}>, interior_padding = array<i64: {inner[0]}>}} : ({V}, {S}) -> {V}",
    )
    ((dynamic,), (fixed,)) = reify(op)[0], reify(static)[0]
    found = evaluate(dynamic, [[size], []], {2: low, 3: high, 4: inner})
    assert found == evaluate(fixed, [[size], []], {})


@given(st.integers(0, 5), st.integers(0, 9), st.integers(1, 4))
def test_a_dynamic_slice_has_as_many_elements_as_a_range(start: int, more: int, step: int) -> None:
    op = operation(
        [V, *["tensor<1xi64>"] * 3],
        '"stablehlo.real_dynamic_slice"(%0, %1, %2, %3) '
        f": ({V}, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> {V}",
    )
    ((size,),) = reify(op)
    found = evaluate(size, [[99]], {1: [start], 2: [start + more], 3: [step]})
    assert found == len(range(start, start + more, step))


@pytest.mark.parametrize(
    ("arguments", "text", "expected"),
    [
        (
            ["tensor<2xindex>"],
            f'"stablehlo.dynamic_iota"(%0) {{iota_dimension = 0 : i64}} : (tensor<2xindex>) -> {M}',
            "%0[0], %0[1]",
        ),
        (
            [V, "tensor<2xi64>"],
            f'"stablehlo.dynamic_reshape"(%0, %1) : ({V}, tensor<2xi64>) -> {M}',
            "%1[0], %1[1]",
        ),
        (
            [V, "tensor<2xi64>"],
            '"stablehlo.dynamic_broadcast_in_dim"(%0, %1) {broadcast_dimensions = array<i64: 0>} '
            f": ({V}, tensor<2xi64>) -> {M}",
            "%1[0], %1[1]",
        ),
        (
            [S, "tensor<1xi64>"],
            '"stablehlo.rng"(%0, %0, %1) {rng_distribution = #stablehlo<rng_distribution UNIFORM>} '
            f": ({S}, {S}, tensor<1xi64>) -> {V}",
            "%2[0]",
        ),
        (
            [M, "tensor<i32>"],
            f'"stablehlo.set_dimension_size"(%0, %1) {{dimension = 1 : i64}} : ({M}, tensor<i32>) '
            f"-> {M}",
            "dim(%0, 0), %1[0]",
        ),
        (
            [M, "tensor<?x1xi64>", "tensor<2xi64>"],
            f'"stablehlo.dynamic_gather"(%0, %1, %2) {GATHER}start_index_map = [0], '
            f"index_vector_dim = 1>}} : ({M}, tensor<?x1xi64>, tensor<2xi64>) -> {M}",
            "dim(%1, 0), %2[1]",
        ),
        (
            [V],
            f'"stablehlo.bitcast_convert"(%0) : ({V}) -> tensor<?x4xi8>',
            "dim(%0, 0), 4",
        ),
        (
            ["tensor<?x4xi8>"],
            f'"stablehlo.bitcast_convert"(%0) : (tensor<?x4xi8>) -> {V}',
            "dim(%0, 0)",
        ),
        (
            [S],
            f'"stablehlo.broadcast_in_dim"(%0) {{broadcast_dimensions = array<i64>}} : ({S}) '
            "-> tensor<2x3xf32>",
            "2, 3",
        ),
    ],
)
def test_terms_are_shown(arguments: Sequence[str], text: str, expected: str) -> None:
    (terms,) = reify(operation(arguments, text))
    assert ", ".join(map(size_text, terms)) == expected


def test_elements_of_constants_are_numbers() -> None:
    text = """func.func @f(%0: tensor<?xf32>) {
      %c = stablehlo.constant dense<[3, 5]> : tensor<2xi64>
      %r = stablehlo.dynamic_reshape %0, %c : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
      return
    }"""
    (_, op) = ops_of(text)
    assert reify(op) == [[3, 5]]


@pytest.mark.parametrize(
    ("left", "right", "attributes", "expected"),
    [
        (V, S, "", "dim(%0, 0)"),
        (V, V, "", "broadcast(dim(%0, 0), dim(%1, 0))"),
        ("tensor<?x1xf32>", V, "", "dim(%0, 0), dim(%1, 0)"),
        (V, "tensor<2x3xf32>", "", "2, 3"),
        (
            V,
            M,
            " {broadcast_dimensions = array<i64: 1>}",
            "dim(%1, 0), broadcast(dim(%0, 0), dim(%1, 1))",
        ),
    ],
)
def test_shapes_are_broadcast(left: str, right: str, attributes: str, expected: str) -> None:
    text = f'"chlo.broadcast_add"(%0, %1){attributes} : ({left}, {right}) -> tensor<*xf32>'
    (terms,) = reify(operation([left, right], text))
    assert ", ".join(map(size_text, terms)) == expected


def test_only_the_last_dimensions_are_broadcast() -> None:
    text = (
        f'"chlo.broadcast_add"(%0, %1) {{broadcast_dimensions = array<i64: 0>}} : ({V}, {M}) -> {M}'
    )
    with pytest.raises(NotImplementedError, match="align"):
        reify(operation([V, M], text))


@pytest.mark.parametrize(
    "text",
    [
        f'"stablehlo.custom_call"(%0) {{call_target_name = "a"}} : ({V}) -> {V}',
        f'"stablehlo.reduce_window"(%0, %1) {BODY} {{window_dimensions = array<i64: 2>}} '
        f": ({V}, {S}) -> {V}",
    ],
)
def test_what_does_not_follow_is_told(text: str) -> None:
    with pytest.raises(NotImplementedError, match="does not follow"):
        reify(operation([V, S], text))


# -- terms -------------------------------------------------------------------------------------

LEAVES = st.one_of(
    st.integers(0, 9),
    st.builds(Dim, st.just(0), st.integers(0, 1)),
    st.builds(Element, st.just(1), st.just(0)),
)


@given(st.sampled_from(list(Function)), LEAVES, LEAVES, st.tuples(*[st.integers(1, 9)] * 3))
def test_folded_terms_have_the_same_value(
    function: Function, left: Size, right: Size, numbers: tuple[int, int, int]
) -> None:
    shapes, elements = [numbers[:2]], {1: numbers[2:]}
    if function is Function.DIVIDE_UP and right == 0:
        right = 1
    expected = evaluate(Term(function, left, right), shapes, elements)
    # Sizes that are broadcast are equal or 1.
    if function is Function.BROADCAST:
        values = {evaluate(size, shapes, elements) for size in (left, right)}
        if len(values - {1}) > 1:
            return
    assert evaluate(apply(function, left, right), shapes, elements) == expected


def test_terms_that_change_nothing_are_left_out() -> None:
    size = Dim(0, 1)
    assert apply(Function.ADD, 0, size) == size == add(size, 0)
    assert apply(Function.MULTIPLY, 0, size) == 0 == apply(Function.MULTIPLY, size, 0)


def test_terms_show_how_they_are_bracketed() -> None:
    total = add(add(Dim(0, 1), 2), Element(3, 0))
    assert size_text(total) == "(dim(%0, 1) + 2) + %3[0]"
    assert size_text(apply(Function.MULTIPLY, apply(Function.MAXIMUM, total, 0), 2)) == (
        "max((dim(%0, 1) + 2) + %3[0], 0) * 2"
    )
