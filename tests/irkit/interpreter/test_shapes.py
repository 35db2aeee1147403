"""What moves elements: padding, slices, broadcasts, bits."""

from __future__ import annotations

import itertools
from typing import Any

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
