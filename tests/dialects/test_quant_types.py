"""Quantized types: their text, what they refuse, and where they may stand."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from newer_upstream import newer_upstream_texts
from programs import our_text
from xdsl.dialects.builtin import Float8E4M3FNType, IntegerType, f16, f32, f64, i8
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from dialects.attribute_text import attribute_text
from dialects.quant.agreement import elements_agree
from dialects.quant.loose_types import AnyQuantized, AnyQuantizedType, Calibrated, CalibratedType
from dialects.quant.storage import Storage
from dialects.quant.types import Uniform, UniformType
from dialects.reader import ReadError, parse_module

READ = [
    "!quant.uniform<i8:f32, 1.0:17>",
    "!quant.uniform<i8<-128:127>:f32, 1.0:17>",
    "!quant.uniform<i8<-127:127>:f32, 0.1>",
    "!quant.uniform<u8<0:255>:f32, 1.0:-3>",
    "!quant.uniform<u8<1:254>:f32, 1.0>",
    "!quant.uniform<ui8<1:254>:bf16, 1.0e10:300>",
    "!quant.uniform<si8<-5:5>:f32, 1.0>",
    "!quant.uniform<u08:f64, 1.2345678901234>",
    "!quant.uniform<i1:f64, 1.0e-320>",
    "!quant.uniform<i32<-2147483648:2147483647>:tf32, 1.0:0x1F>",
    "!quant.uniform<i8:f64, 0x3FF0000000000000:-9223372036854775808>",
    "!quant.uniform<f8E4M3FN<-100:448>:f32, 1.0>",
    "!quant.uniform<f8E5M2:f16, 5.9604644775390625e-8>",
    "!quant.uniform<f4E2M1FN:f8E5M2FNUZ, 57344.0>",
    "!quant.uniform<i4:f4E2M1FN, 0.5>",
    "!quant.uniform<i8:f8E8M0FNU, 6.0e-39>",
    "!quant.uniform<i8:f32:0, {1.0:17, 2.0}>",
    "!quant.uniform<i8:f32:2147483647, {{0.1, 2.0},{3.0,4.0:1}}>",
    "!quant.uniform<i8:f32:{0:1, 1:2}, {{1.0:1, 2.0}, {3.0, 4.0:-3}}>",
    "!quant.uniform<i8:f32:{}, {{{1.0}, {0.1}}}>",
    "!quant.uniform<u8:f16:{1:3, 0:9223372036854775807}, {{1.0, 2.0:200}, {1.0, 0.1}}>",
    "!quant.uniform<i8:bf16:{0:1}, {0.1:1000}>",
    "!quant<uniform<i8:f32, 1.0>>",
    "!quant.any<i8:f32>",
    "!quant.any<u8<1:3>>",
    "!quant.any<f8E5M2<-5:5>:f32>",
    "!quant.calibrated<f32<-0.99:1.5e-20>>",
    "!quant.calibrated<f64<-0.0:0x7FF0000000000000>>",
    "tensor<4x!quant.uniform<i8:f32:1, {1.0}>>",
    "tensor<*x!quant.uniform<i8:f32, 1.0>>",
    "tensor<?x!quant.calibrated<f32<-1.0:1.0>>>",
    "tuple<!quant.uniform<i8:f32, 1.0>, i8>",
]

REFUSED = {
    "!quant.uniform<i8:f32, 1:3>": "dot",
    "!quant.uniform<i8:f32, 0x3F800000>": "(C4)",
    "!quant.uniform<i8:f32, -1.0>": "(C5)",
    "!quant.uniform<i8:f32, 0.0>": "(C5)",
    "!quant.uniform<i8:f32, 1.0e-46>": "(C4)",
    "!quant.uniform<i8:f16, 1.0e10>": "(C4)",
    "!quant.uniform<i8:f8E8M0FNU, 5.0e-39>": "(C4)",
    "!quant.uniform<i8:f6E2M3FN, 7.6>": "(C4)",
    "!quant.uniform<i8:f8E4M3FN, 449.0>": "(C4)",
    "!quant.uniform<i8:f8E5M2FNUZ, 57345.0>": "(C4)",
    "!quant.uniform<i8:f64, 0x7FF0000000000000>": "(C6)",
    "!quant.uniform<i8:i32, 1.0>": "(C4)",
    "!quant.uniform<i33:f32, 1.0>": "1 to 32 bits",
    "!quant.uniform<i0:f32, 1.0>": "1 to 32 bits",
    "!quant.uniform<u0:f32, 1.0>": "1 to 32 bits",
    "!quant.uniform<ux:f32, 1.0>": "no storage type",
    "!quant.uniform<f32:f32, 1.0>": "no storage type",
    "!quant.uniform<f8E4M3:f32, 1.0>": "no storage type",
    "!quant.uniform<index:f32, 1.0>": "no storage type",
    "!quant.uniform<i8<-129:127>:f32, 1.0>": "(C3)",
    "!quant.uniform<i8<-128:128>:f32, 1.0>": "(C3)",
    "!quant.uniform<i8<5:5>:f32, 1.0>": "(C3)",
    "!quant.uniform<u8<-1:4>:f32, 1.0>": "(C3)",
    "!quant.uniform<i8:f32:-1, {1.0}>": "(C11)",
    "!quant.uniform<i8:f32:2147483648, {1.0}>": "32 bits",
    "!quant.uniform<i8:f32, 1.0:9223372036854775808>": "64 bits",
    "!quant.uniform<i8:f32:0, {}>": "literal",
    "!quant.uniform<i8:f32:0, 1.0>": "'{'",
    "!quant.uniform<i8:f32, {1.0}>": "literal",
    "!quant.uniform<i8:f32:{-1:2}, {1.0}>": "negative",
    "!quant.uniform<i8:f32:{1:0}, {1.0}>": "positive",
    "!quant.uniform<i8:f32:{1:3, 0:4}, {{1.0, 2.0}, {1.0}}>": "shape",
    "!quant.uniform<i8:f32:{1:3, 0:4}, {{1.0, 2.0}, 1.0}>": "shape",
    "!quant.uniform<i8, 1.0>": "':'",
    "!quant.uniform<i8:f32>": "','",
    "!quant.any<i8:i32>": "float",
    "!quant.calibrated<f32<1.0:1.0>>": "empty",
    "!quant.calibrated<i32<1.0:2.0>>": "float",
    "!quant.other<i8>": "other",
}


def declaration(type_: str) -> str:
    """A program that uses the type."""
    return f"func.func private @f({type_})\n"


def test_types_are_printed_as_upstream_prints_them() -> None:
    texts = [declaration(type_) for type_ in READ]
    printed = [our_text(text) for text in texts]
    assert printed == newer_upstream_texts(texts)
    assert [our_text(text) for text in printed] == printed


@pytest.mark.parametrize(("type_", "reason"), REFUSED.items())
def test_a_type_that_cannot_be_is_refused_where_it_stands(type_: str, reason: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_module(declaration(type_))
    assert reason in caught.value.diagnostic.message
    assert 22 < caught.value.diagnostic.column <= 22 + len(type_)


def test_upstream_refuses_them_too() -> None:
    assert newer_upstream_texts([*map(declaration, REFUSED)]) == [None] * len(REFUSED)


def test_an_alias_stands_for_the_type() -> None:
    text = (
        "!q = !quant.uniform<i8:f32, 1.0>\n!s = i8\n"
        "func.func private @f(tensor<4x!q>, !quant.uniform<!s:f32, 2.0>) attributes {a = [!q]}\n"
    )
    assert [our_text(text)] == newer_upstream_texts([text])


# -- any type that can be ----------------------------------------------------------------------

I32 = 2**31


@st.composite
def storages(draw: st.DrawFn) -> str:
    width = draw(st.integers(2, 32))
    prefix = draw(st.sampled_from(["i", "u", "si", "ui"]))
    low, high = (0, 2**width - 1) if prefix[0] == "u" else _signed_range(width)
    if not draw(st.booleans()):
        return f"{prefix}{width}"
    least = draw(st.integers(low, high - 1))
    return f"{prefix}{width}<{least}:{draw(st.integers(least + 1, high))}>"


def _signed_range(width: int) -> tuple[int, int]:
    return -(2 ** (width - 1)), 2 ** (width - 1) - 1


def scales(most: float) -> st.SearchStrategy[str]:
    texts = st.floats(2.0**-20, most, allow_nan=False).map(repr)
    return texts.map(lambda text: text if "." in text else text.replace("e", ".0e"))


def parameters(most: float) -> st.SearchStrategy[str]:
    zeros = st.one_of(st.just(""), st.integers(-I32, I32).map(":{}".format))
    return st.tuples(scales(most), zeros).map("".join)


@st.composite
def uniform_types(draw: st.DrawFn) -> str:
    expressed, most = draw(st.sampled_from([("f16", 65504.0), ("bf16", 2.0**99), ("f64", 2.0**99)]))
    one = parameters(most)
    head = f"{draw(storages())}:{expressed}"
    if draw(st.booleans()):
        return f"!quant.uniform<{head}, {draw(one)}>"
    if draw(st.booleans()):
        listed = ", ".join(draw(st.lists(one, min_size=1, max_size=4)))
        return f"!quant.uniform<{head}:{draw(st.integers(0, I32 - 1))}, {{{listed}}}>"
    blocks = st.tuples(st.integers(0, I32 - 1), st.integers(1, 2**63 - 1))
    sizes = ", ".join(f"{axis}:{size}" for axis, size in draw(st.lists(blocks, max_size=3)))
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    # Upstream keeps the lowest bits of these zero points, and prints ":" for 4 as an i2.
    one = st.tuples(scales(most), st.sampled_from(["", ":1", ":-1"])).map("".join)
    lists = [", ".join(draw(one) for _ in range(columns)) for _ in range(rows)]
    return f"!quant.uniform<{head}:{{{sizes}}}, {{{', '.join(f'{{{row}}}' for row in lists)}}}>"


def read_type(text: str) -> UniformType:
    """The type that the text stands for."""
    op = parse_module(f'"stablehlo.custom_call"() {{a = {text}}} : () -> ()').module.body.block
    assert op.first_op is not None
    found = op.first_op.attributes["a"]
    assert isinstance(found, UniformType)
    return found


@settings(deadline=None, max_examples=60)
@given(uniform_types())
def test_a_printed_type_is_read_back(text: str) -> None:
    found = read_type(text)
    assert read_type(attribute_text(found)) == found
    assert attribute_text(read_type(attribute_text(found))) == attribute_text(found)
    found.verify()


@settings(deadline=None, max_examples=3, phases=[Phase.generate])
@given(st.lists(uniform_types(), min_size=30, max_size=60))
def test_any_type_is_printed_as_upstream_prints_it(types: list[str]) -> None:
    texts = [*map(declaration, types)]
    assert [our_text(text) for text in texts] == newer_upstream_texts(texts)


# -- types made in Python ----------------------------------------------------------------------

INT8 = Storage(i8, True, -128, 127)


def test_the_parts_of_a_type() -> None:
    whole = UniformType(Uniform(INT8, f32, (0.5,), (3,)))
    sliced = UniformType(Uniform(INT8, f32, (0.5, 1.0), (3, 4), dimension=1))
    assert (whole.per_tensor, whole.per_axis, sliced.per_tensor, sliced.per_axis) == (
        True,
        False,
        False,
        True,
    )
    assert (sliced.dimension, sliced.scales, sliced.zero_points) == (1, (0.5, 1.0), (3, 4))
    assert (sliced.storage, sliced.expressed, sliced.storage.width) == (INT8, f32, 8)
    assert Storage(Float8E4M3FNType(), True, -448, 448).width == 8
    with pytest.raises(ValueError, match="no quantization dimension"):
        _ = whole.dimension


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (Uniform(INT8, i8, (1.0,), (0,)), "C4"),
        (Uniform(INT8, f16, (1e9,), (0,)), "C4"),
        (Uniform(INT8, f32, (-1.0,), (0,)), "C5"),
        (Uniform(INT8, f32, (math.nan,), (0,)), "C6"),
        (Uniform(INT8, f32, (1.0,), (0, 0)), "C9"),
        (Uniform(INT8, f32, (1.0, 2.0), (0, 0)), "C10"),
        (Uniform(INT8, f32, (1.0,), (0,), dimension=-1), "C11"),
        (Uniform(INT8, f32, (1.0,), (0,), dimension=1, blocks=()), "exclude"),
        (Uniform(INT8, f32, (1.0,), (0,), blocks=(), shape=(2,)), "shape"),
        (Uniform(Storage(i8, True, 5, 5), f32, (1.0,), (0,)), "C3"),
        (Uniform(Storage(IntegerType(64), True, 0, 5), f32, (1.0,), (0,)), "bits"),
        (Uniform(Storage(f64, True, 0, 5), f32, (1.0,), (0,)), "no storage type"),
    ],
)
def test_a_type_that_cannot_be_is_not_made(data: Uniform, reason: str) -> None:
    with pytest.raises(VerifyException, match=reason):
        UniformType(data)


AGREEING = ["i8:f32, 1.0:17", "i8<-128:127>:f32, 2.0"]
OTHERS = [
    "u8:f32, 1.0:17",
    "i16:f32, 1.0:17",
    "i8:f16, 1.0:17",
    "i8<-5:20>:f32, 1.0:17",
    "i8:f32, 1.0:300",
    "i8:f32:0, {1.0:17}",
    "i8:f32:{0:1}, {1.0:17}",
]


def test_types_that_differ_in_scale_and_zero_point_alone_agree() -> None:
    first, second = (read_type(f"!quant.uniform<{text}>") for text in AGREEING)
    assert elements_agree(first, second)
    assert elements_agree(f32, f32)
    assert not elements_agree(first, f32)
    for text in OTHERS:
        other = read_type(f"!quant.uniform<{text}>")
        assert elements_agree(other, other)
        assert not elements_agree(first, other), text


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: AnyQuantizedType(AnyQuantized(STORED_AS, i8)),
            "quant.any: the expressed type must",
        ),
        (lambda: CalibratedType(Calibrated(i8, 0.0, 1.0)), "quant.calibrated: i8 is no float"),
        (lambda: CalibratedType(Calibrated(f32, 1.0, 1.0)), "quant.calibrated: the range must not"),
        (
            lambda: CalibratedType(Calibrated(f32, 1.0, -1.0)),
            "quant.calibrated: the range must not",
        ),
    ],
)
def test_types_that_are_made_are_held_to_what_is_read(
    make: Callable[[], Attribute], message: str
) -> None:
    with pytest.raises(VerifyException, match=message):
        make()
    assert attribute_text(CalibratedType(Calibrated(f32, -1.0, 1.0))) == READ_RANGE
    assert attribute_text(AnyQuantizedType(AnyQuantized(STORED_AS, f32))) == "!quant.any<i8:f32>"


STORED_AS = Storage(i8, True, -128, 127)
READ_RANGE = "!quant.calibrated<f32<-1.000000e+00:1.000000e+00>>"
