"""The functions of ``hlo`` for operations outside the specification: upstream prints their text
unchanged, numpy gives the shapes, and the interpreter numpy's numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import irkit
from irkit import Builder, Policy, Value, hlo
from irkit.interpreter import run
from tests.irkit.refusals import refused, text_of
from tests.witness import upstream

Forward = Callable[[Builder], Mapping[str, Value]]


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    return np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape) - 3


def judged(forward: Forward) -> str:
    """The text, the same streamed as buffered, and at upstream."""
    text = text_of(forward)
    assert text_of(forward, Policy(chunk_end="operations", operations=1)) == text
    assert upstream.printed(text) == text
    return text


def evaluated(build: Callable[..., Value], *arrays: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What ``build`` of arguments gives for these arrays."""

    def forward(b: Builder) -> dict[str, Value]:
        arguments = [b.argument(f"x{i}", a.shape, a.dtype) for i, a in enumerate(arrays)]
        return {"result": build(*arguments)}

    (result,) = run(judged(forward), arrays)
    assert isinstance(result, np.ndarray)
    return result


def test_every_option_is_printed_as_upstream_does() -> None:
    def forward(b: Builder) -> dict[str, Value]:
        x, y = b.argument("x", (2, 3), "f32"), b.argument("y", (3, 4), "bf16")
        v = b.argument("v", (3,), "f32")
        return {
            "none": hlo.broadcast(x, []),
            "some": hlo.broadcast(x, [5, 0, 1]),
            "sum": hlo.cross_replica_sum(x, [[0, 1], [2]]),
            "nobody": hlo.cross_replica_sum(x, []),
            "matrix": hlo.dot(x, y, precision_config=["HIGH", "DEFAULT"], dtype="f64"),
            "vector": hlo.dot(x, v),
            "scalar": hlo.dot(v, v, dtype="f32"),
            "einsum": hlo.einsum(x, y, "ab,bc->ca", dtype="bf16"),
            "spaced": hlo.einsum(x, x, "a b, a c -> b c"),
            "unary": hlo.unary_einsum(x, "ab->"),
        }

    text = judged(forward)
    assert "sizes = [5, 0, 1] : (tensor<2x3xf32>) -> tensor<5x0x1x2x3xf32>" in text
    assert "replica_groups = dense<[[0, 1], [2, -1]]> : tensor<2x2xi64>" in text
    assert ", precision = [HIGH, DEFAULT] : (tensor<2x3xf32>, tensor<3x4xbf16>)" in text
    assert 'config = "ab,bc->ca" : (tensor<2x3xf32>, tensor<3x4xbf16>) -> tensor<4x2xbf16>' in text


@pytest.mark.parametrize("left", [(3,), (2, 3)])
@pytest.mark.parametrize("right", [(3,), (3, 4)])
def test_dot_multiplies(left: Sequence[int], right: Sequence[int]) -> None:
    a, b = numbers(*left), numbers(*right)
    np.testing.assert_array_equal(evaluated(hlo.dot, a, b), a @ b)


@pytest.mark.parametrize(
    ("config", "left", "right"),
    [
        ("ab,bc->ac", (2, 3), (3, 4)),
        ("ab,cb->ca", (2, 3), (4, 3)),
        ("abc,acd->abd", (2, 3, 4), (2, 4, 5)),
        ("ab,cd->dbca", (2, 3), (1, 4)),
        ("...b,b->...", (2, 5, 3), (3,)),
        ("...ab,...bc->...ac", (2, 0, 3), (2, 3, 4)),
    ],
)
def test_einsum_is_numpys(config: str, left: Sequence[int], right: Sequence[int]) -> None:
    a, b = numbers(*left), numbers(*right)
    found = evaluated(lambda x, y: hlo.einsum(x, y, config), a, b)
    np.testing.assert_array_equal(found, np.einsum(config, a, b))


