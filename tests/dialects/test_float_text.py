"""Floats: every bit pattern prints as upstream prints it, and reads back as itself."""

from __future__ import annotations

import math
import struct

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upstream_attributes import upstream_list, upstream_texts
from xdsl.dialects import builtin

from dialects.attribute_text import attribute_text
from dialects.element_storage import element_dtype
from dialects.float_text import FLOAT_FORMATS, FloatFormat, float_bits, float_text, float_value

STORED = [format for name, format in FLOAT_FORMATS.items() if name != "tf32"]
SMALL = [format for format in STORED if format.width <= 8]
WIDE = [format for format in STORED if format.width > 8]

ELEMENT_TYPES = {
    type.name: type
    for type in (
        builtin.f64, builtin.f32, builtin.f16, builtin.bf16, builtin.f8E3M4, builtin.f8E4M3,
        builtin.f8E4M3FN, builtin.f8E4M3FNUZ, builtin.f8E4M3B11FNUZ, builtin.f8E5M2,
        builtin.f8E5M2FNUZ, builtin.f8E8M0FNU, builtin.f6E2M3FN, builtin.f6E3M2FN,
        builtin.f4E2M1FN,
    )
}  # fmt: skip


def check_against_upstream(patterns: list[int], format: FloatFormat) -> None:
    size = (format.width + 7) // 8
    for start in range(0, len(patterns), 100):
        chunk = patterns[start : start + 100]
        digits = b"".join(bits.to_bytes(size, "little") for bits in chunk).hex()
        ours = [float_text(bits, format) for bits in chunk]
        assert ours == upstream_list(digits, len(chunk), format.name)


@pytest.mark.parametrize("format", SMALL, ids=lambda f: f.name)
def test_every_pattern_of_the_small_formats(format: FloatFormat) -> None:
    check_against_upstream(list(range(1 << format.width)), format)


def random_patterns(format: FloatFormat) -> list[int]:
    """Random bits, and what programs have: normal numbers, decimals, integers, few bits."""
    rng = np.random.default_rng(0)
    bits = [int(b) for b in rng.integers(0, 1 << 63, 400)]
    bits = [b << 1 & (1 << format.width) - 1 for b in bits]
    few = [b >> format.width - 16 << format.width - 16 for b in bits] if format.width > 16 else []
    values = np.concatenate(
        [
            rng.standard_normal(200),
            rng.integers(-(10**9), 10**9, 100) / 1000,
            rng.integers(0, 10**6, 100).astype(float),
            10.0 ** np.arange(-30, 30),
            2.0 ** np.arange(-40, 40),
        ]
    )
    return [*bits, *few, *(float_bits(value, format) for value in values.tolist())]


@pytest.mark.parametrize("format", WIDE, ids=lambda f: f.name)
def test_random_and_usual_patterns_of_the_wide_formats(format: FloatFormat) -> None:
    check_against_upstream(random_patterns(format), format)


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (1.0, "f32", "1.000000e+00"),
        (-0.0, "f32", "-0.000000e+00"),
        (0.1, "f32", "1.000000e-01"),
        (0.1, "bf16", "1.000980e-01"),
        (math.inf, "f32", "0x7F800000"),
        (-math.inf, "f16", "0xFC00"),
        (math.nan, "bf16", "0x7FC0"),
        (16777217.0 * 16, "f64", "0x41B0000010000000"),
        (1e-5, "f32", "9.99999974E-6"),
        (1 / 3, "f64", "0.33333333333333331"),
    ],
)
def test_examples(value: float, name: str, text: str) -> None:
    format = FLOAT_FORMATS[name]
    assert float_text(float_bits(value, format), format) == text


@pytest.mark.parametrize("format", STORED, ids=lambda f: f.name)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_double_rounds_to_the_nearest(format: FloatFormat, data: st.DataObject) -> None:
    value = data.draw(
        st.one_of(
            st.floats(-500, 500, allow_nan=False),
            st.floats(allow_nan=False, allow_infinity=False),
            st.floats(allow_nan=False, width=16),
        )
    )
    if not format.signed:
        value = abs(value)
    dtype = element_dtype(ELEMENT_TYPES[format.name])
    bits = float_bits(value, format)
    stored = bits.to_bytes((format.width + 7) // 8, "little")
    (got,) = np.frombuffer(stored, dtype).astype(np.float64)
    if not np.isfinite(got):
        assert not np.isfinite(np.float64(value)) or abs(value) >= finite_maximum(dtype)
        return
    neighbours = [bits - 1, bits + 1] if bits & (1 << format.width - 1) - 1 else [bits + 1]
    near = [
        np.frombuffer(b.to_bytes((format.width + 7) // 8, "little"), dtype).astype(np.float64)[0]
        for b in neighbours
        if 0 <= b < 1 << format.width
    ]
    assert all(not np.isfinite(n) or abs(got - value) <= abs(n - value) for n in near)


def finite_maximum(dtype: np.dtype) -> float:
    return float(ml_dtypes.finfo(dtype).max)


@pytest.mark.parametrize("format", STORED, ids=lambda f: f.name)
def test_decimal_text_reads_back_as_the_same_bits(format: FloatFormat) -> None:
    patterns = random_patterns(format) if format.width > 8 else range(1 << format.width)
    for bits in patterns:
        text = float_text(bits, format)
        back = int(text, 16) if text.startswith("0x") else float_bits(float(text), format)
        assert back == bits


def test_nan_keeps_its_payload_in_attributes() -> None:
    value = struct.unpack("<f", (0xFFC00123).to_bytes(4, "little"))[0]
    attribute = builtin.FloatAttr(value, builtin.f32)
    assert attribute_text(attribute) == "0xFFC00123 : f32"
    assert upstream_texts(["0xFFC00123 : f32"]) == ["0xFFC00123 : f32"]


@pytest.mark.parametrize("name", ["f32", "bf16", "f8E4M3FN", "f8E5M2FNUZ"])
def test_infinities_and_nans_have_no_number(name: str) -> None:
    format = FLOAT_FORMATS[name]
    dtype = element_dtype(ELEMENT_TYPES[name])
    with pytest.raises(ValueError, match=f"is no finite {name}"):
        float_value(int.from_bytes(np.array(np.nan).astype(dtype).tobytes(), "little"), format)
    for number in (1.5, -0.25, 0.0):
        bits = int.from_bytes(np.array(number).astype(dtype).tobytes(), "little")
        assert float_value(bits, format) == number
