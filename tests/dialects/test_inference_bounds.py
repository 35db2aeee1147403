"""Inferred types and verdicts where dimensions are bounded, and where operands are constants."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import ops_of, our_refusals, program
from xdsl.dialects.builtin import TensorType, f32, i32, i64
from xdsl.ir import Attribute

from dialects.attribute_text import attribute_text
from dialects.dense import dense_from_array
from dialects.stablehlo.base import DYNAMIC, compatible
from dialects.stablehlo.bounded_types import (
    Extent,
    bounded,
    extents,
    joined,
    least_specific,
    most_specific,
)
from dialects.stablehlo.registry import OPERATIONS, infer
from tests.witness.iree import tool

ANY = "tensor<?xf32>"
AT_MOST_3 = "tensor<?xf32, #stablehlo.bounds<3>>"
AT_MOST_2 = "tensor<?xf32, #stablehlo.bounds<2>>"
OF_3 = "tensor<3xf32>"
OF_4 = "tensor<4xf32>"
VECTORS = (ANY, AT_MOST_3, OF_3, OF_4)
SCALAR = "tensor<f32>"
BODY = "({ ^bb0(%a: tensor<f32>, %b: tensor<f32>): stablehlo.return %a : tensor<f32> })"


# -- the arithmetic of dimensions --------------------------------------------------------------


def test_the_rules_for_two_dimensions() -> None:
    """Every pair of: a known size, a bound, nothing known."""
    five, most_6, most_9, unknown = (
        Extent(5),
        Extent(DYNAMIC, 6),
        Extent(DYNAMIC, 9),
        Extent(DYNAMIC),
    )
    for left, right, specific, general, sum in (
        (five, five, five, five, Extent(10)),
        (five, unknown, five, unknown, unknown),
        (five, most_6, five, most_6, Extent(DYNAMIC, 11)),
        (unknown, unknown, unknown, unknown, unknown),
        (unknown, most_6, most_6, unknown, unknown),
        (most_6, most_9, most_6, most_9, Extent(DYNAMIC, 15)),
    ):
        for a, b in ((left, right), (right, left)):
            assert most_specific(a, b) == specific
            assert least_specific(a, b) == general
            assert joined(a, b) == sum


@given(st.integers(0, 4), st.integers(0, 9), st.integers(0, 9))
def test_a_size_within_both_bounds_is_within_the_merged_ones(size: int, a: int, b: int) -> None:
    left, right = Extent(DYNAMIC, size + a), Extent(DYNAMIC, size + b)
    assert size <= most_specific(left, right).most <= least_specific(left, right).most
    assert most_specific(Extent(size), left) == Extent(size)


@pytest.mark.parametrize(
    ("declared", "inferred", "agree"),
    [
        (ANY, AT_MOST_3, True),
        (OF_3, AT_MOST_3, True),
        (OF_4, AT_MOST_3, False),
        (AT_MOST_3, OF_4, False),
        (AT_MOST_3, AT_MOST_2, True),
        ("tensor<2x4xf32, #stablehlo.bounds<?, ?>>", "tensor<2x?xf32>", True),
        ("tensor<?x4xf32, #stablehlo.bounds<3, ?>>", "tensor<4x?xf32>", False),
    ],
)
def test_declared_and_inferred_types_agree_within_bounds(
    declared: str, inferred: str, agree: bool
) -> None:
    assert compatible(parsed(declared), parsed(inferred)) is agree


def parsed(type_: str) -> Attribute:
    """The type that a text stands for."""
    (op,) = ops_of(
        program(
            [type_],
            f'"stablehlo.custom_call"(%0) {{call_target_name = "a"}} : ({type_}) -> {type_}',
        )
    )
    return op.operands[0].type


# -- inferred types, as upstream says them -----------------------------------------------------


def wider(type_: str, before: str = "2") -> str:
    """The type with one dimension more, in front."""
    return type_.replace("tensor<", f"tensor<{before}x").replace("bounds<", "bounds<?, ")


MATRIX = wider(AT_MOST_3)
CUBE = "tensor<2x?x?xf32, #stablehlo.bounds<?, 3, 7>>"
TEN = "tensor<10xf32>"
INDICES = "tensor<?x1xi64, #stablehlo.bounds<6, ?>>"
INFERRED: Sequence[tuple[Sequence[str], str]] = [
    ([MATRIX], '"stablehlo.transpose"(%0) {permutation = array<i64: 1, 0>}'),
    (
        [CUBE, SCALAR],
        '"stablehlo.pad"(%0, %1) {edge_padding_low = array<i64: 0, 1, 0>, '
        "edge_padding_high = array<i64: 1, 0, -2>, interior_padding = array<i64: 0, 2, 1>}",
    ),
    (
        [CUBE],
        '"stablehlo.slice"(%0) {start_indices = array<i64: 0, 0, 1>, '
        "limit_indices = array<i64: 2, 3, 7>, strides = array<i64: 1, 1, 2>}",
    ),
    ([AT_MOST_3, OF_4, AT_MOST_3], '"stablehlo.concatenate"(%0, %1, %2) {dimension = 0 : i64}'),
    ([MATRIX, wider(ANY)], '"stablehlo.concatenate"(%0, %1) {dimension = 0 : i64}'),
    ([MATRIX, wider(ANY)], '"stablehlo.concatenate"(%0, %1) {dimension = 1 : i64}'),
    ([CUBE, SCALAR], f'"stablehlo.reduce"(%0, %1) {BODY} {{dimensions = array<i64: 1>}}'),
    (
        [CUBE, SCALAR],
        f'"stablehlo.reduce_window"(%0, %1) {BODY} {{window_dimensions = array<i64: 1, 2, 2>, '
        "window_strides = array<i64: 1, 1, 2>}",
    ),
    (
        [TEN, INDICES],
        '"stablehlo.gather"(%0, %1) {dimension_numbers = #stablehlo.gather<offset_dims = [0], '
        "start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 4>}",
    ),
    (["tensor<i1>", AT_MOST_3, AT_MOST_2], '"stablehlo.select"(%0, %1, %2)'),
    ([CUBE], '"stablehlo.reverse"(%0) {dimensions = array<i64: 1>}'),
    (
        ["tensor<i1>", "tensor<?x4x?xf32, #stablehlo.bounds<3, ?, ?>>", "tensor<2x4x?xf32>"],
        '"stablehlo.if"(%0) ({ stablehlo.return %1 : '
        "tensor<?x4x?xf32, #stablehlo.bounds<3, ?, ?>> }, "
        "{ stablehlo.return %2 : tensor<2x4x?xf32> })",
    ),
    ([CUBE, "tensor<i32>"], '"stablehlo.set_dimension_size"(%0, %1) {dimension = 0 : i64}'),
    ([MATRIX], '"stablehlo.broadcast"(%0) {broadcast_sizes = array<i64: 3>}'),
    (
        [MATRIX, "tensor<i64>"],
        '"stablehlo.dynamic_slice"(%0, %1, %1) {slice_sizes = array<i64: 1, 2>}',
    ),
]
_SAID = re.compile(r"error: .*inferred type\(s\) '(.*)' are incompatible with return type\(s\)")


def upstream_errors(programs: Sequence[str]) -> list[list[str]]:
    """What iree-opt says against each program."""
    separator = "// -----\n"
    done = subprocess.run(
        [tool("iree-opt"), "--split-input-file", "-"],
        input=separator.join(programs),
        capture_output=True,
        text=True,
        check=False,
    )
    first = [1]
    for text in programs:
        first.append(first[-1] + (text + separator).count("\n"))
    errors: list[list[str]] = [[] for _ in programs]
    for match in re.finditer(r"^<stdin>:(\d+):\d+: (error: .*)$", done.stderr, re.MULTILINE):
        errors[sum(int(match[1]) >= line for line in first) - 1].append(match[2])
    return errors


@cache
def _said() -> list[list[str]]:
    """Upstream's messages about results that no inference gives."""
    return upstream_errors([_wrong(arguments, op) for arguments, op in INFERRED])


