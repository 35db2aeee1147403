"""Elementwise functions and those that move elements: what they compute and refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

import irkit
from dialects.stablehlo.accuracy import ResultAccuracyAttr
from dialects.stablehlo.attributes import ResultAccuracyMode
from irkit import Builder, BuildError, Value, hlo

X = np.array([[0.25, -0.5, 1.5], [2.0, -3.5, 0.75]], np.float32)
Y = np.array([[1.0, 2.0, -0.5], [0.5, 2.5, 3.0]], np.float32)
INTS = np.array([[5, -6, 7], [8, -9, 10]], np.int32)
BOOLS = np.array([True, False, True])
Program = Callable[[Builder, Sequence[Value]], Value]


def text_of(program: Program, *inputs: np.ndarray[Any, Any]) -> str:
    """The recorded program, which upstream must print unchanged."""

    def forward(b: Builder) -> Value:
        values = [b.argument(f"x{i}", x.shape, x.dtype) for i, x in enumerate(inputs)]
        return program(b, values)

    recording = irkit.record(forward)
    text = recording.to_compute_graph().pruned_to_outputs().to_stablehlo().text
    with make_ir_context():
        assert str(ir.Module.parse(text)) == text
    return text


def evaluated(program: Program, *inputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What upstream's reference interpreter computes."""
    with make_ir_context():
        module = ir.Module.parse(text_of(program, *inputs))
        arguments = [
            ir.DenseElementsAttr.get(
                np.packbits(x, bitorder="little") if x.dtype == bool else x,
                shape=x.shape,
                type=ir.IntegerType.get_signless(1) if x.dtype == bool else None,
            )
            for x in inputs
        ]
        (result,) = stablehlo.eval_module(module, arguments)
        return np.array(result)


