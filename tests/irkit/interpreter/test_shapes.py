"""What moves elements: padding, slices, broadcasts, bits."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from irkit.interpreter import EvaluationError, run
from irkit.interpreter.ops.slicing import padded
from tests.irkit.interpreter.programs import evaluate, type_of

SIZES = st.integers(0, 5)
EDGE = st.integers(-4, 4)
GAP = st.integers(0, 3)


@given(st.lists(st.tuples(SIZES, EDGE, EDGE, GAP), min_size=1, max_size=2))
def test_padding_is_as_specified(dims: list[tuple[int, int, int, int]]) -> None:
    """``result[i] = operand[j]`` where ``i = low + j * (interior + 1)``."""
    shape, low, high, gaps = map(list, zip(*dims, strict=True))
    values = np.arange(1, 1 + int(np.prod(shape))).reshape(shape)
    wide = [
        a + s + max(s - 1, 0) * g + b for s, a, b, g in zip(shape, low, high, gaps, strict=True)
    ]
    if min(wide) < 0:
        with pytest.raises(EvaluationError, match="gives the shape"):
            padded(values, np.asarray(0), low, high, gaps)
        return
    expected = np.zeros(wide, values.dtype)
    for index in itertools.product(*map(range, shape)):
        place = tuple(a + i * (g + 1) for i, a, g in zip(index, low, gaps, strict=True))
        if all(0 <= p < d for p, d in zip(place, wide, strict=True)):
            expected[place] = values[index]
    assert np.array_equal(padded(values, np.asarray(0), low, high, gaps), expected)


@pytest.mark.parametrize(("start", "first"), [(-3, 0), (0, 0), (2, 2), (3, 2), (100, 2)])
def test_dynamic_slices_are_moved_inside(start: int, first: int) -> None:
    x = np.arange(5, dtype=np.int32)
    text = "%r = stablehlo.dynamic_slice %a, %b, sizes = [3] : (tensor<5xi32>, tensor<i64>) -> "
    found = evaluate(text + "tensor<3xi32>", x, np.int64(start), result="tensor<3xi32>")
    assert found.tolist() == [first, first + 1, first + 2]
    text = "%r = stablehlo.dynamic_update_slice %a, %c, %b : (tensor<5xi32>, tensor<3xi32>, "
    text += "tensor<i64>) -> tensor<5xi32>"
    update = np.asarray([7, 8, 9], np.int32)
    found = evaluate(text, x, np.int64(start), update, result="tensor<5xi32>")
    assert found[first : first + 3].tolist() == [7, 8, 9]
    assert x.tolist() == [0, 1, 2, 3, 4]


def test_unsigned_indices_are_not_negative() -> None:
    x = np.arange(5, dtype=np.int32)
    text = "%r = stablehlo.dynamic_slice %a, %b, sizes = [1] : (tensor<5xi32>, tensor<ui8>) -> "
    found = evaluate(text + "tensor<1xi32>", x, np.uint8(255), result="tensor<1xi32>")
    assert found.tolist() == [4]


def test_broadcast_in_any_order_of_dimensions() -> None:
    x = np.arange(6, dtype=np.int32).reshape(2, 3)
    text = "%r = stablehlo.broadcast_in_dim %a, dims = [2, 0] : (tensor<2x3xi32>) -> "
    found = evaluate(text + "tensor<3x4x2xi32>", x, result="tensor<3x4x2xi32>")
    assert np.array_equal(found, np.broadcast_to(x.T[:, None, :], (3, 4, 2)))


def bitcast(x: np.ndarray, result: str) -> np.ndarray:
    text = f"%r = stablehlo.bitcast_convert %a : ({type_of(x)}) -> {result}"
    return evaluate(text, x, result=result)


def test_bits_are_little_endian() -> None:
    assert bitcast(np.asarray([0x01020304], np.int32), "tensor<1x4xi8>").tolist() == [[4, 3, 2, 1]]
    assert bitcast(np.asarray([[4, 3, 2, 1]], np.int8), "tensor<1xi32>").tolist() == [0x01020304]
    assert bitcast(np.asarray([1.0], np.float32), "tensor<1xi32>").tolist() == [0x3F800000]
    nibbles = bitcast(np.asarray([0x4F], np.uint8), "tensor<1x2xi4>")
    assert [int(v) for v in nibbles[0]] == [-1, 4]
    joined = bitcast(np.asarray([[15, 4]], np.uint8).astype(ml_dtypes.uint4), "tensor<1xui8>")
    assert joined.tolist() == [0x4F]
    pair = bitcast(np.asarray([1 + 2j], np.complex64), "tensor<1x2xf32>")
    assert pair.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("config", "result"),
    [("ab,bc->ac", "2x4"), ("ab,bc->ca", "4x2"), ("ab,bc->a", "2"), ("ab,bc->b", "3")],
)
def test_einsum_as_numpy(config: str, result: str) -> None:
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    b = np.arange(12, dtype=np.float32).reshape(3, 4)
    type_ = f"tensor<{result}xf32>"
    text = f'%r = stablehlo.einsum %a, %b, config = "{config}" : '
    text += f"({type_of(a)}, {type_of(b)}) -> {type_}"
    found = evaluate(text, a, b, result=type_)
    assert np.array_equal(found, np.einsum(config, a, b))


@pytest.mark.parametrize(("config", "result"), [("ab->ba", "3x2"), ("ab->a", "2"), ("ab->", "")])
def test_unary_einsum_as_numpy(config: str, result: str) -> None:
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    type_ = f"tensor<{result}xf32>" if result else "tensor<f32>"
    text = f'%r = stablehlo.unary_einsum %a, config = "{config}" : ({type_of(a)}) -> {type_}'
    assert np.array_equal(evaluate(text, a, result=type_), np.einsum(config, a))


def test_torch_index_select_in_batches() -> None:
    """As torch.index_select of each batch."""
    a = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    index = np.asarray([[2, 0], [1, 1]], np.int32)
    text = """%r = "stablehlo.torch_index_select"(%a, %b) {dim = 1 : i64, batch_dims = 1 : i64}
      : (tensor<2x3x4xf32>, tensor<2x2xi32>) -> tensor<2x2x4xf32>"""
    found = evaluate(text, a, index, result="tensor<2x2x4xf32>")
    expected: Any = [[a[0, 2], a[0, 0]], [a[1, 1], a[1, 1]]]
    assert np.array_equal(found, expected)


def test_torch_index_select_in_no_batches() -> None:
    a, index = np.zeros((0, 2), np.float32), np.zeros((0,), np.int32)
    text = """%r = "stablehlo.torch_index_select"(%a, %b) {dim = 1 : i64, batch_dims = 1 : i64}
      : (tensor<0x2xf32>, tensor<0xi32>) -> tensor<0xf32>"""
    assert evaluate(text, a, index, result="tensor<0xf32>").shape == (0,)


def test_iota_of_every_kind() -> None:
    for element in ("i8", "ui64", "bf16", "f64", "complex<f32>", "i4"):
        text = f"func.func @main() -> tensor<2x4x{element}> {{\n"
        text += f"%r = stablehlo.iota dim = 1 : tensor<2x4x{element}>\n"
        text += f"return %r : tensor<2x4x{element}> }}"
        found = run(text)[0]
        assert [[complex(v).real for v in row] for row in found] == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize(("dim", "batches"), [(-1, 0), (2, 0), (-2, -1), (1, 1), (-1, 1)])
def test_torch_index_select_counts_from_the_end_too(dim: int, batches: int) -> None:
    """Beside numpy's ``take`` of each batch."""
    a = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    index = np.asarray([[2, 0], [1, 1]], np.int32)
    axis = dim % 3
    if batches:
        expected = np.stack([np.take(a[i], index[i], axis - 1) for i in range(2)])
    else:
        expected = np.take(a, index, axis)
    type_ = type_of(expected)
    text = f"""%r = "stablehlo.torch_index_select"(%a, %b)
      {{dim = {dim} : i64, batch_dims = {batches} : i64}}
      : (tensor<2x3x4xf32>, tensor<2x2xi32>) -> {type_}"""
    assert np.array_equal(evaluate(text, a, index, result=type_), expected)


