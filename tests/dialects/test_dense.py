"""Dense constants: text, elements, and parsing, beside upstream."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upstream_attributes import upstream_refuses, upstream_texts
from xdsl.context import Context
from xdsl.dialects import builtin
from xdsl.dialects.builtin import (
    Builtin,
    ComplexType,
    DenseIntOrFPElementsAttr,
    DenseResourceAttr,
    IndexType,
    IntegerType,
    Signedness,
    TensorType,
)
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError

from dialects.attribute_parser import AttributeParser
from dialects.attribute_text import attribute_text
from dialects.dense import (
    COMPACT_ABOVE,
    dense_array,
    dense_from_array,
    dense_from_bytes,
    dense_literal,
    dense_literal_of,
)
from dialects.dense_parser import parse_dense, parse_elements
from dialects.element_storage import ElementTypeError, element_dtype, storage_size

UNSIGNED = {width: IntegerType(width, Signedness.UNSIGNED) for width in (2, 4, 8, 16, 32, 64)}
ELEMENT_TYPES: list[Attribute] = [
    *(IntegerType(width) for width in (1, 2, 4, 8, 16, 32, 64)),
    *UNSIGNED.values(),
    IndexType(),
    *(builtin.f64, builtin.f32, builtin.f16, builtin.bf16, builtin.f8E4M3FN, builtin.f8E5M2),
    *(builtin.f8E8M0FNU, builtin.f6E2M3FN, builtin.f4E2M1FN),
    ComplexType(builtin.f32),
    ComplexType(builtin.f64),
]

RIGHT = """
dense<"0x00"> : tensor<8xi1>
dense<"0xFF"> : tensor<8xi1>
dense<"0x0100FF0001000100"> : tensor<8xi1>
dense<"0x0101010101010101"> : tensor<8xi1>
dense<[true, false]> : tensor<2xi1>
dense<[true, 1, 0]> : tensor<3xi1>
dense<-1> : tensor<i1>
dense<[[true], [false]]> : tensor<2x1xi1>
dense<"0x01010101"> : tensor<4xi8>
dense<"0x01"> : tensor<4xi8>
dense<"0x0102030F"> : tensor<4xi4>
dense<"0xFF0F"> : tensor<2xi4>
dense<"0x1F08"> : tensor<2xui4>
dense<[-1, 7, -8, 3]> : tensor<4xi4>
dense<[15, 7]> : tensor<2xui4>
dense<[-1, 255]> : tensor<2xi8>
dense<0xFF> : tensor<i8>
dense<18446744073709551615> : tensor<i64>
dense<-1> : tensor<2xindex>
dense<> : tensor<0xf32>
dense<> : tensor<0x3xf32>
dense<[]> : tensor<0xf32>
dense<[[], []]> : tensor<2x0xf32>
dense<1.0> : tensor<0xf32>
dense<"0x"> : tensor<0xf32>
dense<"0x0000803F"> : tensor<0xf32>
dense<0x7F800000> : tensor<f32>
dense<[0x7F800000, 1.0]> : tensor<2xf32>
dense<[0x7FC00000, 0x7FC00001]> : tensor<2xf32>
dense<[0x7FC00000, 0x7FC00000]> : tensor<2xf32>
dense<[0.0, -0.0]> : tensor<2xf32>
dense<(1.0, 2.0)> : tensor<complex<f32>>
dense<[(1.0, 2.0), (0x7F800000, 0xFF800000)]> : tensor<2xcomplex<f32>>
dense<[(1.0, 2.0), (1.0, 2.0)]> : tensor<2xcomplex<f32>>
dense<[[(1.0, 2.0)], [(1.0, 2.5)]]> : tensor<2x1xcomplex<f32>>
dense<"0x0000803F00000040"> : tensor<2xcomplex<f32>>
dense<(1, -2)> : tensor<complex<i32>>
dense<(true, false)> : tensor<complex<i1>>
dense<[[[1, 2], [3, 4]]]> : tensor<1x2x2xi32>
dense<[[1]]> : tensor<1x1xi32>
dense<1> : vector<2xi32>
dense<1> : tensor<i32, "enc">
dense<1.0e39> : tensor<f32>
dense<500.0> : tensor<f8E4M3FN>
dense<300.0> : tensor<f8E4M3FNUZ>
dense<-0.0> : tensor<f8E4M3FNUZ>
dense<0.0> : tensor<f8E8M0FNU>
dense<-1.0> : tensor<f8E8M0FNU>
dense<3.0> : tensor<f8E8M0FNU>
dense<-100.0> : tensor<f6E2M3FN>
dense<0x0F> : tensor<f4E2M1FN>
dense<65519.99> : tensor<f16>
dense<65520.0> : tensor<f16>
""".strip().splitlines()

WRONG = """
dense<[-1]> : tensor<1xui8>
dense<[128]> : tensor<1xsi8>
dense<256> : tensor<i8>
dense<-9> : tensor<i4>
dense<2> : tensor<i1>
dense<> : tensor<2xf32>
dense<> : tensor<f32>
dense<[]> : tensor<0x3xf32>
dense<""> : tensor<0xf32>
dense<"0xZZ"> : tensor<1xi8>
dense<"0x123"> : tensor<1xi8>
dense<"FF"> : tensor<1xi8>
dense<"0x0102"> : tensor<1xi8>
dense<"0x0102"> : tensor<0xi8>
dense<"0x00"> : tensor<2xf32>
dense<-0x1> : tensor<f32>
dense<1> : tensor<f32>
dense<0x17F800000> : tensor<f32>
dense<0x10> : tensor<f4E2M1FN>
dense<true> : tensor<i8>
dense<true> : tensor<f32>
dense<1.5> : tensor<i8>
dense<-true> : tensor<i1>
dense<(1, 2)> : tensor<complex<f32>>
dense<1.0> : tensor<complex<f32>>
dense<[1.0, 2.0]> : tensor<1xcomplex<f32>>
dense<[1, [2]]> : tensor<2xi32>
dense<[[1, 2], [3]]> : tensor<2x2xi8>
dense<1> : tensor<2x?xi32>
dense<0.1> : f32
dense<()> : tensor<complex<f32>>
""".strip().splitlines()


def parser_of(text: str) -> AttributeParser:
    context = Context()
    context.load_dialect(Builtin)
    return AttributeParser(context, text)


def test_right_literals_print_as_upstream_prints_them() -> None:
    ours = [attribute_text(parse_dense(parser_of(text))) for text in RIGHT]
    assert ours == upstream_texts(RIGHT)


@pytest.mark.parametrize("text", WRONG)
def test_wrong_literals_are_refused_as_upstream_refuses_them(text: str) -> None:
    with pytest.raises(ParseError):
        parse_dense(parser_of(text))
    assert upstream_refuses(text)


PLAIN = [
    "dense<1> : tensor<2xi32>",
    "dense<[1, 2]> : tensor<2xi32>",
    "dense<0x7FC00000> : tensor<f32>",
]


@pytest.mark.parametrize("text", PLAIN)
def test_any_parser_may_read_them(text: str) -> None:
    """xDSL's own, which knows of no literals that stay in their file; or one that has the type."""
    context = Context()
    context.load_dialect(Builtin)
    assert attribute_text(parse_dense(Parser(context, text))) == upstream_texts([text])[0]
    body, _, type_ = text.removeprefix("dense").partition(" : ")
    typed = parser_of(body).parse_dense_int_or_fp_elements_attr(parser_of(type_).parse_type())
    assert attribute_text(typed) == upstream_texts([text])[0]


