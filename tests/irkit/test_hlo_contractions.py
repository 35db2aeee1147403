"""``hlo.dot_general``, ``hlo.convolution`` and ``hlo.gather``: what they compute and refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

import irkit
from dialects.stablehlo.dot_algorithm import DotAlgorithm
from irkit import Builder, BuildError, Value, hlo
from irkit.types import element_type

IMAGES: dict[str, Any] = {
    "input_batch_dimension": 0,
    "input_feature_dimension": 1,
    "input_spatial_dimensions": [2],
    "kernel_output_feature_dimension": 0,
    "kernel_input_feature_dimension": 1,
    "kernel_spatial_dimensions": [2],
    "output_batch_dimension": 0,
    "output_feature_dimension": 1,
    "output_spatial_dimensions": [2],
}


def recorded(forward: Callable[[Builder], Value]) -> str:
    """The program's text, which upstream must print unchanged."""
    pruned = irkit.record(forward).to_compute_graph().pruned_to_outputs()
    text = pruned.to_stablehlo().text
    with make_ir_context():
        assert str(ir.Module.parse(text)) == text
    return text


def evaluated(forward: Callable[[Builder], Value], *inputs: np.ndarray[Any, Any]) -> Any:
    """What upstream's reference interpreter computes."""
    with make_ir_context():
        module = ir.Module.parse(recorded(forward))
        arguments = [ir.DenseElementsAttr.get(i) for i in inputs]
        (result,) = stablehlo.eval_module(module, arguments)
        return np.array(result)


def test_dot_general_multiplies_matrices() -> None:
    def forward(b: Builder) -> Value:
        return hlo.dot_general(
            b.argument("a", [2, 3, 4], "f32"),
            b.argument("b", [5, 4, 2], "f32"),
            lhs_batching_dimensions=[0],
            rhs_batching_dimensions=[2],
            lhs_contracting_dimensions=[2],
            rhs_contracting_dimensions=[1],
        )

    generator = np.random.default_rng(0)
    a = generator.standard_normal((2, 3, 4), np.float32)
    b = generator.standard_normal((5, 4, 2), np.float32)
    expected = np.einsum("bik,jkb->bij", a, b)
    np.testing.assert_allclose(evaluated(forward, a, b), expected, rtol=1e-5)


def test_dot_general_gives_the_element_type_asked_for() -> None:
    def forward(b: Builder) -> Value:
        a, c = b.argument("a", [2, 3], "bf16"), b.argument("b", [3, 4], "f32")
        contracted: dict[str, Any] = {
            "lhs_contracting_dimensions": [1],
            "rhs_contracting_dimensions": [0],
        }
        wide = hlo.dot_general(a, hlo.convert(c, "bf16"), dtype="f32", **contracted)
        mixed = hlo.dot_general(a, c, dtype="bf16", **contracted)
        same = hlo.dot_general(a, hlo.convert(c, "bf16"), dtype="bf16", **contracted)
        assert wide.type.element_type == element_type("f32")
        assert mixed.type.element_type == same.type.element_type == element_type("bf16")
        return hlo.convert(wide, "bf16") + mixed + same

    text = recorded(forward)
    assert ": (tensor<2x3xbf16>, tensor<3x4xf32>) -> tensor<2x4xbf16>" in text
    assert ": (tensor<2x3xbf16>, tensor<3x4xbf16>) -> tensor<2x4xf32>" in text


def test_dot_general_records_precision_and_algorithm() -> None:
    f32 = element_type("f32")

    def forward(b: Builder) -> Value:
        a = b.argument("a", [3], "f32")
        algorithm = DotAlgorithm(f32, f32, f32)
        return hlo.dot_general(
            a,
            a,
            lhs_contracting_dimensions=[0],
            rhs_contracting_dimensions=[0],
            precision_config=["DEFAULT", "DEFAULT"],
            algorithm=algorithm,
        )

    assert "precision = [DEFAULT, DEFAULT], algorithm = <lhs_precision_type = f32" in recorded(
        forward
    )


def test_convolution_correlates() -> None:
    def forward(b: Builder) -> Value:
        return hlo.convolution(
            b.argument("x", [1, 1, 6], "f32"),
            b.argument("k", [1, 1, 3], "f32"),
            window_strides=[2],
            padding=[[1, 1]],
            **IMAGES,
        )

    x, k = np.arange(6, dtype=np.float32), np.array([1, 10, 100], np.float32)
    padded = np.pad(x, 1)
    expected = [padded[i : i + 3] @ k for i in (0, 2, 4)]
    result = evaluated(forward, x.reshape(1, 1, 6), k.reshape(1, 1, 3))
    np.testing.assert_array_equal(result, [[expected]])


