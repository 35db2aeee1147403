"""The numbered constraints of ``convolution``, and the shape that follows from them.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#convolution
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dialects.constraints import Constraint
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.dimension_numbers import ConvDimensions, dims_text
from dialects.stablehlo.element_types import ANY, ANY_OR_PER_AXIS
from dialects.stablehlo.quantized_rows import (
    ProductIds,
    axis_row,
    is_quantized_operation,
    product_rows,
)
from dialects.stablehlo.signature import accepts, returns
from dialects.stablehlo.tensors import (
    element_type,
    in_range,
    is_unique,
    rank,
    shape,
    shapes_agree,
)
from dialects.stablehlo.windows import (
    integers,
    is_padding_of,
    padding_pairs,
    window_dimensions,
)

if TYPE_CHECKING:
    from dialects.stablehlo.convolution import ConvolutionOp
    from dialects.stablehlo.dynamic_convolution import DynamicConvOp


def _dims(op: ConvolutionOp | DynamicConvOp) -> ConvDimensions:
    return op.dimension_numbers.data


def _input_dims(op: ConvolutionOp) -> tuple[int, ...]:
    d = _dims(op)
    return (d.input_batch_dimension, *d.input_spatial_dimensions, d.input_feature_dimension)


def _kernel_dims(op: ConvolutionOp) -> tuple[int, ...]:
    d = _dims(op)
    return (
        *d.kernel_spatial_dimensions,
        d.kernel_input_feature_dimension,
        d.kernel_output_feature_dimension,
    )


def _output_dims(op: ConvolutionOp) -> tuple[int, ...]:
    d = _dims(op)
    return (d.output_batch_dimension, *d.output_spatial_dimensions, d.output_feature_dimension)


def _input_batch(op: ConvolutionOp | DynamicConvOp) -> int:
    return shape(op.lhs)[_dims(op).input_batch_dimension]


def _input_features(op: ConvolutionOp) -> int:
    return shape(op.lhs)[_dims(op).input_feature_dimension]


def _kernel_input_features(op: ConvolutionOp) -> int:
    return shape(op.rhs)[_dims(op).kernel_input_feature_dimension]


def _kernel_output_features(op: ConvolutionOp | DynamicConvOp) -> int:
    return shape(op.rhs)[_dims(op).kernel_output_feature_dimension]


def _feature_groups(op: ConvolutionOp) -> int:
    return op.feature_group_count.value.data


def _batch_groups(op: ConvolutionOp | DynamicConvOp) -> int:
    return op.batch_group_count.value.data


def _kernel_sizes(op: ConvolutionOp | DynamicConvOp) -> list[int]:
    return [shape(op.rhs)[d] for d in _dims(op).kernel_spatial_dimensions]


def _divides(divisor: int, size: int) -> bool | None:
    return None if size == DYNAMIC else size % divisor == 0


def _features_match(op: ConvolutionOp) -> bool | None:
    features, kernel = _input_features(op), _kernel_input_features(op)
    return None if DYNAMIC in (features, kernel) else features // _feature_groups(op) == kernel


def inferred_shape(op: ConvolutionOp) -> list[int]:
    """The shape of the result (C25); every row on the inputs holds."""
    return padded_shape(op, padding_pairs(op.padding))


def padded_shape(
    op: ConvolutionOp | DynamicConvOp, padding: Sequence[tuple[int, int]] | None
) -> list[int]:
    """The shape of the result with this padding, by default none."""
    d, lhs = _dims(op), shape(op.lhs)
    batch = _input_batch(op)
    windows = window_dimensions(
        _kernel_sizes(op),
        integers(op.window_strides),
        padding,
        integers(op.lhs_dilation),
        integers(op.rhs_dilation),
    )
    result = [DYNAMIC] * len(lhs)
    result[d.output_batch_dimension] = batch if batch == DYNAMIC else batch // _batch_groups(op)
    result[d.output_feature_dimension] = _kernel_output_features(op)
    for source, target, window in zip(
        d.input_spatial_dimensions, d.output_spatial_dimensions, windows, strict=True
    ):
        result[target] = window.positions(lhs[source])
    return result


def _size_row(id: str, name: str) -> Constraint[ConvolutionOp]:
    """As many numbers as spatial dimensions; none stand for the default."""
    return Constraint(
        id,
        lambda op: len(integers(getattr(op, name)) or ()) in (0, rank(op.lhs) - 2),
        lambda op: (
            f"{name} has {len(integers(getattr(op, name)) or ())} entries, expected "
            f"{rank(op.lhs) - 2}"
        ),
    )


def _positive_row(id: str, name: str) -> Constraint[ConvolutionOp]:
    return Constraint(
        id,
        lambda op: all(value > 0 for value in integers(getattr(op, name)) or ()),
        lambda op: f"{name} {dims_text(integers(getattr(op, name)) or ())} must be positive",
    )


INPUT_ROWS: Sequence[Constraint[ConvolutionOp]] = (
    accepts("I1", "lhs", 0, ANY),
    accepts("I2", "rhs", 1, ANY_OR_PER_AXIS),
    Constraint(
        "C1",
        lambda op: rank(op.lhs) == rank(op.rhs),
        lambda op: f"lhs {op.lhs.type} and rhs {op.rhs.type} differ in rank",
    ),
    Constraint(
        "C13",
        lambda op: rank(op.lhs) >= 2,
        lambda op: f"lhs {op.lhs.type} has no two dimensions for batch and feature",
    ),
    Constraint(
        "C21",
        lambda op: _feature_groups(op) > 0,
        lambda op: f"feature_group_count {_feature_groups(op)} must be positive",
    ),
    Constraint(
        "C22",
        lambda op: _batch_groups(op) > 0,
        lambda op: f"batch_group_count {_batch_groups(op)} must be positive",
    ),
    Constraint(
        "C27",
        lambda op: is_quantized_operation(op) or element_type(op.lhs) == element_type(op.rhs),
        lambda op: f"element types of lhs {op.lhs.type} and rhs {op.rhs.type} differ",
    ),
    Constraint(
        "C12",
        lambda op: len(_dims(op).input_spatial_dimensions) == rank(op.lhs) - 2,
        lambda op: (
            f"input_spatial_dimensions {dims_text(_dims(op).input_spatial_dimensions)} should "
            f"be {rank(op.lhs) - 2} for {op.lhs.type}"
        ),
    ),
    Constraint(
        "C17",
        lambda op: len(_dims(op).kernel_spatial_dimensions) == rank(op.lhs) - 2,
        lambda op: (
            f"kernel_spatial_dimensions {dims_text(_dims(op).kernel_spatial_dimensions)} should "
            f"be {rank(op.lhs) - 2} for {op.lhs.type}"
        ),
    ),
    Constraint(
        "C19",
        lambda op: len(_dims(op).output_spatial_dimensions) == rank(op.lhs) - 2,
        lambda op: (
            f"output_spatial_dimensions {dims_text(_dims(op).output_spatial_dimensions)} should "
            f"be {rank(op.lhs) - 2} for {op.lhs.type}"
        ),
    ),
    Constraint(
        "C13",
        lambda op: is_unique(_input_dims(op)) and in_range(_input_dims(op), rank(op.lhs)),
        lambda op: (
            f"input dimensions {dims_text(_input_dims(op))} must be distinct and in "
            f"[0, {rank(op.lhs)})"
        ),
    ),
    Constraint(
        "C18",
        lambda op: is_unique(_kernel_dims(op)) and in_range(_kernel_dims(op), rank(op.lhs)),
        lambda op: (
            f"kernel dimensions {dims_text(_kernel_dims(op))} must be distinct and in "
            f"[0, {rank(op.lhs)})"
        ),
    ),
    Constraint(
        "C20",
        lambda op: is_unique(_output_dims(op)) and in_range(_output_dims(op), rank(op.lhs)),
        lambda op: (
            f"output dimensions {dims_text(_output_dims(op))} must be distinct and in "
            f"[0, {rank(op.lhs)})"
        ),
    ),
    Constraint(
        "C23",
        lambda op: 1 in (_feature_groups(op), _batch_groups(op)),
        lambda op: (
            f"feature_group_count {_feature_groups(op)} and batch_group_count "
            f"{_batch_groups(op)} are both greater than 1"
        ),
    ),
    Constraint(
        "C10",
        lambda op: _divides(_batch_groups(op), _input_batch(op)),
        lambda op: (
            f"the input batch of {_input_batch(op)} is no multiple of batch_group_count "
            f"{_batch_groups(op)}"
        ),
    ),
    Constraint(
        "C11",
        lambda op: _divides(_feature_groups(op), _input_features(op)),
        lambda op: (
            f"{_input_features(op)} input features are no multiple of feature_group_count "
            f"{_feature_groups(op)}"
        ),
    ),
    Constraint(
        "C14",
        _features_match,
        lambda op: (
            f"{_input_features(op)} input features in {_feature_groups(op)} groups, but the "
            f"kernel has {_kernel_input_features(op)} input features"
        ),
    ),
    Constraint(
        "C15",
        lambda op: _divides(_batch_groups(op), _kernel_output_features(op)),
        lambda op: (
            f"{_kernel_output_features(op)} output features of the kernel are no multiple of "
            f"batch_group_count {_batch_groups(op)}"
        ),
    ),
    Constraint(
        "C16",
        lambda op: _divides(_feature_groups(op), _kernel_output_features(op)),
        lambda op: (
            f"{_kernel_output_features(op)} output features of the kernel are no multiple of "
            f"feature_group_count {_feature_groups(op)}"
        ),
    ),
    Constraint(
        "C24",
        lambda op: op.precision_config is None or len(op.precision_config) <= 2,
        lambda op: f"precision_config has {len(op.precision_config or ())} entries, not 2",
    ),
    _size_row("C2", "window_strides"),
    _positive_row("C3", "window_strides"),
    Constraint(
        "C4",
        lambda op: is_padding_of(op.padding, rank(op.lhs) - 2),
        lambda op: f"padding must have the shape [{rank(op.lhs) - 2}, 2], got {op.padding}",
    ),
    _size_row("C5", "lhs_dilation"),
    _positive_row("C6", "lhs_dilation"),
    _size_row("C7", "rhs_dilation"),
    _positive_row("C8", "rhs_dilation"),
    _size_row("C9", "window_reversal"),
    Constraint(
        "C25",
        lambda op: all(size == DYNAMIC or size > 0 for size in _kernel_sizes(op)),
        lambda op: f"the window {dims_text(_kernel_sizes(op))} of the kernel is empty",
    ),
)

QUANTIZED_ROWS: Sequence[Constraint[Any]] = (
    returns("O1", "result", ANY_OR_PER_AXIS),
    axis_row(
        "C29",
        "rhs",
        1,
        "kernel_output_feature_dimension",
        lambda op: _dims(op).kernel_output_feature_dimension,
    ),
    axis_row(
        "C30",
        "result",
        2,
        "output_feature_dimension",
        lambda op: _dims(op).output_feature_dimension,
    ),
    *product_rows(ProductIds("C28", "C31", "C32", "C33", "C34")),
)

RESULT_ROWS: Sequence[Constraint[ConvolutionOp]] = (
    Constraint(
        "C26",
        lambda op: rank(op.result) == rank(op.lhs),
        lambda op: (
            f"the result {op.result.type} has {rank(op.result)} dimensions, lhs has {rank(op.lhs)}"
        ),
    ),
    Constraint(
        "C25",
        lambda op: shapes_agree(shape(op.result), inferred_shape(op)),
        lambda op: (
            f"the result {op.result.type} should have the shape {dims_text(inferred_shape(op))}"
        ),
    ),
    *QUANTIZED_ROWS,
)
