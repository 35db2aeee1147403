"""Quantized operations: the specification's examples, rounding, and what parameters belong to."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from dialects.quant.types import UniformType
from dialects.reader import parse_module
from irkit.interpreter import UnsupportedError, run
from irkit.interpreter.quantized import dequantize, quantization, quantize


def element(text: str) -> UniformType:
    module = parse_module(f"func.func private @f(tensor<4x4x{text}>)").module
    function: Any = module.body.block.first_op
    found = quantization(function.function_type.inputs.data[0])
    assert found is not None
    return found


def test_the_examples_of_the_specification() -> None:
    type_ = element("!quant.uniform<i8:f32:1, {0.1:-30,0.5:-20,1.0,2.0}>")
    stored = np.array([[10, 10, 10, 10]], np.int8)
    numbers = dequantize(stored, type_)
    assert numbers.dtype == np.float32
    np.testing.assert_allclose(numbers, [[4, 15, 10, 20]])
    assert quantize(numbers, type_).tolist() == stored.tolist()


def test_halves_go_to_even_and_what_is_too_large_to_the_end() -> None:
    type_ = element("!quant.uniform<i8<-100:100>:f32, 2.0:1>")
    numbers = np.array([-1, 1, 3, 5, 1e9, -1e9, np.inf, np.nan], np.float32)
    assert quantize(numbers, type_).tolist() == [0, 2, 2, 4, 100, -100, 100, 0]


def test_the_difference_to_the_zero_point_does_not_wrap() -> None:
    assert dequantize(np.array([127], np.int8), element("!quant.uniform<i8:f32, 1.0:-128>")) == 255
    low = element("!quant.uniform<u8:f32, 1.0:255>")
    assert dequantize(np.array([0], np.uint8), low) == -255


def test_scales_are_numbers_of_the_expressed_type() -> None:
    type_ = element("!quant.uniform<i8:bf16, 0.1>")
    found = dequantize(np.array([3], np.int8), type_)
    assert float(found[0]) == 0.30078125


def test_parameters_by_block() -> None:
    type_ = element("!quant.uniform<i8:f32:{0:2, 1:4}, {{1.0}, {2.0:1}}>")
    found = dequantize(np.full((4, 4), 3, np.int8), type_)
    assert found.tolist() == [[3.0] * 4] * 2 + [[4.0] * 4] * 2


Q = "!quant.uniform<i8:f32, 0.5:1>"


def stored(body: str, *inputs: Any, types: tuple[str, ...], result: str) -> list[Any]:
    """Runs a function on stored numbers."""
    arguments = ", ".join(f"%{name}: {type_}" for name, type_ in zip("abc", types, strict=False))
    text = f"func.func @main({arguments}) -> {result} {{\n  {body}\n  func.return %r : {result}\n}}"
    (found,) = run(text, inputs)
    return np.asarray(found).tolist()


def test_an_elementwise_operation_computes_with_real_numbers() -> None:
    type_ = f"tensor<3x{Q}>"
    # 1.0, 2.0, 64.5 times themselves.
    found = stored(
        f"%r = stablehlo.multiply %a, %a : {type_}",
        np.array([3, 5, 127], np.int8), types=(type_,), result=type_,
    )  # fmt: skip
    assert found == [3, 9, 127]


def test_a_comparison_gives_booleans() -> None:
    type_ = f"tensor<3x{Q}>"
    found = stored(
        f"%r = stablehlo.compare LT, %a, %b : ({type_}, {type_}) -> tensor<3xi1>",
        np.array([1, 2, 3], np.int8), np.array([2, 2, 2], np.int8),
        types=(type_, type_), result="tensor<3xi1>",
    )  # fmt: skip
    assert found == [True, False, False]


def test_a_hybrid_product_dequantizes_the_weights_alone() -> None:
    weights = f"tensor<2x1x{Q}>"
    found = stored(
        f"%r = stablehlo.dot_general %a, %b, contracting_dims = [0] x [0] : "
        f"(tensor<2xf32>, {weights}) -> tensor<1xf32>",
        np.array([2, 3], np.float32), np.array([[3], [5]], np.int8),
        types=("tensor<2xf32>", weights), result="tensor<1xf32>",
    )  # fmt: skip
    assert found == [8]


def test_padding_of_a_convolution_is_the_real_zero() -> None:
    image, kernel = f"tensor<1x1x3x{Q}>", "tensor<1x1x3x!quant.uniform<i8:f32, 1.0>>"
    result = "tensor<1x1x3x!quant.uniform<i32:f32, 0.5>>"
    found = stored(
        "%r = stablehlo.convolution(%a, %b) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], "
        "window = {pad = [[1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} "
        f": ({image}, {kernel}) -> {result}",
        np.array([[[3, 5, 7]]], np.int8), np.array([[[1, 1, 1]]], np.int8),
        types=(image, kernel), result=result,
    )  # fmt: skip
    assert found == [[[6, 12, 10]]]


def test_operations_that_move_elements_move_what_is_stored() -> None:
    type_ = f"tensor<2x2x{Q}>"
    found = stored(
        f"%r = stablehlo.transpose %a, dims = [1, 0] : ({type_}) -> {type_}",
        np.array([[1, 2], [3, 4]], np.int8), types=(type_,), result=type_,
    )  # fmt: skip
    assert found == [[1, 3], [2, 4]]


def test_a_reduction_runs_its_body_on_quantized_scalars() -> None:
    scalar = f"tensor<{Q}>"
    body = (
        f"%r = stablehlo.reduce(%a init: %b) applies stablehlo.add across dimensions = [0] : "
        f"(tensor<3x{Q}>, {scalar}) -> {scalar}"
    )
    found = stored(
        body, np.array([3, 5, 7], np.int8), np.array(1, np.int8),
        types=(f"tensor<3x{Q}>", scalar), result=scalar,
    )  # fmt: skip
    # 1.0 + 2.0 + 3.0
    assert found == 13


def test_what_is_stored_may_be_a_float() -> None:
    """Halves of f8 numbers: the nearest one is taken, and none is beyond the greatest."""
    type_ = element("!quant.uniform<f8E4M3FN:f32, 0.5>")
    kind = ml_dtypes.float8_e4m3fn
    stored = np.array([0, 1.125, -448, 0.001953125], kind)
    numbers = dequantize(stored, type_)
    assert (numbers.dtype, numbers.tolist()) == (np.float32, [0, 0.5625, -224, 0.0009765625])
    found = quantize(np.float32([0, 0.5625, -224, 0.0009765625, 0.55, 1e9, -1e9]), type_)
    assert found.dtype == kind
    assert found.astype(np.float32).tolist() == [0, 1.125, -448, 0.001953125, 1.125, 448, -448]


def test_a_region_that_computes_with_stored_numbers_is_an_error() -> None:
    type_, scalar = f"tensor<3x{Q}>", f"tensor<{Q}>"
    body = f"""%r, %s = chlo.scan (%a) inits (%b) dimension = 0 {{
    ^bb0(%x: {scalar}, %y: {scalar}):
      stablehlo.return %x, %y : {scalar}, {scalar}
    }} : ({type_}, {scalar}) -> ({type_}, {scalar})"""
    values = np.array([3, 5, 7], np.int8), np.array(1, np.int8)
    with pytest.raises(UnsupportedError, match=r"2:12: .*chlo\.scan of quantized tensors"):
        stored(body, *values, types=(type_, scalar), result=type_)


def test_a_type_without_scales_is_an_error() -> None:
    with pytest.raises(UnsupportedError, match="does not say what its elements stand for"):
        element("!quant.any<i8:f32>")
