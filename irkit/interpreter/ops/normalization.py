"""``batch_norm_inference``, ``batch_norm_training`` and ``batch_norm_grad``.

The specification gives each as a decomposition into other operations and promises no accuracy;
here the decomposition is computed in float64 and every result rounded once.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#batch_norm_inference
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#batch_norm_training
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#batch_norm_grad
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dialects.stablehlo.normalization import (
    BatchNormGradOp,
    BatchNormInferenceOp,
    BatchNormTrainingOp,
)
from irkit.interpreter.numbers import narrow, quiet, widen
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


class _Features:
    """Sums over, and broadcasts along, all dimensions of an operand but the feature's."""

    def __init__(self, operand: Array, feature_index: int) -> None:
        self.axes = tuple(d for d in range(operand.ndim) if d != feature_index)
        self.shape = [1] * operand.ndim
        self.shape[feature_index] = -1
        features = operand.shape[feature_index]
        self.count = operand.size // features if features else 0

    def sum(self, values: Array) -> Array:
        return np.sum(values, axis=self.axes)

    def mean(self, values: Array) -> Array:
        return self.sum(values) / np.float64(self.count)

    def spread(self, vector: Array) -> Array:
        return vector.reshape(self.shape)


@quiet
def batch_norm_inference(
    operand: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    feature_index: int,
) -> Array:
    """``operand`` normalized by a given mean and variance of each feature, scaled and shifted."""
    x, *vectors = map(widen, (operand, scale, offset, mean, variance))
    features = _Features(operand, feature_index)
    return narrow(_normalized(x, features, *vectors, epsilon=epsilon), operand.dtype)


def _normalized(
    x: Array,
    features: _Features,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float,
) -> Array:
    deviation = np.sqrt(variance + epsilon)
    centered = x - features.spread(mean)
    normalized = centered / features.spread(deviation)
    return features.spread(scale) * normalized + features.spread(offset)


@quiet
def batch_norm_training(
    operand: Array, scale: Array, offset: Array, epsilon: float, feature_index: int
) -> list[Array]:
    """``operand`` normalized by the mean and variance of each feature; then these two."""
    x, wide_scale, wide_offset = map(widen, (operand, scale, offset))
    features = _Features(operand, feature_index)
    mean = features.mean(x)
    variance = features.mean(np.square(x - features.spread(mean)))
    output = _normalized(x, features, wide_scale, wide_offset, mean, variance, epsilon=epsilon)
    return [narrow(found, operand.dtype) for found in (output, mean, variance)]


@quiet
def batch_norm_grad(
    operand: Array,
    scale: Array,
    mean: Array,
    variance: Array,
    grad_output: Array,
    epsilon: float,
    feature_index: int,
) -> list[Array]:
    """The gradients of ``operand``, ``scale`` and ``offset`` of :func:`batch_norm_training`."""
    x, gain, center, spread, gradient = map(widen, (operand, scale, mean, variance, grad_output))
    features = _Features(operand, feature_index)
    deviation = np.sqrt(spread + epsilon)
    centered = x - features.spread(center)
    normalized = centered / features.spread(deviation)
    grad_offset = features.sum(gradient)
    grad_scale = features.sum(gradient * normalized)
    # The gradient less what flows back through the mean and through the variance.
    through_mean = features.spread(grad_offset)
    through_variance = normalized * features.spread(grad_scale)
    rest = gradient - (through_mean + through_variance) / np.float64(features.count)
    grad_operand = features.spread(gain / deviation) * rest
    return [narrow(found, operand.dtype) for found in (grad_operand, grad_scale, grad_offset)]


@implements(BatchNormInferenceOp)
def evaluate_batch_norm_inference(
    op: BatchNormInferenceOp, operands: list[Any], context: Context
) -> Array:
    """Reads the attributes and calls :func:`batch_norm_inference`."""
    operand, scale, offset, mean, variance = operands
    return batch_norm_inference(
        operand, scale, offset, mean, variance, op.epsilon.value.data, op.feature_index.value.data
    )


@implements(BatchNormTrainingOp)
def evaluate_batch_norm_training(
    op: BatchNormTrainingOp, operands: list[Any], context: Context
) -> list[Array]:
    """Reads the attributes and calls :func:`batch_norm_training`."""
    operand, scale, offset = operands
    return batch_norm_training(
        operand, scale, offset, op.epsilon.value.data, op.feature_index.value.data
    )


@implements(BatchNormGradOp)
def evaluate_batch_norm_grad(
    op: BatchNormGradOp, operands: list[Any], context: Context
) -> list[Array]:
    """Reads the attributes and calls :func:`batch_norm_grad`."""
    operand, scale, mean, variance, grad_output = operands
    return batch_norm_grad(
        operand,
        scale,
        mean,
        variance,
        grad_output,
        op.epsilon.value.data,
        op.feature_index.value.data,
    )