def test_the_error_is_at_the_element() -> None:
    with pytest.raises(ParseError, match="integer 300 is out of range for type i8") as caught:
        parse_dense(parser_of("dense<[1, 300]> : tensor<2xi8>"))
    assert caught.value.span.text == "300"


@st.composite
def constants(draw: st.DrawFn) -> tuple[bytes, TensorType]:
    """Raw elements, some of them all equal, some over the limits of lists and of full storage."""
    element = draw(st.sampled_from(ELEMENT_TYPES))
    shape = draw(st.sampled_from([(), (1,), (2, 3), (100,), (101,), (10, 11), (3, 1, 2), (0, 2)]))
    count = int(np.prod(shape))
    size = storage_size(element)
    bits = element.width.data if isinstance(element, IntegerType) else 8
    draws = st.binary(min_size=size, max_size=size).map(
        lambda raw: bytes(b & (1 << min(bits, 8)) - 1 for b in raw)
    )
    if element in (builtin.f6E2M3FN, builtin.f4E2M1FN):
        width = element.bitwidth
        draws = draws.map(lambda raw: bytes(b & (1 << width) - 1 for b in raw))
    pool = draw(st.lists(draws, min_size=1, max_size=3))
    picks = draw(st.lists(st.sampled_from(pool), min_size=count, max_size=count))
    return b"".join(picks), TensorType(element, shape)


