"""Numbers and types at the edges of what upstream takes: irkit takes the same, and keeps the
bits."""

from __future__ import annotations

import pytest
from jaxlib.mlir import ir
from programs import our_refusals, our_text, upstream_text

TAKEN = """
1 : i1
-1 : i1
0xFF : i8
-128 : i8
0 : i0
-1 : index
18446744073709551615 : ui64
170141183460469231731687303715884105727 : i128
array<i1: true, false>
array<i8: 0xFF, -128>
array<i64: 18446744073709551615>
array<i128: 1, -1>
array<f32: 0x7F800001, -0.0>
dense<-1> : tensor<index>
dense<0x7F800001> : tensor<f32>
0x7F800001 : f32
0xFF800001 : f32
0x7FC00001 : f32
0x7C01 : f16
0x7F81 : bf16
0x7FF0000000000001 : f64
0x7D : f8E4M3
0x7D : f8E5M2
0x7F : f8E4M3FN
0x80 : f8E4M3FNUZ
-0.0 : f8E4M3FNUZ
1000.0 : f8E4M3FN
1000.0 : f4E2M1FN
dense<-1.0> : tensor<f8E8M0FNU>
dense<[-0.0, -4.0]> : tensor<2xf8E8M0FNU>
tensor<4x4xvector<2xf32>>
i16777215
""".strip().splitlines()

REFUSED = """
-0 : i8
-0 : index
dense<-0> : tensor<i8>
array<i32: -0>
2 : i1
256 : i8
-129 : i8
-1 : ui8
array<i1: 0, 1>
array<i4: 1>
array<i8: 256>
array<f32: 1>
array<index: 1>
dense<true> : tensor<i8>
dense<1.0> : tensor<i8>
dense<1> : tensor<f32>
1 : f32
-0x7F800000 : f32
0x1FFFFFFFF : f32
1.0 : index
5 : none
i16777216
tensor<4xtensor<3xf32>>
tensor<4xnone>
tensor<4xtuple<i1>>
tensor<99999999999999999999xf32>
""".strip().splitlines()


def module(attribute: str) -> str:
    return f"module attributes {{a.b = {attribute}}} {{}}"


@pytest.mark.parametrize("attribute", TAKEN)
def test_what_upstream_takes_is_kept_to_the_bit(attribute: str) -> None:
    expected = upstream_text(module(attribute))
    assert our_text(module(attribute)) == expected
    assert our_text(expected) == expected


@pytest.mark.parametrize("attribute", REFUSED)
def test_what_upstream_refuses_is_refused(attribute: str) -> None:
    with pytest.raises(ir.MLIRError):
        upstream_text(module(attribute))
    assert our_refusals(module(attribute)) != []
