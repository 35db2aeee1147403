"""``batch_norm_inference``, ``batch_norm_training`` and ``batch_norm_grad``."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, f32, i64
from xdsl.ir import Attribute

from dialects.stablehlo.normalization import (
    BatchNormGradOp,
    BatchNormInferenceOp,
    BatchNormTrainingOp,
)
from irkit.emit import emit, emit_many
from irkit.value import Value


def batch_norm_inference(
    operand: Value,
    scale: Value,
    offset: Value,
    mean: Value,
    variance: Value,
    epsilon: float,
    feature_index: int,
) -> Value:
    """The operand normalized with the given mean and variance of each feature.

    ``scale``, ``offset``, ``mean`` and ``variance`` have one element a feature; features lie along
    ``feature_index``.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#batch_norm_inference
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands = (operand, scale, offset, mean, variance)
    return emit(BatchNormInferenceOp, operands, _key(epsilon, feature_index), _properties)


def batch_norm_training(
    operand: Value, scale: Value, offset: Value, epsilon: float, feature_index: int
) -> tuple[Value, Value, Value]:
    """The operand normalized with its own mean and variance of each feature, and those two.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#batch_norm_training
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    output, mean, variance = emit_many(
        BatchNormTrainingOp, (operand, scale, offset), _key(epsilon, feature_index), _properties
    )
    return output, mean, variance


def batch_norm_grad(
    operand: Value,
    scale: Value,
    mean: Value,
    variance: Value,
    grad_output: Value,
    epsilon: float,
    feature_index: int,
) -> tuple[Value, Value, Value]:
    """The gradients of :func:`batch_norm_training` for operand, scale and offset.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#batch_norm_grad
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands = (operand, scale, mean, variance, grad_output)
    grad_operand, grad_scale, grad_offset = emit_many(
        BatchNormGradOp, operands, _key(epsilon, feature_index), _properties
    )
    return grad_operand, grad_scale, grad_offset


def _key(epsilon: float, feature_index: int) -> tuple[str, int]:
    """The number as text: 0.0 and -0.0 are equal, but not the same attribute."""
    return float(epsilon).hex(), feature_index


def _properties(epsilon: str, feature_index: int) -> Mapping[str, Attribute]:
    return {
        "epsilon": FloatAttr(float.fromhex(epsilon), f32),
        "feature_index": IntegerAttr(feature_index, i64),
    }