def _wrong(arguments: Sequence[str], op: str, result: str = "tensor<1x1x1x1x1xf32>") -> str:
    numbers = re.search(r'"\(([^)]*)\)', op)
    assert numbers is not None
    operands = ", ".join(arguments[int(n)] for n in re.findall(r"%(\d+)", numbers[1]))
    return program(arguments, f"{op} : ({operands}) -> {result}")


@pytest.mark.parametrize("case", range(len(INFERRED)))
def test_inferred_types_are_upstreams(case: int) -> None:
    said = [match[1] for match in map(_SAID.search, _said()[case]) if match]
    (op,) = ops_of(_wrong(*INFERRED[case]))
    ours = infer(op.name, op.operand_types, op.properties, op.regions)
    assert [", ".join(f"{attribute_text(t)}" for t in ours)] == said


def test_results_of_elementwise_operations_are_the_most_specific() -> None:
    """Upstream compares these types before it tells what it inferred."""
    for arguments, op, expected in (
        ([AT_MOST_3, AT_MOST_2], '"stablehlo.add"(%0, %1)', AT_MOST_2),
        ([ANY, AT_MOST_3], '"stablehlo.multiply"(%0, %1)', AT_MOST_3),
        ([AT_MOST_3, OF_3], '"stablehlo.maximum"(%0, %1)', OF_3),
        ([SCALAR, AT_MOST_3, SCALAR], '"stablehlo.clamp"(%0, %1, %2)', AT_MOST_3),
    ):
        (found,) = ops_of(_wrong(arguments, op, ANY))
        (type_,) = infer(found.name, found.operand_types, found.properties)
        assert attribute_text(type_) == expected


