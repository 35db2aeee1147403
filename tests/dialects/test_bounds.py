"""Bounds of unknown dimensions go through inference as upstream takes them."""

from __future__ import annotations

import pytest
from programs import check_accepted, ops_of, program

from dialects.stablehlo.registry import infer

MATRIX = "tensor<4x?xf32, #stablehlo.bounds<?, 9>>"
OTHER = "tensor<?x2xf32, #stablehlo.bounds<9, ?>>"
COMPLEX = "tensor<?x9xcomplex<f32>, #stablehlo.bounds<3, ?>>"
HALF = "tensor<?x5xcomplex<f32>, #stablehlo.bounds<3, ?>>"
REAL = "tensor<?x9xf32, #stablehlo.bounds<3, ?>>"
VECTOR = "tensor<?xf32, #stablehlo.bounds<9>>"
NORMALIZED = f"({MATRIX}, {VECTOR}, {VECTOR}) -> ({MATRIX}, {VECTOR}, {VECTOR})"
SCATTER = f"""({{
  ^bb0(%p: tensor<f32>, %q: tensor<f32>):
    stablehlo.return %q : tensor<f32>
  }}) : ({MATRIX}, tensor<5xi32>, tensor<5x?xf32>) -> {MATRIX}"""
PROGRAMS = [
    program([MATRIX], f"stablehlo.reverse %0, dims = [1] : {MATRIX}"),
    program([COMPLEX], f"stablehlo.fft %0, type = FFT, length = [9] : ({COMPLEX}) -> {COMPLEX}"),
    program([REAL], f"stablehlo.fft %0, type = RFFT, length = [9] : ({REAL}) -> {HALF}"),
    program([HALF], f"stablehlo.fft %0, type = IRFFT, length = [9] : ({HALF}) -> {REAL}"),
    program([MATRIX, OTHER], f"stablehlo.dot %0, %1 : ({MATRIX}, {OTHER}) -> tensor<4x2xf32>"),
    program(
        [OTHER, "tensor<2x3xf32>"],
        f"stablehlo.dot %0, %1 : ({OTHER}, tensor<2x3xf32>) "
        "-> tensor<?x3xf32, #stablehlo.bounds<9, ?>>",
    ),
    program(
        [MATRIX, VECTOR, VECTOR],
        '"stablehlo.batch_norm_training"(%0, %1, %2) <{epsilon = 1.000000e+00 : f32, '
        f"feature_index = 1 : i64}}> : {NORMALIZED}",
        3,
    ),
    program(
        [MATRIX, "tensor<5xi32>", "tensor<5x?xf32>"],
        '"stablehlo.scatter"(%0, %1, %2) <{scatter_dimension_numbers = #stablehlo.scatter<'
        "update_window_dims = [1], inserted_window_dims = [0], "
        f"scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}}> {SCATTER}",
    ),
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_inferred_types_have_the_bounds(text: str) -> None:
    check_accepted(text)
    (op,) = ops_of(text)
    inferred = infer(op.name, op.operand_types, op.properties, op.regions)
    assert list(inferred) == list(op.result_types)