def test_what_only_moves_elements_as_numpy() -> None:
    a = np.arange(6, dtype=np.int16).reshape(2, 3)
    one, two = "tensor<2x3xi16>", "tensor<4x2x3xi16>"
    body = '%r = "stablehlo.broadcast"(%a) <{broadcast_sizes = array<i64: 4>}> : '
    found = evaluate(f"{body}({one}) -> {two}", a, result=two)
    assert np.array_equal(found, np.broadcast_to(a, (4, 2, 3)))
    found = evaluate(f"%r = stablehlo.reverse %a, dims = [1] : {one}", a, result=one)
    assert np.array_equal(found, a[:, ::-1])
    found = evaluate(f"%r = stablehlo.optimization_barrier %a : {one}", a, result=one)
    assert np.array_equal(found, a)
    assert np.array_equal(bitcast(a, one), a)
    body = "%r = stablehlo.concatenate %a, %a, dim = 1 : "
    found = evaluate(f"{body}({one}, {one}) -> tensor<2x6xi16>", a, result="tensor<2x6xi16>")
    assert np.array_equal(found, np.concatenate([a, a], 1))


@pytest.mark.parametrize(("left", "right"), [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4))])
def test_dot_as_numpy(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a = np.arange(int(np.prod(left)), dtype=np.int32).reshape(left)
    b = np.arange(int(np.prod(right)), dtype=np.int32).reshape(right)
    type_ = type_of(a @ b) if (a @ b).shape else "tensor<i32>"
    text = f"%r = stablehlo.dot %a, %b : ({type_of(a)}, {type_of(b)}) -> {type_}"
    assert np.array_equal(evaluate(text, a, b, result=type_), a @ b)


# -- shapes that are known when they run -------------------------------------------------------


def dynamic(name: str, result: str, *inputs: Any, properties: str = "") -> np.ndarray:
    types = ", ".join(type_of(np.asarray(value)) for value in inputs)
    operands = ", ".join(f"%{letter}" for letter in "abcdefgh"[: len(inputs)])
    body = f'%r = "stablehlo.{name}"({operands}) <{{{properties}}}> : ({types}) -> {result}'
    return evaluate(body, *inputs, result=result)


A = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    ("start", "limit", "strides"),
    [((0, 0), (3, 4), (1, 1)), ((1, 1), (3, 4), (2, 3)), ((3, 2), (3, 2), (1, 1))],
)
def test_real_dynamic_slice_as_numpy(start: Any, limit: Any, strides: Any) -> None:
    parts = [np.asarray(part, np.int32) for part in (start, limit, strides)]
    found = dynamic("real_dynamic_slice", "tensor<?x?xf32>", A, *parts)
    places = tuple(map(slice, start, limit, strides))
    assert np.array_equal(found, A[places])


