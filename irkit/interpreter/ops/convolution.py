"""``convolution`` and ``dynamic_conv``.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#convolution
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dynamic_conv
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dialects.stablehlo.convolution import ConvolutionOp
from dialects.stablehlo.dimension_numbers import ConvDimensions
from dialects.stablehlo.dynamic_convolution import DynamicConvOp
from dialects.stablehlo.windows import (
    WindowDimension,
    dilated,
    integers,
    padding_pairs,
    window_dimensions,
)
from irkit.interpreter.numbers import DType
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.ops.products import add_products, widened, zeros
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel slides: one entry for each spatial dimension, defaults where it is empty."""

    strides: Sequence[int] = ()
    padding: Sequence[tuple[int, int]] = ()
    lhs_dilation: Sequence[int] = ()
    rhs_dilation: Sequence[int] = ()
    reversal: Sequence[bool] = ()


def convolution(
    lhs: Array,
    rhs: Array,
    window: Window,
    dims: ConvDimensions,
    result: DType,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
) -> Array:
    """Sums of products of the kernel ``rhs`` with the windows of ``lhs``.

    Negative padding crops; the holes of a dilated ``lhs`` and its padding are zeros. Sums are kept
    as :mod:`irkit.interpreter.ops.products` says; the order is that of the kernel's positions, and
    of the features at each.
    """
    sizes = [rhs.shape[d] for d in dims.kernel_spatial_dimensions]
    slides = window_dimensions(
        sizes, window.strides, window.padding, window.lhs_dilation, window.rhs_dilation
    )
    outputs = [
        slide.positions(lhs.shape[d])
        for slide, d in zip(slides, dims.input_spatial_dimensions, strict=True)
    ]
    inputs = _grouped_inputs(widened(lhs, result), dims, feature_group_count, batch_group_count)
    kernel = _grouped_kernel(
        widened(rhs, result), dims, feature_group_count * batch_group_count, window.reversal
    )
    groups, batch, features, *_ = inputs.shape
    filters = kernel.shape[1]
    seen_by_all = batch * math.prod(outputs)
    sums = zeros((groups, filters, seen_by_all), result)
    if math.prod(outputs):
        padded = _padded(inputs, slides)
        for position in itertools.product(*map(range, sizes)):
            seen = padded[(..., *map(_reach, slides, position, outputs))]
            columns = np.moveaxis(seen, 2, 1).reshape(groups, features, seen_by_all)
            sums = add_products(sums, kernel[(..., *position)], columns, result)
    return _laid_out(converted(sums, result), (groups, filters, batch, *outputs), dims)


def _reach(slide: WindowDimension, position: int, outputs: int) -> slice:
    """The elements of a padded dimension that one position of the kernel meets."""
    start = position * slide.window_dilation
    return slice(start, start + (outputs - 1) * slide.stride + 1, slide.stride)


def _grouped_inputs(
    lhs: Array, dims: ConvDimensions, feature_groups: int, batch_groups: int
) -> Array:
    """The input as ``[group, batch, feature, *spatial]``."""
    order = (
        dims.input_batch_dimension,
        dims.input_feature_dimension,
        *dims.input_spatial_dimensions,
    )
    lhs = lhs.transpose(order)
    batch, features, *spatial = lhs.shape
    if feature_groups > 1:
        split = lhs.reshape(batch, feature_groups, features // feature_groups, *spatial)
        return np.moveaxis(split, 1, 0)
    return lhs.reshape(batch_groups, batch // batch_groups, features, *spatial)


def _grouped_kernel(
    rhs: Array, dims: ConvDimensions, groups: int, reversal: Sequence[bool]
) -> Array:
    """The kernel as ``[group, filter, feature, *spatial]``, reversed where the window is."""
    order = (
        dims.kernel_output_feature_dimension,
        dims.kernel_input_feature_dimension,
        *dims.kernel_spatial_dimensions,
    )
    rhs = rhs.transpose(order)
    rhs = np.flip(rhs, tuple(2 + i for i, reverse in enumerate(reversal) if reverse))
    filters, *rest = rhs.shape
    return rhs.reshape(groups, filters // groups, *rest)


def _padded(inputs: Array, slides: Sequence[WindowDimension]) -> Array:
    """The input with holes between its elements, then padded or cropped."""
    for axis, slide in enumerate(slides, start=3):
        inputs = _padded_dimension(np.moveaxis(inputs, axis, 0), slide)
        inputs = np.moveaxis(inputs, 0, axis)
    return inputs


def _padded_dimension(inputs: Array, slide: WindowDimension) -> Array:
    size = dilated(len(inputs), slide.base_dilation)
    before, after = max(0, slide.low), max(0, slide.high)
    padded = np.zeros((before + size + after, *inputs.shape[1:]), inputs.dtype)
    padded[before : before + size : slide.base_dilation] = inputs
    return padded[max(0, -slide.low) : len(padded) - max(0, -slide.high)]


def _laid_out(sums: Array, sizes: Sequence[int], dims: ConvDimensions) -> Array:
    """``[group * filter * batch * spatial]`` in the result's order of dimensions."""
    groups, filters, batch, *spatial = sizes
    features_first = sums.reshape(groups * filters, batch, *spatial)
    order = [0] * features_first.ndim
    order[dims.output_feature_dimension] = 0
    order[dims.output_batch_dimension] = 1
    for i, dimension in enumerate(dims.output_spatial_dimensions):
        order[dimension] = 2 + i
    return features_first.transpose(order)


def _evaluate(op: Any, lhs: Array, rhs: Array, padding: Sequence[tuple[int, int]]) -> Array:
    window = Window(
        integers(op.window_strides) or (),
        padding,
        integers(op.lhs_dilation) or (),
        integers(op.rhs_dilation) or (),
        [bool(flag) for flag in integers(op.window_reversal) or ()],
    )
    return convolution(
        lhs,
        rhs,
        window,
        op.dimension_numbers.data,
        dtype_of(op.result),
        op.feature_group_count.value.data,
        op.batch_group_count.value.data,
    )


@implements(ConvolutionOp)
def evaluate_convolution(op: ConvolutionOp, operands: list[Any], context: Context) -> Array:
    """Reads the attributes and calls :func:`convolution`."""
    lhs, rhs = operands
    return _evaluate(op, lhs, rhs, padding_pairs(op.padding) or ())


@implements(DynamicConvOp)
def evaluate_dynamic_conv(op: DynamicConvOp, operands: list[Any], context: Context) -> Array:
    """:func:`convolution` with the padding that an operand holds."""
    lhs, rhs, padding = operands
    return _evaluate(op, lhs, rhs, [(int(low), int(high)) for low, high in padding])
