"""Regions: evaluated on whole arrays or element by element, results are the same; and right."""

from __future__ import annotations

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit.interpreter import run
from tests.irkit.interpreter.programs import evaluate, type_of

BODIES = {
    "add": "%z = stablehlo.add %x, %y : {t}",
    "subtract": "%z = stablehlo.subtract %x, %y : {t}",
    "maximum": "%z = stablehlo.maximum %x, %y : {t}",
    "larger": """%g = stablehlo.compare GE, %x, %y : ({t}, {t}) -> tensor<i1>
        %z = stablehlo.select %g, %x, %y : tensor<i1>, {t}""",
    "with a constant": """%k = stablehlo.constant dense<3> : {t}
        %m = stablehlo.multiply %x, %k : {t}
        %z = stablehlo.add %m, %y : {t}""",
    "with what it captures": """%m = stablehlo.multiply %x, %b : {t}
        %z = stablehlo.add %m, %y : {t}""",
    "not elementwise": """%v = stablehlo.reshape %x : ({t}) -> tensor<1x{e}>
        %w = stablehlo.reshape %v : (tensor<1x{e}>) -> {t}
        %z = stablehlo.add %w, %y : {t}""",
}
"""Functions of ``%x`` and ``%y`` that end in ``%z``."""


def body(name: str, element: str) -> str:
    scalar = f"tensor<{element}>"
    text = BODIES[name].format(t=scalar, e=element)
    if element != "i32":
        text = text.replace("dense<3>", "dense<3.0>")
    return f"({{ ^bb0(%x: {scalar}, %y: {scalar}):\n{text}\nstablehlo.return %z : {scalar} }})"


def in_python(name: str, x: np.ndarray, y: np.ndarray, captured: np.ndarray) -> np.ndarray:
    match name:
        case "add" | "not elementwise":
            return x + y
        case "subtract":
            return x - y
        case "maximum":
            return np.maximum(x, y)
        case "larger":
            return np.where(x >= y, x, y)
        case "with a constant":
            return x * x.dtype.type(3) + y
        case _:
            return x * captured + y


def both_ways(text: str, *inputs: Any, result: str) -> np.ndarray:
    """The result, which is the same bits either way."""
    vectorized = evaluate(text, *inputs, result=result)
    scalar = evaluate(text, *inputs, result=result, vectorize=False)
    assert vectorized.dtype == scalar.dtype
    assert vectorized.tobytes() == scalar.tobytes()
    return vectorized


SHAPES = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(BODIES)), SHAPES, st.data())
def test_reduce(name: str, shape: tuple[int, ...], data: st.DataObject) -> None:
    """Against the loop of the specification, in row-major order from the initial value."""
    element, dtype = data.draw(st.sampled_from([("i32", np.int32), ("f32", np.float32)]))
    seed = data.draw(st.integers(0, 1 << 30))
    dimensions = data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True))
    values = np.random.default_rng(seed).normal(0, 100, shape).astype(dtype)
    captured, initial = np.asarray(2, dtype), np.asarray(7, dtype)
    kept = [i for i in range(len(shape)) if i not in dimensions]
    expected = np.full([shape[i] for i in kept], initial, dtype)
    with np.errstate(over="ignore"):
        for index in itertools.product(*map(range, shape)):
            at = tuple(index[i] for i in kept)
            expected[at] = in_python(name, expected[at], values[index], captured)
    scalar = f"tensor<{element}>"
    dims = ", ".join(map(str, dimensions))
    text = (
        f'%r = "stablehlo.reduce"(%a, %c) {body(name, element)} '
        f"{{dimensions = array<i64{': ' if dims else ''}{dims}>}} : "
        f"({type_of(values)}, {scalar}) -> {type_of(expected)}"
    )
    found = both_ways(text, values, captured, initial, result=type_of(expected))
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", sorted(BODIES))
def test_reduce_window(name: str) -> None:
    """Windows of 3 with holes, over elements 2 apart, with uneven padding."""
    values = np.arange(7, dtype=np.int32) * np.int32(5) - np.int32(9)
    captured, initial = np.asarray(2, np.int32), np.asarray(1, np.int32)
    spread = np.full(13 + 3, initial, np.int32)
    spread[2 : 2 + 13 : 2] = values
    places = [[start + 2 * i for i in range(3)] for start in range(0, len(spread) - 4, 3)]
    expected = np.full(len(places), initial, np.int32)
    for number, window in enumerate(places):
        for place in window:
            expected[number] = in_python(name, expected[number], spread[place], captured)
    text = (
        f'%r = "stablehlo.reduce_window"(%a, %c) {body(name, "i32")} {{'
        "window_dimensions = array<i64: 3>, window_strides = array<i64: 3>, "
        "base_dilations = array<i64: 2>, window_dilations = array<i64: 2>, "
        "padding = dense<[[2, 1]]> : tensor<1x2xi64>}"
        f" : ({type_of(values)}, tensor<i32>) -> {type_of(expected)}"
    )
    found = both_ways(text, values, captured, initial, result=type_of(expected))
    assert np.array_equal(found, expected)


def test_a_window_without_dimensions_has_one_element() -> None:
    """The body's arguments are of no dimensions, its results another one of them."""
    text = """
    func.func @main(%x: tensor<i32>, %y: tensor<i32>) -> (tensor<i32>, tensor<i32>) {
      %r:2 = "stablehlo.reduce_window"(%x, %y, %x, %y) <{window_dimensions = array<i64>}> ({
      ^bb0(%a: tensor<i32>, %b: tensor<i32>, %c: tensor<i32>, %d: tensor<i32>):
        stablehlo.return %c, %x : tensor<i32>, tensor<i32>
      }) : (tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>) -> (tensor<i32>, tensor<i32>)
      return %r#0, %r#1 : tensor<i32>, tensor<i32>
    }"""
    inputs = [np.asarray(3, np.int32), np.asarray(-4, np.int32)]
    for vectorize in (True, False):
        found = run(text, inputs, vectorize=vectorize)
        assert [type(value) for value in found] == [np.ndarray] * 2
        assert found == [3, 3]


