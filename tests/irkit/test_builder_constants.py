"""Constants, splats and the operators of values, which make them of Python numbers."""

from __future__ import annotations

import re

import ml_dtypes
import numpy as np
import pytest

from irkit import Builder, Value, hlo, tensor
from tests.irkit.refusals import WAYS, recorded, refused, text_of
from tests.witness import upstream

HERE = __file__


# -- constants -------------------------------------------------------------------------------------

LITERALS = [
    (1, None, "dense<1> : tensor<i32>"),
    (True, None, "dense<true> : tensor<i1>"),
    (1.5, None, "dense<1.500000e+00> : tensor<f32>"),
    (-0.0, None, "dense<-0.000000e+00> : tensor<f32>"),
    (0.0, None, "dense<0.000000e+00> : tensor<f32>"),
    (float("nan"), None, "dense<0x7FC00000> : tensor<f32>"),
    (1j, None, "dense<(0.000000e+00,1.000000e+00)> : tensor<complex<f32>>"),
    ([1, 2], None, "dense<[1, 2]> : tensor<2xi32>"),
    ([[1.0], [2.0]], "bf16", "dense<[[1.000000e+00], [2.000000e+00]]> : tensor<2x1xbf16>"),
    ((), None, "dense<> : tensor<0xf32>"),
    (np.zeros((0, 3), np.int8), None, "dense<> : tensor<0x3xi8>"),
    (np.float64(2.5), None, "dense<2.500000e+00> : tensor<f64>"),
    (np.float32(1.5), "f16", "dense<1.500000e+00> : tensor<f16>"),
    (np.array([1, 258], ">i2"), None, "dense<[1, 258]> : tensor<2xi16>"),
    (np.array([1.5, 2.5], ">f4"), "f64", "dense<[1.500000e+00, 2.500000e+00]> : tensor<2xf64>"),
    (
        np.arange(6, dtype=np.uint8).reshape(2, 3).T,
        None,
        "dense<[[0, 3], [1, 4], [2, 5]]> : tensor<3x2xui8>",
    ),
    (np.arange(8, dtype=np.int32)[::-2], None, "dense<[7, 5, 3, 1]> : tensor<4xi32>"),
    (2.0, "i32", "dense<2> : tensor<i32>"),
    (1, "i1", "dense<true> : tensor<i1>"),
    (-8, "i4", "dense<-8> : tensor<i4>"),
    (3, "ui2", "dense<3> : tensor<ui2>"),
    (2**63, "ui64", "dense<9223372036854775808> : tensor<ui64>"),
    (7, "bf16", "dense<7.000000e+00> : tensor<bf16>"),
    (float("-inf"), "f16", "dense<0xFC00> : tensor<f16>"),
    (0.1, ml_dtypes.float8_e5m2, "dense<9.375000e-02> : tensor<f8E5M2>"),
    (np.array([7], ml_dtypes.int4), "f32", "dense<7.000000e+00> : tensor<1xf32>"),
]


@WAYS
def test_constants_of_every_form(policy) -> None:
    def forward(b: Builder) -> list[Value]:
        # Twice, for the second comes from what the first left in the builder's memory.
        values = [b.constant(value, dtype) for _ in range(2) for value, dtype, _ in LITERALS]
        return [*values, hlo.constant(b, 3)]

    text = text_of(forward, policy)
    found = re.findall(r"stablehlo.constant (.*)", text)
    assert found == [literal for _ in range(2) for *_, literal in LITERALS] + [
        "dense<3> : tensor<i32>"
    ]
    assert upstream.printed(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "i1",
        "i2",
        "i4",
        "i8",
        "i16",
        "i32",
        "i64",
        "ui2",
        "ui4",
        "ui8",
        "ui16",
        "ui32",
        "ui64",
        "f64",
        "f32",
        "f16",
        "bf16",
        "f8E3M4",
        "f8E4M3",
        "f8E4M3FN",
        "f8E4M3FNUZ",
        "f8E4M3B11FNUZ",
        "f8E5M2",
        "f8E5M2FNUZ",
        "f8E8M0FNU",
        "f6E2M3FN",
        "f6E3M2FN",
        "f4E2M1FN",
        "complex<f32>",
        "complex<f64>",
    ],
)
def test_constants_of_every_element_type(name: str) -> None:
    def forward(b: Builder) -> list[Value]:
        ones = b.constant([1, 1, 1], name)
        assert ones.type == b.splat(1, ones.type).type == tensor((3,), name)
        return [ones, b.splat(1, ones.type), b.constant(np.ones(200), name)]

    text = text_of(forward)
    assert text.count(f"tensor<3x{name}>\n") == 2
    assert upstream.printed(text) == text