@pytest.mark.parametrize(
    ("start", "limit", "strides"),
    [
        ((-1, 0), (3, 4), (1, 1)),
        ((0, 0), (4, 4), (1, 1)),
        ((2, 0), (1, 4), (1, 1)),
        ((0, 0), (3, 4), (1, 0)),
        ((0, 3), (3, 0), (1, -1)),
    ],
)
def test_a_slice_that_is_not_within_the_operand(start: Any, limit: Any, strides: Any) -> None:
    parts = [np.asarray(part, np.int64) for part in (start, limit, strides)]
    listed = ", ".join(
        f"{name} {list(part)}".replace("[", r"\[").replace("]", r"\]")
        for name, part in (("starts", start), ("limits", limit))
    )
    message = rf"real_dynamic_slice: {listed} and strides .* are no slice of the shape \[3, 4\]"
    with pytest.raises(EvaluationError, match=message):
        dynamic("real_dynamic_slice", "tensor<?x?xf32>", A, *parts)


def test_dynamic_pad_is_jaxs_pad() -> None:
    low, high, interior = (0, 1), (2, -1), (1, 2)
    parts = [np.asarray(part, np.int64) for part in (low, high, interior)]
    found = dynamic("dynamic_pad", "tensor<?x?xf32>", A, np.float32(9), *parts)
    expected = jax.lax.pad(A, np.float32(9), [*zip(low, high, interior, strict=True)])
    assert np.array_equal(found, expected)


def test_shapes_that_cannot_be() -> None:
    def sizes(*dims: int) -> np.ndarray:
        return np.asarray(dims, np.int32)

    shown = "tensor<?x?xf32>"
    found = dynamic("dynamic_reshape", shown, A, sizes(2, 6))
    assert np.array_equal(found, A.reshape(2, 6))
    with pytest.raises(EvaluationError, match=r"dynamic_reshape: 12 elements cannot take .*\[5, 2"):
        dynamic("dynamic_reshape", shown, A, sizes(5, 2))
    with pytest.raises(EvaluationError, match=r"dynamic_reshape: the shape \[-3, -4\] has a neg"):
        dynamic("dynamic_reshape", shown, A, sizes(-3, -4))
    with pytest.raises(EvaluationError, match=r"dynamic_iota: the shape \[2, -1\] has a negative"):
        dynamic("dynamic_iota", shown, sizes(2, -1), properties="iota_dimension = 0 : i64")
    dims = "broadcast_dimensions = array<i64: 1, 0>"
    found = dynamic("dynamic_broadcast_in_dim", shown, A, sizes(4, 3), properties=dims)
    assert np.array_equal(found, A.T)
    message = r"a dimension of size 3 cannot become dimension 1 of \[4, 6\]"
    with pytest.raises(EvaluationError, match=message):
        dynamic("dynamic_broadcast_in_dim", shown, A, sizes(4, 6), properties=dims)