@pytest.mark.parametrize("config", ["ab->ba", "ab->b", "ab->", "...b->b...", "a...->..."])
def test_unary_einsum_is_numpys(config: str) -> None:
    a = numbers(2, 3)
    found = evaluated(lambda x: hlo.unary_einsum(x, config), a)
    np.testing.assert_array_equal(found, np.einsum(config, a))


@pytest.mark.parametrize(
    ("shape", "index", "dim", "batch_dims"),
    [((3, 4), (2,), 0, 0), ((3, 4), (5, 2), 1, 0), ((2, 3, 4), (2, 3), 2, 1), ((3,), (), 0, 0)],
)
def test_torch_index_select_takes_slices(
    shape: Sequence[int], index: Sequence[int], dim: int, batch_dims: int
) -> None:
    a, places = numbers(*shape), np.zeros(index, np.int32)
    places.flat[-1] = 1
    found = evaluated(lambda x, i: hlo.torch_index_select(x, i, dim, batch_dims), a, places)
    if batch_dims:
        expected = np.stack([np.take(a[n], places[n], dim - 1) for n in range(shape[0])])
    else:
        expected = np.take(a, places, dim)
    np.testing.assert_array_equal(found, expected)


def test_an_unknown_size_is_known_from_the_other_operand() -> None:
    def forward(b: Builder) -> dict[str, Value]:
        x, shape = b.argument("x", (2, 3), "f32"), b.argument("shape", (2,), "i32")
        free = hlo.dynamic_reshape(x, shape, result_shape=[None, None])
        rows = b.argument("rows", (4, 2), "i32")
        return {
            "einsum": hlo.einsum(free, x, "ab,bc->bca"),
            "dot": hlo.dot(free, x, dtype="f64"),
            "broadcast": hlo.broadcast(free, [7]),
            "select": hlo.torch_index_select(free, rows, 1, 1),
        }

    text = judged(forward)
    assert "-> tensor<2x3x?xf32>" in text
    assert "-> tensor<?x3xf64>" in text
    assert "-> tensor<7x?x?xf32>" in text
    assert "-> tensor<?x2xf32>" in text


def test_what_no_operation_can_be_made_of() -> None:
    def forward(b: Builder) -> Value:
        x, y = b.argument("x", (2, 3), "f32"), b.argument("y", (3, 4), "f32")
        with refused(__file__, "stablehlo.broadcast: (C1)"):
            hlo.broadcast(x, [-1])
        with refused(__file__, "stablehlo.dot: (C3)"):
            hlo.dot(x, x)
        with refused(__file__, "stablehlo.dot: (C3)"):
            hlo.dot(x, x, dtype="f32")
        with refused(__file__, "stablehlo.dot: (C2)"):
            hlo.dot(b.constant(1.0), x, dtype="f32")
        with refused(__file__, "'b' in 'ab,cb->ac' has the sizes 3 and 4"):
            hlo.einsum(x, y, "ab,cb->ac")
        with refused(__file__, "'a' in 'a,bc->c' does not name each of 2 dimensions"):
            hlo.einsum(x, y, "a,bc->c")
        with refused(__file__, "'ad' in 'ab,bc->ad' must have letters of the operands"):
            hlo.einsum(x, y, "ab,bc->ad")
        with refused(__file__, "'ab->b' is not of the form 'ab,bc->ac'"):
            hlo.einsum(x, y, "ab->b")
        with refused(__file__, "'aa' in 'aa->a' does not name"):
            hlo.unary_einsum(x, "aa->a")
        with refused(__file__, "dim 2 and batch_dims 0 do not fit"):
            hlo.torch_index_select(x, b.constant(np.zeros(2, np.int32)), 2)
        with refused(__file__, "the first 1 dimensions of tensor<2x3xf32>"):
            hlo.torch_index_select(x, b.constant(np.zeros((3, 1), np.int32)), 1, 1)
        with refused(__file__, "names no StableHLO element type"):
            hlo.dot(x, y, dtype="f31")
        return x

    assert irkit.record(forward).to_compute_graph().num_nodes > 0
