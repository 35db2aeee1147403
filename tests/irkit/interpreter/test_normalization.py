"""The three batch normalizations beside XLA, and beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from irkit.interpreter import run
from irkit.interpreter.ops.normalization import batch_norm_grad, batch_norm_training
from tests.irkit.interpreter.one_operation import numbers, program, type_text
from tests.witness.xla import compiled

SHAPE = (3, 4, 5)


@pytest.mark.parametrize("feature", [0, 1, 2])
@pytest.mark.parametrize("kind", ["inference", "training", "grad"])
def test_batch_norm_is_xlas(kind: str, feature: int) -> None:
    random = np.random.default_rng(feature)

    def vector() -> Any:
        return numbers(random, SHAPE[feature : feature + 1], np.float32)

    x, gradient = numbers(random, SHAPE, np.float32), numbers(random, SHAPE, np.float32)
    variance = np.abs(vector()) + np.float32(0.5)
    inputs = {
        "inference": (x, vector(), vector(), vector(), variance),
        "training": (x, vector(), vector()),
        "grad": (x, vector(), vector(), variance, gradient),
    }[kind]
    whole, each = type_text(SHAPE, np.float32), type_text(SHAPE[feature : feature + 1], np.float32)
    results = [whole] if kind == "inference" else [whole, each, each]
    operation = (
        f'"stablehlo.batch_norm_{kind}"({{args}}) <{{epsilon = 1.000000e-03 : f32, '
        f"feature_index = {feature} : i64}}>"
    )
    text = program(operation, inputs, results)
    for ours, theirs in zip(run(text, inputs), compiled(text, *inputs), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-5)


def test_the_gradient_is_that_of_the_training() -> None:
    random = np.random.default_rng(9)
    x, weights = numbers(random, (6, 2), np.float64), numbers(random, (6, 2), np.float64)
    scale, offset = numbers(random, [2], np.float64), numbers(random, [2], np.float64)

    def loss(x: Any, scale: Any, offset: Any) -> float:
        return float((batch_norm_training(x, scale, offset, 1e-3, 1)[0] * weights).sum())

    _, mean, variance = batch_norm_training(x, scale, offset, 1e-3, 1)
    gradients = batch_norm_grad(x, scale, mean, variance, weights, 1e-3, 1)
    inputs = [x, scale, offset]
    for which, gradient in enumerate(gradients):
        for index in np.ndindex(gradient.shape):
            moved = [array.copy() for array in inputs]
            moved[which][index] += 1e-6
            slope = (loss(*moved) - loss(*inputs)) / 1e-6
            assert slope == pytest.approx(gradient[index], rel=1e-3, abs=1e-4)


def test_half_precision_is_rounded_once_and_does_not_overflow() -> None:
    x = np.full((3, 1), 60000, np.float16)
    ones, zeros = np.ones(1, np.float16), np.zeros(1, np.float16)
    output, mean, variance = batch_norm_training(x, ones, zeros, 1e-3, 1)
    assert (mean[0], variance[0], output.tolist()) == (60000, 0, [[0], [0], [0]])
    assert output.dtype == mean.dtype == variance.dtype == np.float16