def test_no_more_bounds_than_dimensions_are_known() -> None:
    """A dimension that became known has no bound, and without any there is no encoding."""
    type_ = bounded(f32, [Extent(2, 9), Extent(DYNAMIC, 3)])
    assert extents(type_) == [Extent(2), Extent(DYNAMIC, 3)]
    assert bounded(f32, [Extent(2, 9)]) == TensorType(f32, [2])


# -- verdicts ----------------------------------------------------------------------------------

PARTS: Mapping[str, str] = {
    "abs": '"stablehlo.abs"(%0) : ({a}) -> {b}',
    "add": '"stablehlo.add"(%0, %1) : ({a}, {b}) -> {c}',
    "batch_norm_inference": '"stablehlo.batch_norm_inference"(%2, %0, %0, %0, %0) '
    "{{epsilon = 1.0 : f32, feature_index = 1 : i64}} : ({wb}, {a}, {a}, {a}, {a}) -> {wc}",
    "clamp": '"stablehlo.clamp"(%0, %1, %0) : ({a}, {b}, {a}) -> {b}',
    "concatenate": '"stablehlo.concatenate"(%0, %1) {{dimension = 0 : i64}} : ({a}, {b}) -> {c}',
    "concatenate beside": '"stablehlo.concatenate"(%3, %2) {{dimension = 0 : i64}} '
    ": ({wa}, {wb}) -> {fc}",
    "compare": '"stablehlo.compare"(%0, %1) '
    "{{comparison_direction = #stablehlo<comparison_direction LT>}} : ({a}, {b}) -> {ic}",
    "dot_general": '"stablehlo.dot_general"(%0, %1) {{dot_dimension_numbers = #stablehlo.dot<'
    "lhs_batching_dimensions = [0], rhs_batching_dimensions = [0]>}} : ({a}, {b}) -> {c}",
    "dynamic_iota": '"stablehlo.dynamic_iota"(%k) {{iota_dimension = 0 : i64}} '
    ": (tensor<1xi64>) -> {a}",
    "dynamic_reshape": '"stablehlo.dynamic_reshape"(%0, %k) : ({a}, tensor<1xi64>) -> {b}',
    "if": '"stablehlo.if"(%p) ({{ stablehlo.return %0 : {a} }}, {{ stablehlo.return %1 : {b} }}) '
    ": (tensor<i1>) -> {c}",
    "pad": '"stablehlo.pad"(%0, %s) {{edge_padding_low = array<i64: 1>, '
    "edge_padding_high = array<i64: -1>, interior_padding = array<i64: 0>}} "
    ": ({a}, tensor<f32>) -> {b}",
    "pad away": '"stablehlo.pad"(%0, %s) {{edge_padding_low = array<i64: -4>, '
    "edge_padding_high = array<i64: 0>, interior_padding = array<i64: 0>}} "
    ": ({a}, tensor<f32>) -> {b}",
    "reduce": '"stablehlo.reduce"(%2, %s) ({{ ^bb0(%x: tensor<f32>, %y: tensor<f32>): '
    "stablehlo.return %x : tensor<f32> }}) {{dimensions = array<i64: 0>}} "
    ": ({wb}, tensor<f32>) -> {c}",
    "rng": '"stablehlo.rng"(%s, %s, %k) {{rng_distribution = #stablehlo<rng_distribution '
    "UNIFORM>}} : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> {a}",
    "select": '"stablehlo.select"(%p, %0, %1) : (tensor<i1>, {a}, {b}) -> {c}',
    "set_dimension_size": '"stablehlo.set_dimension_size"(%0, %n) {{dimension = 0 : i64}} '
    ": ({a}, tensor<i32>) -> {b}",
    "slice": '"stablehlo.slice"(%0) {{start_indices = array<i64: 0>, '
    "limit_indices = array<i64: 4>, strides = array<i64: 1>}} : ({a}) -> {b}",
    "transpose": '"stablehlo.transpose"(%0) {{permutation = array<i64: 0>}} : ({a}) -> {b}',
    "tuple": '"stablehlo.tuple"(%0) : ({a}) -> tuple<{b}>',
    "while": '"stablehlo.while"(%0) ({{ ^bb0(%x: {a}): stablehlo.return %p : tensor<i1> }}, '
    "{{ ^bb0(%x: {a}): stablehlo.return %1 : {b} }}) : ({a}) -> {a}",
}


