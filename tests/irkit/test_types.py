"""Element types by MLIR's names and numpy's, and tensor types from shapes."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects.builtin import BFloat16Type, Float32Type, IntegerType, Signedness

from dialects.attribute_text import attribute_text
from dialects.element_storage import element_dtype
from irkit.types import dtype_name, element_type, numpy_dtype, tensor

# fmt: off
NAMES = (
    "i1", "i2", "i4", "i8", "i16", "i32", "i64", "ui2", "ui4", "ui8", "ui16", "ui32", "ui64",
    "f64", "f32", "f16", "bf16", "f8E3M4", "f8E4M3", "f8E4M3FN", "f8E4M3FNUZ", "f8E4M3B11FNUZ",
    "f8E5M2", "f8E5M2FNUZ", "f8E8M0FNU", "f6E2M3FN", "f6E3M2FN", "f4E2M1FN",
    "complex<f32>", "complex<f64>",
)
# fmt: on


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_the_element_types_text_and_comes_back(name: str) -> None:
    element = element_type(name)
    assert attribute_text(element) == name
    assert dtype_name(name) == name
    numpy = numpy_dtype(element)
    assert numpy_dtype(name) == numpy == element_dtype(element)
    assert element_type(numpy) == element_type(numpy.type) == element_type(numpy.name) == element
    assert dtype_name(numpy) == name


@pytest.mark.parametrize(
    ("dtype", "element"),
    [
        (bool, IntegerType(1)),
        (np.longlong, IntegerType(64)),
        ("uint8", IntegerType(8, Signedness.UNSIGNED)),
        ("i8", IntegerType(8)),  # MLIR's name, not numpy's code of eight bytes
        ("bfloat16", BFloat16Type()),
        (ml_dtypes.bfloat16, BFloat16Type()),
        (np.float32(1).dtype, Float32Type()),
    ],
)
def test_numpys_spellings(dtype, element) -> None:
    assert element_type(dtype) == element


@pytest.mark.parametrize(
    "dtype",
    ["f8", "f4", "f2", "u8", "c8", "?", "float", "int", "F32", "", None, object, np.str_, np.void,
     np.clongdouble, np.dtype(">f4"), [("a", "f4")], {}, 3, np.datetime64],
)  # fmt: skip
def test_what_names_no_element_type_is_refused(dtype) -> None:
    with pytest.raises(TypeError, match="names no StableHLO element type; known: i1, i2, ui2, i4"):
        element_type(dtype)


def test_numpy_has_no_dtype_for_some_element_types() -> None:
    with pytest.raises(TypeError, match="element type i7 has no numpy dtype"):
        numpy_dtype(IntegerType(7))


def test_equal_tensor_types_are_one_object() -> None:
    first = tensor((2, 3), "f32")
    assert tensor([2, 3], np.float32) is first
    assert tensor((np.int64(2), np.uint8(3)), "float32") is first
    assert tensor(iter((2, 3)), "f32") is first
    assert tensor((3, 2), "f32") != first
    assert all(type(d) is int for d in tensor((np.int64(5),), "i1").get_shape())
    assert attribute_text(tensor((), "bf16")) == "tensor<bf16>"
    assert attribute_text(tensor((0, 1), "i4")) == "tensor<0x1xi4>"


@pytest.mark.parametrize(
    ("shape", "error", "why"),
    [
        ((2, -3), ValueError, r"shape \[2, -3\] has the negative dimension -3"),
        ((2.0,), TypeError, "float"),
        (("2",), TypeError, "str"),
        (3, TypeError, "iterable"),
        ((None,), TypeError, "NoneType"),
    ],
)
def test_shapes_are_integers_from_zero_up(shape, error, why) -> None:
    tensor((2,), "f32")  # an equal shape in the cache does not let 2.0 pass
    with pytest.raises(error, match=why):
        tensor(shape, "f32")