@pytest.mark.parametrize(
    ("value", "dtype", "why"),
    [
        (2**40, None, "1099511627776 is out of the range of int32"),
        (2**70, None, "is out of the range of every integer type"),
        ([1, 300], "i8", "300 is out of the range of int8, -128 to 127"),
        (-1, "ui8", "-1 is out of the range of uint8, 0 to 255"),
        (8, "i4", "8 is out of the range of int4, -8 to 7"),
        (2, "i1", "2 is out of the range of bool, 0 to 1"),
        ([0.0, 2.5], "i32", "2.5 is no whole number for int32"),
        (float("inf"), "i32", "inf is out of the range of int32"),
        (float("nan"), "i32", "nan is no whole number"),
        (1e39, None, "1e+39 is out of the range of float32"),
        (np.array([1.0, 1e39]), "bf16", "1e+39 is out of the range of bfloat16"),
        (float("inf"), "f8E4M3FN", "inf is out of the range of float8_e4m3fn"),
        (1j, "f32", "1j is complex"),
        ("one", None, "'one' is no number"),
        (None, None, "None is no number"),
        ([[1], [1, 2]], None, "inhomogeneous"),
        (1, "float", "'float' names no StableHLO element type"),
        (np.ones(2, np.clongdouble), None, "names no StableHLO element type"),
    ],
)
def test_numbers_that_would_change_are_refused(value, dtype, why) -> None:
    def forward(b: Builder) -> Value:
        for _ in range(2):
            with refused(HERE, "stablehlo.constant: ", why):
                b.constant(value, dtype)
        return b.constant(0)

    recorded(forward)


@WAYS
def test_splats_fill_a_type(policy) -> None:
    types = [("f32", (2, 3)), ("i1", ()), ("ui8", (0, 2)), ("bf16", (4096,)), ("i64", (1,))]

    def forward(b: Builder) -> list[Value]:
        return [b.splat(1, tensor(shape, name)) for name, shape in types]

    text = text_of(forward, policy)
    assert upstream.printed(text) == text
    assert "dense<1.000000e+00> : tensor<4096xbf16>" in text
    assert "dense<> : tensor<0x2xui8>" in text


@pytest.mark.parametrize("name", ["i2", "i4", "ui2", "ui4", "f4E2M1FN", "bf16"])
def test_splats_of_the_types_own_scalars(name: str) -> None:
    def forward(b: Builder) -> list[Value]:
        type_ = tensor((3,), name)
        one = np.ones(1, b.splat(1, type_).dtype)[0]
        return [b.splat(one, type_), b.constant(np.ones(3), name)]

    first, second = re.findall(r"dense<[^>]*>", text_of(forward))[-2:]
    assert first == second


def test_splats_that_the_type_can_not_hold_are_refused() -> None:
    def forward(b: Builder) -> Value:
        i32, f32 = tensor((2,), "i32"), tensor((2,), "f32")
        with refused(HERE, "2.0 is no element of tensor<2xi32>; convert one of the two"):
            b.splat(2.0, i32)
        with refused(HERE, "1j is no element of tensor<2xf32>: 1j is complex"):
            b.splat(1j, f32)
        with refused(HERE, "is no element of tensor<2xf32>; convert one of the two"):
            b.splat(np.ones(3, np.float32), f32)
        with refused(HERE, "9999999999 is no element of tensor<2xi32>: 9999999999 is out of"):
            b.splat(9999999999, i32)
        return b.constant(0)

    recorded(forward)