def _programs(op: str) -> list[str]:
    """The operation with every choice of types that it names."""
    wanted = [
        any(f"{{{n}}}" in op for n in names)
        for names in (("a", "wa"), ("b", "wb"), ("c", "wc", "fc", "ic"))
    ]
    choices = [VECTORS if used else (ANY,) for used in wanted]
    found: list[str] = []
    for a in choices[0]:
        for b in choices[1]:
            for c in choices[2]:
                types = {"a": a, "b": b, "c": c, "wa": wider(a), "wb": wider(b), "wc": wider(c)}
                body = op.format(**types, fc=wider(c, "4"), ic=c.replace("f32", "i1"))
                found.append(
                    f"func.func @f(%0: {a}, %1: {b}, %2: {wider(b)}, %3: {wider(a)}, "
                    f"%p: tensor<i1>, %s: tensor<f32>, %n: tensor<i32>) {{\n"
                    f"  %k = stablehlo.constant dense<4> : tensor<1xi64>\n"
                    f"  %r = {body}\n  return\n}}\n"
                )
    return found


_BEYOND = re.compile(r"4xf32|4xi1|\b4\b")


@cache
def _verdicts() -> Mapping[str, list[bool]]:
    """For each operation, which of its programs upstream refuses."""
    programs = {name: _programs(op) for name, op in PARTS.items()}
    found = iter(upstream_errors([text for texts in programs.values() for text in texts]))
    return {name: [bool(next(found)) for _ in texts] for name, texts in programs.items()}


@pytest.mark.parametrize("name", PARTS)
def test_what_upstream_refuses_is_refused(name: str) -> None:
    """Beyond that only a size of 4 is, beside a bound of 3 that it can not keep."""
    theirs = _verdicts()[name]
    assert True in theirs
    assert False in theirs
    for text, refused in zip(_programs(PARTS[name]), theirs, strict=True):
        ours = our_refusals(text) != []
        assert ours or not refused, text
        assert refused or not ours or ("bounds" in text and _BEYOND.search(text)), text


@pytest.mark.parametrize("case", range(len(INFERRED)))
def test_a_mismatch_shows_what_is_declared(case: int) -> None:
    (message,) = our_refusals(_wrong(*INFERRED[case], "tensor<9x9x9x9xf32>"))
    assert "tensor<9x9x9x9xf32>" in message