@settings(max_examples=200, deadline=None)
@given(constants())
def test_any_constant_prints_as_upstream_prints_its_bytes(constant: tuple[bytes, TensorType]):
    data, type = constant
    digits = f'dense<"0x{data.hex()}"> : {attribute_text(type)}'
    attribute = dense_from_bytes(data, type)
    text = attribute_text(attribute)
    assert [text] == upstream_texts([digits])
    assert dense_literal_of(memoryview(data), type) == dense_literal(attribute)
    assert parse_dense(parser_of(text)) == attribute


@settings(max_examples=50, deadline=None)
@given(constants())
def test_elements_come_back(constant: tuple[bytes, TensorType]) -> None:
    data, type = constant
    array = dense_array(dense_from_bytes(data, type))
    assert array.shape == type.get_shape()
    assert array.dtype == element_dtype(type.element_type)
    if array.dtype == np.bool:
        assert array.tobytes() == bytes(bool(b) for b in data)
    else:
        assert array.tobytes() == data
    assert dense_from_array(np.array(array), type) == dense_from_bytes(array.tobytes(), type)


def test_a_large_splat_is_held_as_one_element() -> None:
    type = TensorType(builtin.f32, [1 << 20, 1 << 10])
    attribute = dense_from_array(np.float32(0.5), type)
    assert len(attribute.data.data) == 4
    assert attribute_text(attribute) == "dense<5.000000e-01> : tensor<1048576x1024xf32>"
    assert parse_dense(parser_of(attribute_text(attribute))) == attribute
    array = dense_array(attribute)
    assert array.shape == type.get_shape()
    assert array[12345, 678] == 0.5
    assert not array.flags.writeable


def test_a_splat_is_one_attribute_however_it_is_given() -> None:
    for count in (COMPACT_ABOVE // 4, COMPACT_ABOVE // 4 + 1):
        type = TensorType(builtin.i32, [count])
        full = dense_from_array(np.full(count, 7, np.int32), type)
        assert full == dense_from_array(np.int32(7), type)
        assert full == dense_from_bytes((7).to_bytes(4, "little"), type)
        assert full == parse_dense(parser_of(f"dense<7> : tensor<{count}xi32>"))


def test_small_constants_equal_those_that_xdsl_makes() -> None:
    type = TensorType(builtin.i64, [2, 2])
    made = DenseIntOrFPElementsAttr.from_list(type, [0, 0, 0, 0])
    assert dense_from_array(np.zeros((2, 2), np.int64), type) == made
    assert parse_dense(parser_of("dense<0> : tensor<2x2xi64>")) == made


def test_arrays_in_any_layout() -> None:
    type = TensorType(builtin.bf16, [2, 3])
    array = np.arange(6).reshape(3, 2).T.astype(ml_dtypes.bfloat16)
    text = "dense<[[0.000000e+00, 2.000000e+00, 4.000000e+00], [1.000000e+00, 3.000000e+00, "
    assert dense_literal_of(array, type).startswith(text)


@pytest.mark.parametrize(
    ("array", "type"),
    [
        (np.zeros(3, np.float32), TensorType(builtin.f32, [2])),
        (np.zeros(2, np.float64), TensorType(builtin.f32, [2])),
        (np.zeros(2, np.float32), TensorType(builtin.f32, [-1])),
    ],
)
def test_arrays_of_another_type_are_refused(array: np.ndarray, type: TensorType) -> None:
    with pytest.raises(ValueError, match=r"is not a tensor|needs a static shape"):
        dense_from_array(array, type)


def test_element_types_without_a_size_or_a_dtype() -> None:
    with pytest.raises(ElementTypeError, match="none"):
        storage_size(builtin.NoneType())
    with pytest.raises(ElementTypeError, match="complex<i32>"):
        element_dtype(ComplexType(builtin.i32))


def test_elements_are_dense_or_a_resource() -> None:
    resource = parse_elements(parser_of('dense_resource<"a/b"> : tensor<2xf32>'))
    assert isinstance(resource, DenseResourceAttr)
    assert resource.resource_handle.data == "a/b"
    dense = parse_elements(parser_of("dense<1.0> : tensor<2xf32>"))
    assert isinstance(dense, DenseIntOrFPElementsAttr)
    with pytest.raises(ParseError, match="shaped type"):
        parse_elements(parser_of("dense_resource<a> : f32"))