def test_a_window_larger_than_what_it_is_over_has_no_place() -> None:
    values = np.arange(2, dtype=np.int32)
    text = (
        f'%r = "stablehlo.reduce_window"(%a, %c) {body("add", "i32")} '
        f"{{window_dimensions = array<i64: 3>}} : ({type_of(values)}, tensor<i32>) -> "
        "tensor<0xi32>"
    )
    zero = np.asarray(0, np.int32)
    assert both_ways(text, values, zero, zero, result="tensor<0xi32>").shape == (0,)


def test_a_scan_of_a_vector_can_give_back_its_elements() -> None:
    text = """
    func.func @main(%x: tensor<3xf32>, %c: tensor<f32>) -> (tensor<3xf32>, tensor<f32>) {
      %r:2 = "chlo.scan"(%x, %c) <{dimension = 0 : i64, operandSegmentSizes = array<i32: 1, 1>,
                                   resultSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%a: tensor<f32>, %b: tensor<f32>):
        stablehlo.return %a, %b : tensor<f32>, tensor<f32>
      }) : (tensor<3xf32>, tensor<f32>) -> (tensor<3xf32>, tensor<f32>)
      return %r#0, %r#1 : tensor<3xf32>, tensor<f32>
    }"""
    values = np.arange(3, dtype=np.float32)
    found = run(text, [values, np.asarray(2, np.float32)])
    np.testing.assert_array_equal(found[0], values)
    assert found[1] == 2


def test_a_long_sum_is_sequential() -> None:
    """Adding 2^24 and a thousand ones in f32 one by one loses every one of them."""
    values = np.ones(5000, np.float32)
    values[0] = 2.0**24
    text = (
        f'%r = "stablehlo.reduce"(%a, %b) {body("add", "f32")} {{dimensions = array<i64: 0>}} : '
        f"({type_of(values)}, tensor<f32>) -> tensor<f32>"
    )
    found = both_ways(text, values, np.float32(0), result="tensor<f32>")
    assert float(found) == 2.0**24


SORT = """%r:2 = "stablehlo.sort"(%a, %b) ({{
  ^bb0(%x: tensor<{e}>, %y: tensor<{e}>, %v: tensor<i32>, %w: tensor<i32>):
    %z = stablehlo.compare LT, %x, %y, {kind} : (tensor<{e}>, tensor<{e}>) -> tensor<i1>
    stablehlo.return %z : tensor<i1>
  }}) {{dimension = {axis} : i64, is_stable = true}} : ({t}, {u}) -> ({t}, {u})
  %s = stablehlo.add %r#1, %r#1 : {u}
  %h = stablehlo.subtract %s, %r#1 : {u}"""


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 20), st.integers(1, 3), st.sampled_from([0, 1, -1]), st.integers(0, 1 << 30))
def test_sort_is_stable(rows: int, columns: int, axis: int, seed: int) -> None:
    """Against Python's sort, which is."""
    values = np.random.default_rng(seed).integers(-3, 4, (rows, columns)).astype(np.int32)
    places = np.arange(values.size, dtype=np.int32).reshape(values.shape)
    type_ = type_of(values)
    text = SORT.format(e="i32", kind="SIGNED", axis=axis, t=type_, u=type_).replace("%h", "%q")
    text = text.replace("%r:2", "%o:2").replace("%r#", "%o#").replace("%q =", "%r =")
    found = both_ways(text, values, places, result=type_)
    order = np.argsort(values, axis=axis, kind="stable")
    assert np.array_equal(found, np.take_along_axis(places, order, axis))


def test_sort_by_an_inconsistent_comparator_loses_nothing() -> None:
    values = np.asarray([3, np.nan, 1, np.nan, 2, 0, np.nan, 5], np.float32)
    text = """%r = "stablehlo.sort"(%a) ({
      ^bb0(%x: tensor<f32>, %y: tensor<f32>):
        %z = stablehlo.compare LT, %x, %y, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
        stablehlo.return %z : tensor<i1>
      }) : (tensor<8xf32>) -> tensor<8xf32>"""
    found = both_ways(text, values, result="tensor<8xf32>")
    assert np.array_equal(np.sort(found), np.sort(values), equal_nan=True)


def test_map() -> None:
    x = np.asarray([[1, 2, 3], [4, 5, 6]], ml_dtypes.bfloat16)
    for name in ("add", "larger", "not elementwise"):
        text = (
            f'%r = "stablehlo.map"(%a, %a) {body(name, "bf16")} '
            f"{{dimensions = array<i64: 0, 1>}} : ({type_of(x)}, {type_of(x)}) -> {type_of(x)}"
        )
        expected = x if name == "larger" else x + x
        assert np.array_equal(both_ways(text, x, result=type_of(x)), expected)


def test_reduce_promotes_to_the_types_of_its_body() -> None:
    """Bytes summed as 32-bit integers do not overflow (spec: reduce, to_destination_type)."""
    values = np.full(300, 100, np.int8)
    text = f"""%r = "stablehlo.reduce"(%a, %b) ({{
      ^bb0(%x: tensor<i32>, %y: tensor<i32>):
        %z = stablehlo.add %x, %y : tensor<i32>
        stablehlo.return %z : tensor<i32>
      }}) {{dimensions = array<i64: 0>}} : ({type_of(values)}, tensor<i8>) -> tensor<i32>"""
    assert int(both_ways(text, values, np.int8(0), result="tensor<i32>")) == 30000