def test_a_size_beyond_the_inferred_bound_is_told_with_both_types() -> None:
    padding = (
        "edge_padding_low = array<i64: 1>, edge_padding_high = array<i64: 1>, "
        "interior_padding = array<i64: 0>"
    )
    op = f'"stablehlo.pad"(%0, %1) {{{padding}}} : ({AT_MOST_3}, {SCALAR}) -> tensor<6xf32>'
    (message,) = our_refusals(program([AT_MOST_3, SCALAR], op))
    assert message == (
        "stablehlo.pad: declared result types (tensor<6xf32>) do not match the inferred "
        "(tensor<?xf32, #stablehlo.bounds<5>>)"
    )


def test_every_operation_that_infers_is_asked_for_its_result() -> None:
    """A table that lists no row about results leaves it to the comparison with ``infer``."""
    own = {"_verify_inferred"}
    skipping = {op.name for op in OPERATIONS if own & set(vars(op))}
    # Their tables say all; of products the elements of the result are the user's choice.
    assert skipping == {
        "stablehlo.compare",
        "stablehlo.constant",
        "stablehlo.convolution",
        "stablehlo.dot",
        "stablehlo.dot_general",
        "stablehlo.tuple",
    }


# -- constants ---------------------------------------------------------------------------------


def _sizes(*numbers: int) -> Attribute:
    return dense_from_array(np.array(numbers, np.int64), TensorType(i64, [len(numbers)]))


def test_sizes_that_are_constant_are_in_the_inferred_types() -> None:
    real = TensorType(f32, [])
    rng = program(
        [SCALAR, SCALAR, "tensor<2xi64>"],
        f"stablehlo.rng %0, %1, %2, distribution = UNIFORM : ({SCALAR}, {SCALAR}, tensor<2xi64>) "
        "-> tensor<?x?xf32>",
    )
    (op,) = ops_of(rng)
    assert op.operand_types[0] == real
    for constants, dims in (({}, [DYNAMIC, DYNAMIC]), ({2: _sizes(0, 5)}, [0, 5])):
        found = infer(op.name, op.operand_types, op.properties, constants=constants)
        assert list(found) == [TensorType(f32, dims)]


def test_a_constant_size_that_is_the_bound_makes_a_dimension_known() -> None:
    text = program(
        [AT_MOST_3, "tensor<i32>"],
        f"stablehlo.set_dimension_size %0, %1, dim = 0 : ({AT_MOST_3}, tensor<i32>) -> {ANY}",
    )
    (op,) = ops_of(text)
    for number, expected in ((3, OF_3), (2, AT_MOST_3)):
        size = dense_from_array(np.array(number, np.int32), TensorType(i32, []))
        (found,) = infer(op.name, op.operand_types, op.properties, constants={1: size})
        assert attribute_text(found) == expected


def test_builders_inference_sees_no_values() -> None:
    """Only these look at values, and only where they are given them."""
    looking = {op.name for op in OPERATIONS if "infer_with_constants" in vars(op)}
    assert looking == {
        "stablehlo.dynamic_gather",
        "stablehlo.rng",
        "stablehlo.set_dimension_size",
    }
    assert looking < {op.name for op in OPERATIONS if op.READS_CONSTANTS}


def test_operations_that_read_constants_say_so() -> None:
    saying = [op for op in OPERATIONS if op.READS_CONSTANTS]
    assert {op.name for op in saying} == {
        "stablehlo.dynamic_broadcast_in_dim",
        "stablehlo.dynamic_conv",
        "stablehlo.dynamic_gather",
        "stablehlo.dynamic_iota",
        "stablehlo.dynamic_pad",
        "stablehlo.dynamic_reshape",
        "stablehlo.rng",
        "stablehlo.set_dimension_size",
    }
    readers = {"constant_integers", "constants_row"}
    modules = {
        op.__module__ for op in OPERATIONS if readers & set(vars(sys.modules[op.__module__]))
    }
    assert {op.__module__ for op in saying} == modules
