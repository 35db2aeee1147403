"""``chlo.top_k``, ``chlo.scan`` and constants, beside XLA and JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest

from irkit.interpreter import EvaluationError, run
from tests.irkit.interpreter.one_operation import numbers
from tests.irkit.interpreter.programs import evaluate, type_of
from tests.witness.xla import compiled

Array = np.ndarray[Any, Any]

# -- top_k -------------------------------------------------------------------------------------


def top_k(x: Array, k: int) -> str:
    values = np.zeros((*x.shape[:-1], k), x.dtype)
    both = f"({type_of(values)}, {type_of(values.astype(np.int32))})"
    return f"""func.func @main(%x: {type_of(x)}) -> {both} {{
      %v, %i = chlo.top_k(%x, k = {k}) : {type_of(x)} -> {both}
      return %v, %i : {both[1:-1]}
    }}"""


@pytest.mark.parametrize(
    ("dtype", "shape", "k"),
    [
        (np.float32, (9,), 4),
        (np.float64, (2, 3, 7), 7),
        (np.float16, (2, 5), 1),
        (ml_dtypes.bfloat16, (4, 5), 5),
        (ml_dtypes.float8_e4m3fn, (3, 5), 2),
        (np.int8, (3, 40), 9),
        (np.uint8, (3, 40), 9),
        (np.int64, (2, 6), 3),
        (np.uint32, (2, 6), 3),
        (np.bool, (2, 6), 6),
        (np.float32, (2, 0), 0),
        (np.float32, (0, 3), 2),
    ],
)
def test_the_greatest_of_each_row_are_xlas(dtype: Any, shape: tuple[int, ...], k: int) -> None:
    kind = np.float32 if np.dtype(dtype).kind == "V" else dtype
    x = numbers(np.random.default_rng(4), shape, kind).astype(dtype)
    for ours, theirs in zip(run(top_k(x, k), [x]), compiled(top_k(x, k), x), strict=True):
        assert isinstance(ours, np.ndarray)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_the_order_of_nan_infinities_and_zeros_is_xlas() -> None:
    minus_nan = np.copysign(np.nan, -1)
    x = np.asarray([1, minus_nan, -np.inf, np.inf, -0.0, 0.0, np.nan, 1e-45, -1e-45], np.float32)
    (values, places), (_, theirs) = run(top_k(x, 9), [x]), compiled(top_k(x, 9), x)
    np.testing.assert_array_equal(np.asarray(places), theirs)
    assert np.asarray(values).tobytes() == x[theirs].tobytes()


def test_four_bits_and_powers_of_two_have_an_order() -> None:
    x = np.asarray([3, -8, 7, 3, 0], ml_dtypes.int4)
    assert np.asarray(run(top_k(x, 3), [x])[1]).tolist() == [2, 0, 3]
    x = np.asarray([3, 8, np.nan, 0.5, 8], ml_dtypes.float8_e8m0fnu)
    assert np.asarray(run(top_k(x, 5), [x])[1]).tolist() == [2, 1, 4, 0, 3]


# -- scan --------------------------------------------------------------------------------------


def scan(
    text: str, inputs: str, results: str, counts: tuple[int, int], properties: str
) -> Callable[..., list[Any]]:
    """Runs a scan of ``counts`` inputs and outputs; the rest is carried. ``text`` is its body."""
    taken, given = inputs.split(", "), results.split(", ")
    carried = len(taken) - counts[0]
    arguments = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate(taken))
    names = ", ".join(f"%{i}" for i in range(len(taken)))
    program = f"""func.func @main({arguments}) -> ({results}) {{
      %r:{len(given)} = "chlo.scan"({names}) <{{{properties},
        operandSegmentSizes = array<i32: {counts[0]}, {carried}>,
        resultSegmentSizes = array<i32: {counts[1]}, {carried}>}}> ({{
        {text}
      }}) : ({inputs}) -> ({results})
      return {", ".join(f"%r#{i}" for i in range(len(given)))} : {results}
    }}"""
    return lambda *arrays: run(program, arrays)


BODY = """^bb0(%x: tensor<2xf32>, %y: tensor<2xi32>, %c: tensor<2xf32>, %n: tensor<i32>):
  %s = stablehlo.multiply %x, %c : tensor<2xf32>
  %t = stablehlo.add %s, %x : tensor<2xf32>
  %k = stablehlo.broadcast_in_dim %n, dims = [] : (tensor<i32>) -> tensor<2xi32>
  %u = stablehlo.add %y, %k : tensor<2xi32>
  %m = stablehlo.add %n, %n : tensor<i32>
  stablehlo.return %u, %t, %t, %m : tensor<2xi32>, tensor<2xf32>, tensor<2xf32>, tensor<i32>"""


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_scan_is_jaxs(axis: int, backward: bool) -> None:
    random = np.random.default_rng(6)
    x, y = numbers(random, (5, 2), np.float32), random.integers(-9, 9, (5, 2)).astype(np.int32)
    c, n = numbers(random, (2,), np.float32), np.asarray(3, np.int32)

    def body(carried: Any, slices: Any) -> Any:
        (old, count), (a, b) = carried, slices
        new = a * old + a
        return (new, count + count), (b + count, new)

    (last, count), outputs = jax.lax.scan(body, (c, n), (x, y), reverse=backward)
    expected = [np.asarray(part) for part in outputs]
    sizes = "5x2" if axis == 0 else "2x5"
    types = [f"tensor<{sizes}xf32>", f"tensor<{sizes}xi32>", "tensor<2xf32>", "tensor<i32>"]
    ours = scan(
        BODY,
        ", ".join(types),
        ", ".join([types[1], types[0], *types[2:]]),
        (2, 2),
        f"dimension = {axis} : i64, is_reverse = {str(backward).lower()}",
    )
    given = [x, y] if axis == 0 else [x.T, y.T]
    found = ours(*given, c, n)
    for mine, theirs in zip(found[:2], expected, strict=True):
        np.testing.assert_allclose(mine, theirs if axis == 0 else theirs.T, rtol=1e-6)
    np.testing.assert_allclose(found[2], last, rtol=1e-6)
    assert found[3] == count


DOUBLE = """^bb0(%c: tensor<i32>):
  %d = stablehlo.add %c, %c : tensor<i32>
  stablehlo.return %d, %d : tensor<i32>, tensor<i32>"""


@pytest.mark.parametrize(("backward", "powers"), [("false", [2, 4, 8]), ("true", [8, 4, 2])])
def test_a_scan_without_inputs_has_a_size(backward: str, powers: list[int]) -> None:
    properties = f"scan_dim_size = 3 : i64, dimension = 0 : i64, is_reverse = {backward}"
    ours = scan(DOUBLE, "tensor<i32>", "tensor<3xi32>, tensor<i32>", (0, 1), properties)
    outputs, last = ours(np.asarray(1, np.int32))
    assert outputs.tolist() == powers
    assert last == 8


def test_a_scan_of_no_size_is_an_error() -> None:
    ours = scan(DOUBLE, "tensor<i32>", "tensor<?xi32>, tensor<i32>", (0, 1), "dimension = 0 : i64")
    with pytest.raises(EvaluationError, match="neither inputs nor a scan_dim_size"):
        ours(np.asarray(1, np.int32))


ADD = """^bb0(%x: {0}, %y: {0}, %c: {0}):
  %s = stablehlo.add %x, %c : {0}
  stablehlo.return %s, %s : {0}, {0}"""


@pytest.mark.parametrize("backward", ["false", "true"])
@pytest.mark.parametrize("size", ["0", "?"])
def test_a_scan_of_nothing_gives_back_what_it_carries(size: str, backward: str) -> None:
    long, carried = f"tensor<3x{size}x2xf32>", "tensor<3x2xf32>"
    ours = scan(
        ADD.format(carried),
        f"{long}, {long}, {carried}",
        f"{long}, {carried}",
        (2, 1),
        f"dimension = 1 : i64, is_reverse = {backward}",
    )
    nothing, start = np.zeros((3, 0, 2), np.float32), np.full((3, 2), 7, np.float32)
    outputs, last = ours(nothing, nothing, start)
    assert outputs.shape == (3, 0, 2)
    assert outputs.dtype == np.float32
    np.testing.assert_array_equal(last, start)


def test_a_scan_of_nothing_does_not_guess_a_shape() -> None:
    long, carried = "tensor<?x?xf32>", "tensor<?xf32>"
    ours = scan(
        ADD.format(carried),
        f"{long}, {long}, {carried}",
        f"{long}, {carried}",
        (2, 1),
        "dimension = 0 : i64",
    )
    nothing = np.zeros((0, 2), np.float32)
    with pytest.raises(EvaluationError, match=r"nothing tells what shape tensor<\?xf32> has"):
        ours(nothing, nothing, np.zeros(2, np.float32))


@pytest.mark.parametrize(
    ("properties", "sizes", "message"),
    [
        ("", (3, 5), "the sizes along dimension 0 are 3 and 5"),
        ("scan_dim_size = 4 : i64, ", (5, 5), "the sizes along dimension 0 are 4 and 5"),
    ],
)
def test_inputs_of_other_sizes_are_an_error(
    properties: str, sizes: tuple[int, int], message: str
) -> None:
    ours = scan(
        ADD.format("tensor<f32>"),
        "tensor<?xf32>, tensor<?xf32>, tensor<f32>",
        "tensor<?xf32>, tensor<f32>",
        (2, 1),
        f"{properties}dimension = 0 : i64",
    )
    with pytest.raises(EvaluationError, match=message):
        ours(*(np.zeros(size, np.float32) for size in sizes), np.asarray(0, np.float32))


# -- constants ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "element"),
    [
        ("true", "i1"),
        ("255 : ui8", "ui8"),
        ("-1 : i64", "i64"),
        ("18446744073709551615 : ui64", "ui64"),
        ("1.5 : bf16", "bf16"),
        ("0.1 : f32", "f32"),
        ("0.1 : f64", "f64"),
        ("0xFF800000 : f32", "f32"),
        ("-0.0 : f16", "f16"),
        ("#complex.number<:f32 1.0, -2.5> : complex<f32>", "complex<f32>"),
        ("#complex.number<:f64 0.1, -0.0> : complex<f64>", "complex<f64>"),
    ],
)
def test_a_constant_like_an_operand_is_xlas(value: str, element: str) -> None:
    text = f"""func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3x{element}> {{
      %r = "chlo.constant_like"(%x) <{{value = {value}}}>
        : (tensor<2x3xf32>) -> tensor<2x3x{element}>
      return %r : tensor<2x3x{element}>
    }}"""
    x = np.zeros((2, 3), np.float32)
    (ours,), (theirs,) = run(text, [x]), compiled(text, x)
    assert isinstance(ours, np.ndarray)
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert ours.tobytes() == theirs.tobytes()


def test_a_constant_like_an_operand_has_the_size_it_has() -> None:
    text = """func.func @main(%x: tensor<?xf32>) -> tensor<?xi4> {
      %r = "chlo.constant_like"(%x) <{value = -3 : i4}> : (tensor<?xf32>) -> tensor<?xi4>
      return %r : tensor<?xi4>
    }"""
    (found,) = run(text, [np.zeros(3, np.float32)])
    assert np.asarray(found).tolist() == [-3, -3, -3]


def test_a_constant_of_chlo_is_its_elements() -> None:
    body = '%r = "chlo.constant"() <{value = dense<[1.5, -2.0]> : tensor<2xbf16>}> : () -> '
    found = evaluate(body + "tensor<2xbf16>", result="tensor<2xbf16>")
    assert found.dtype == ml_dtypes.bfloat16
    assert found.tolist() == [1.5, -2.0]
