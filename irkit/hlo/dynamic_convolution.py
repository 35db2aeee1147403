"""``dynamic_conv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xdsl.ir import Attribute

from dialects.stablehlo.dimension_numbers import ConvDimensions
from dialects.stablehlo.dynamic_convolution import DynamicConvOp
from irkit.emit import builder_of
from irkit.hlo.arguments import dims, optional_dims
from irkit.hlo.linear_algebra import PrecisionConfig, convolution_properties, precision_cases
from irkit.hlo.result_types import partly_known, typed
from irkit.types import DTypeLike
from irkit.value import Value


def dynamic_conv(
    lhs: Value,
    rhs: Value,
    padding: Value,
    *,
    result_shape: Sequence[int | None],
    input_batch_dimension: int,
    input_feature_dimension: int,
    input_spatial_dimensions: Sequence[int],
    kernel_input_feature_dimension: int,
    kernel_output_feature_dimension: int,
    kernel_spatial_dimensions: Sequence[int],
    output_batch_dimension: int,
    output_feature_dimension: int,
    output_spatial_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    window_reversal: Sequence[bool] | None = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision_config: PrecisionConfig | None = None,
    dtype: DTypeLike | None = None,
) -> Value:
    """As :func:`convolution`, with the padding from an operand, integers of shape ``[N, 2]``.

    ``result_shape`` has ``None`` for a dimension that is known only at run time; the elements of
    the result are of ``dtype``, by default of ``lhs``'s element type.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_conv
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    numbers = ConvDimensions(
        input_batch_dimension,
        input_feature_dimension,
        dims(input_spatial_dimensions),
        kernel_input_feature_dimension,
        kernel_output_feature_dimension,
        dims(kernel_spatial_dimensions),
        output_batch_dimension,
        output_feature_dimension,
        dims(output_spatial_dimensions),
    )
    key = (
        numbers,
        optional_dims(window_strides),
        None,
        optional_dims(lhs_dilation),
        optional_dims(rhs_dilation),
        None if window_reversal is None else tuple(map(bool, window_reversal)),
        feature_group_count,
        batch_group_count,
        precision_cases("dynamic_conv", precision_config),
    )
    builder = builder_of(DynamicConvOp.name, (lhs, rhs, padding))
    element = builder.own(lhs).type.element_type
    if dtype is not None:
        element = typed((), dtype).element_type
    type_ = partly_known(element, result_shape)
    operands = (lhs, rhs, padding)
    return builder.append_many(DynamicConvOp, operands, (*key, type_), _properties, (type_,))[0]


def _properties(*key: Any) -> Mapping[str, Attribute]:
    """Of all parts of the key but the last, the result's type."""
    return convolution_properties(*key[:-1])