# -- operators -------------------------------------------------------------------------------------


@WAYS
def test_operators_are_the_operations(policy) -> None:
    def by_operators(b: Builder) -> list[Value]:
        x, n, p = (b.argument(k, (2,), t) for k, t in (("x", "f32"), ("n", "i32"), ("p", "i1")))
        return [
            x + x,
            x + 1,
            1 + x,
            x - x,
            x - 1.5,
            2 - x,
            x * x,
            x * np.float32(2),
            np.float64(2) * x,
            x / x,
            x / 2,
            2 / x,
            -x,
            n & n,
            n & 1,
            1 & n,
            n | 2,
            2 | n,
            n ^ 3,
            3 ^ n,
            ~p,
            p & True,
            x < x,
            x <= 1,
            x > 2,
            x >= x,
            n > 1,
        ]

    def by_functions(b: Builder) -> list[Value]:
        x, n, p = (b.argument(k, (2,), t) for k, t in (("x", "f32"), ("n", "i32"), ("p", "i1")))

        def c(number: float, like: Value) -> Value:
            return b.splat(number, like.type)

        return [
            hlo.add(x, x),
            hlo.add(x, c(1, x)),
            hlo.add(c(1, x), x),
            hlo.subtract(x, x),
            hlo.subtract(x, c(1.5, x)),
            hlo.subtract(c(2, x), x),
            hlo.multiply(x, x),
            hlo.multiply(x, c(2, x)),
            hlo.multiply(c(2, x), x),
            hlo.divide(x, x),
            hlo.divide(x, c(2, x)),
            hlo.divide(c(2, x), x),
            hlo.negate(x),
            hlo.and_(n, n),
            hlo.and_(n, c(1, n)),
            hlo.and_(c(1, n), n),
            hlo.or_(n, c(2, n)),
            hlo.or_(c(2, n), n),
            hlo.xor(n, c(3, n)),
            hlo.xor(c(3, n), n),
            hlo.not_(p),
            hlo.and_(p, c(True, p)),
            hlo.compare(x, x, "LT"),
            hlo.compare(x, c(1, x), "LE"),
            hlo.compare(x, c(2, x), "GT"),
            hlo.compare(x, x, "GE"),
            hlo.compare(n, c(1, n), "GT"),
        ]

    assert text_of(by_operators, policy) == text_of(by_functions, policy)


def test_operators_that_would_guess_are_refused() -> None:
    array = np.ones(2, np.float32)
    texts = "a string"

    def forward(b: Builder) -> Value:
        x, n = b.argument("x", (2,), "f32"), b.argument("n", (2,), "i4")
        for call in (lambda: n / n, lambda: n / 2, lambda: 2 / n):
            with refused(HERE, "/ on tensor<2xi4> is ambiguous", error=TypeError):
                call()
        for call in (lambda: x + array, lambda: array + x, lambda: x < array, lambda: array * x):
            with refused(HERE, "a numpy array: make it a constant", error=TypeError):
                call()
        for call in (lambda: x + texts, lambda: texts + x, lambda: x < texts, lambda: x & None):
            with refused(HERE, "Value", error=TypeError, located=False):
                call()
        with refused(HERE, "a Value has no truth value", error=TypeError):
            assert x
        with refused(HERE, "2.5 is no element of tensor<2xi4>"):
            n * 2.5
        with refused(HERE, "stablehlo.add", "tensor<2xf32>, tensor<2xi4>"):
            x + n
        with refused(HERE, "stablehlo.and", "(tensor<2xf32>, tensor<2xf32>)"):
            x & x
        assert x != 1  # identity, as for any object
        assert x in [n, x]
        return x

    recorded(forward)