def test_convolution_records_every_option() -> None:
    def forward(b: Builder) -> Value:
        return hlo.convolution(
            b.argument("x", [1, 4, 6], "bf16"),
            b.argument("k", [4, 2, 3], "bf16"),
            lhs_dilation=[2],
            rhs_dilation=[1],
            window_reversal=[True],
            feature_group_count=2,
            precision_config=["HIGH", "HIGHEST"],
            dtype="f32",
            **IMAGES,
        )

    text = recorded(forward)
    assert "window = {lhs_dilate = [2], rhs_dilate = [1], reverse = [true]}" in text
    assert "#stablehlo<precision HIGHEST>" in text
    assert "-> tensor<1x4x9xf32>" in text


def test_gather_takes_rows() -> None:
    def forward(b: Builder) -> Value:
        return hlo.gather(
            b.argument("x", [4, 3], "f32"),
            b.argument("i", [2, 2], "i32"),
            offset_dims=[2],
            collapsed_slice_dims=[0],
            start_index_map=[0],
            index_vector_dim=2,
            slice_sizes=[1, 3],
            indices_are_sorted=False,
        )

    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    i = np.array([[3, 0], [1, 1]], np.int32)
    np.testing.assert_array_equal(evaluated(forward, x, i), x[i])


def _dot(b: Builder, **changes: Any) -> Value:
    a, c = b.argument("a", [2, 3], "f32"), b.argument("b", [3, 4], changes.pop("rhs", "f32"))
    given = {"lhs_contracting_dimensions": [1], "rhs_contracting_dimensions": [0]} | changes
    return hlo.dot_general(a, c, **given)


def _convolution(b: Builder, **changes: Any) -> Value:
    x, k = b.argument("x", [1, 4, 6], "f32"), b.argument("k", [4, 4, 3], "f32")
    return hlo.convolution(x, k, **(IMAGES | changes))


REFUSED: dict[str, tuple[str, Callable[[Builder], Value]]] = {
    "sizes that differ": (
        r"stablehlo\.dot_general: \(C10\).*tensor<2x3xf32>, tensor<3x4xf32>",
        lambda b: _dot(b, rhs_contracting_dimensions=[1]),
    ),
    "sizes that differ, with a dtype": (
        r"stablehlo\.dot_general: \(C10\)",
        lambda b: _dot(b, rhs_contracting_dimensions=[1], dtype="f64"),
    ),
    "two element types": (r"\(C13\).*f32 and f16", lambda b: _dot(b, rhs="f16")),
    "unknown precision": (
        r"precision_config \['LOW'\]",
        lambda b: _dot(b, precision_config=["LOW"]),
    ),
    "unknown dtype": (r"stablehlo\.dot_general: 'f33' names no", lambda b: _dot(b, dtype="f33")),
    "dimension that is no integer": (
        "expected integers",
        lambda b: _dot(b, lhs_contracting_dimensions=[1.0]),
    ),
    "stride of zero": (
        r"stablehlo\.convolution: \(C3\)",
        lambda b: _convolution(b, window_strides=[0]),
    ),
    "padding that is no pair": (
        r"padding \[\[1\]\] must be pairs",
        lambda b: _convolution(b, padding=[[1]]),
    ),
    "groups that do not divide": (
        r"stablehlo\.convolution: \(C11\)",
        lambda b: _convolution(b, feature_group_count=3),
    ),
    "slices of the wrong rank": (
        r"stablehlo\.gather: \(C20\)",
        lambda b: hlo.gather(
            b.argument("x", [4, 3], "f32"),
            b.argument("i", [2], "i32"),
            offset_dims=[1],
            collapsed_slice_dims=[0],
            start_index_map=[0],
            index_vector_dim=1,
            slice_sizes=[1],
        ),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_errors_name_the_rule_and_the_users_line(name: str) -> None:
    rule, forward = REFUSED[name]
    with pytest.raises(BuildError) as error:
        irkit.record(forward)
    assert re.search(rule, str(error.value))
    assert str(error.value).startswith(f"{__file__}:")