UNARY: dict[str, Callable[[np.ndarray[Any, Any]], Any]] = {
    "abs": np.abs,
    "cbrt": np.cbrt,
    "ceil": np.ceil,
    "cosine": np.cos,
    "exponential": np.exp,
    "exponential_minus_one": np.expm1,
    "floor": np.floor,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "negate": np.negative,
    "round_nearest_afz": lambda x: np.trunc(x + np.copysign(0.5, x)),
    "round_nearest_even": np.rint,
    "sign": np.sign,
    "sine": np.sin,
    "tan": np.tan,
    "tanh": np.tanh,
    "real": np.real,
    "imag": np.imag,
    "is_finite": np.isfinite,
}
POSITIVE = {"log": np.log, "log_plus_one": np.log1p, "sqrt": np.sqrt, "rsqrt": lambda x: x**-0.5}
BINARY = {
    "add": np.add,
    "atan2": np.arctan2,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "multiply": np.multiply,
    "remainder": np.fmod,
    "subtract": np.subtract,
}
BITS = {
    "and_": np.bitwise_and,
    "or_": np.bitwise_or,
    "xor": np.bitwise_xor,
    "shift_left": np.left_shift,
    "shift_right_arithmetic": np.right_shift,
}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_value(name: str) -> None:
    found = evaluated(lambda _, v: getattr(hlo, name)(v[0]), X)
    np.testing.assert_allclose(found, UNARY[name](X), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", POSITIVE)
def test_functions_of_one_positive_value(name: str) -> None:
    found = evaluated(lambda _, v: getattr(hlo, name)(v[0]), np.abs(X))
    np.testing.assert_allclose(found, POSITIVE[name](np.abs(X)), rtol=1e-6)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_values(name: str) -> None:
    found = evaluated(lambda _, v: getattr(hlo, name)(v[0], v[1]), X, Y)
    np.testing.assert_allclose(found, BINARY[name](X, Y), rtol=1e-6)


@pytest.mark.parametrize("name", BITS)
def test_functions_of_bits(name: str) -> None:
    places = np.full_like(INTS, 2)
    found = evaluated(lambda _, v: getattr(hlo, name)(v[0], v[1]), INTS, places)
    np.testing.assert_array_equal(found, BITS[name](INTS, places))


@pytest.mark.parametrize(
    ("program", "inputs", "expected"),
    [
        (lambda _, v: hlo.power(*v), (np.abs(X), Y), np.abs(X) ** Y),
        (lambda _, v: hlo.shift_right_logical(*v), (INTS, INTS * 0 + 28), (INTS >> 28) & 15),
        (lambda _, v: hlo.popcnt(v[0]), (np.array([7, 8], np.int32),), [3, 1]),
        (lambda _, v: hlo.count_leading_zeros(v[0]), (np.array([1, 0], np.int32),), [31, 32]),
        (lambda _, v: hlo.real(hlo.complex(*v)), (X, Y), X),
        (lambda _, v: hlo.imag(hlo.complex(*v)), (X, Y), Y),
        (lambda _, v: hlo.compare(v[0], v[1], "LT", "FLOAT"), (X, Y), X < Y),
        (lambda _, v: hlo.compare(v[0], v[1], "NE"), (X, X), X != X),
        (lambda _, v: hlo.select(hlo.compare(*v, "GT"), *v), (X, Y), np.maximum(X, Y)),
        (
            lambda b, v: hlo.clamp(hlo.constant(b, -1.0, "f32"), v[0], hlo.constant(b, 1.0, "f32")),
            (X,),
            X.clip(-1, 1),
        ),
        (lambda _, v: hlo.convert(v[0], "i32"), (X,), X.astype(np.int32)),
        (lambda _, v: hlo.convert(v[0], np.int8), (X,), X.astype(np.int8)),
        (lambda _, v: hlo.bitcast_convert(v[0], "i32"), (X,), X.view(np.int32)),
        (
            lambda _, v: hlo.bitcast_convert(hlo.bitcast_convert(v[0], "i16"), "f32"),
            (X,),
            X,
        ),
        (
            lambda _, v: hlo.reduce_precision(v[0], 5, 2),
            (np.array([1.1, 3.3], np.float32),),
            [1.0, 3.5],
        ),
        (lambda _, v: hlo.optimization_barrier(*v)[1], (X, Y), Y),
        (lambda _, v: hlo.transpose(v[0], [1, 0]), (X,), X.T),
        (lambda _, v: hlo.reshape(v[0], [3, 2]), (X,), X.reshape(3, 2)),
        (
            lambda _, v: hlo.broadcast_in_dim(v[0], (2, 3, 4), (0, 1)),
            (X,),
            np.broadcast_to(X[:, :, None], (2, 3, 4)),
        ),
        (
            lambda b, v: hlo.add(v[0], hlo.iota(b, (2, 3), "f32", 1)),
            (X,),
            X + np.arange(3, dtype=np.float32),
        ),
        (lambda _, v: hlo.slice(v[0], [0, 0], [2, 3], [1, 2]), (X,), X[:, ::2]),
        (lambda _, v: hlo.slice(v[0], [1, 0], [2, 3]), (X,), X[1:]),
        (
            lambda b, v: hlo.dynamic_slice(
                v[0], [hlo.constant(b, i, "i32") for i in (1, 9)], [1, 2]
            ),
            (X,),
            X[1:, 1:],
        ),
        (
            lambda b, v: hlo.dynamic_update_slice(
                v[0], hlo.negate(v[0]), [hlo.constant(b, 0, "i64")] * 2
            ),
            (X,),
            -X,
        ),
        (lambda _, v: hlo.concatenate(v, dimension=0), (X, Y), np.concatenate([X, Y])),
        (
            lambda b, v: hlo.pad(v[0], hlo.constant(b, 9.0, "f32"), [1, -1], [0, 1], [0, 0]),
            (X,),
            np.pad(X[:, 1:], [(1, 0), (0, 1)], constant_values=9.0),
        ),
    ],
)
def test_programs(program: Program, inputs: tuple[Any, ...], expected: Any) -> None:
    np.testing.assert_allclose(evaluated(program, *inputs), expected, rtol=1e-6)


def test_a_wished_accuracy_is_kept() -> None:
    accuracy = ResultAccuracyAttr.of(ResultAccuracyMode.HIGHEST)
    text = text_of(lambda _, v: hlo.tanh(hlo.tanh(v[0], accuracy)), X)
    assert text.count("result_accuracy_mode<HIGHEST>") == 1


def test_a_negated_boolean() -> None:
    assert "stablehlo.not %arg0 : tensor<3xi1>" in text_of(lambda _, v: hlo.not_(v[0]), BOOLS)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (lambda _, v: hlo.add(v[0], hlo.transpose(v[0], (1, 0))), r"stablehlo.add: \(C1\)"),
        (lambda _, v: hlo.not_(v[0]), r"stablehlo.not: \(I1\) .* got tensor<2x3xf32>"),
        (lambda _, v: hlo.transpose(v[0], (0, 2)), r"stablehlo.transpose: \(C2\) .*\[0, 2\]"),
        (lambda _, v: hlo.transpose(v[0], (0, 1.5)), "expected integers"),
        (lambda _, v: hlo.reshape(v[0], (7,)), r"stablehlo.reshape: \(C2\) .* \(6\) .* \(7\)"),
        (lambda _, v: hlo.reshape(v[0], (-6, -1)), "negative dimension -6"),
        (lambda _, v: hlo.convert(v[0], "f33"), "'f33' names no StableHLO element type"),
        (lambda _, v: hlo.bitcast_convert(v[0], "f64"), r"stablehlo.bitcast_convert: \(C1\)"),
        (lambda _, v: hlo.compare(v[0], v[0], "LESS"), "comparison_direction must be one of"),
        (lambda _, v: hlo.compare(v[0], v[0], "LT", "SIGNED"), r"stablehlo.compare: \(C3\)"),
        (lambda b, _: hlo.iota(b, (2,), "f32", 1), r"stablehlo.iota: \(C1\)"),
        (lambda _, v: hlo.slice(v[0], (0,), (2,)), r"stablehlo.slice: \(C2\)"),
        (lambda _, v: hlo.concatenate([], 0), r"stablehlo.concatenate: \(C3\)"),
        (lambda _, v: hlo.pad(v[0], v[0], (0, 0), (0, 0)), r"stablehlo.pad: \(I2\)"),
        (lambda _, v: hlo.broadcast_in_dim(v[0], (2, 4), (0, 1)), r"_in_dim: \(C5\) .* size 3"),
    ],
)
def test_a_wrong_call_names_the_constraint_and_the_line(program: Program, message: str) -> None:
    with pytest.raises(BuildError, match=message) as caught:
        text_of(program, X)
    assert "test_hlo_elementwise.py:" in str(caught.value)
