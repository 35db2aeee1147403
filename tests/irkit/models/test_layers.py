"""Layers that no fixture pins down by itself."""

from __future__ import annotations

import math

import numpy as np

import irkit
from irkit.models import layers
from tests.irkit.models.runners import compile_with_jaxlib


def test_erf_is_within_4e_7_of_the_error_function() -> None:
    fine = np.linspace(-6, 6, 20001)
    tiny = np.geomspace(1e-38, 1, 500)
    x = np.concatenate([fine, tiny, -tiny, [0.0, np.inf, -np.inf]]).astype(np.float32)

    def forward(builder: irkit.Builder) -> irkit.Value:
        return layers.erf(builder.argument("x", x.shape, "f32"))

    text = irkit.record(forward).to_compute_graph().to_stablehlo().text
    (got,) = compile_with_jaxlib(text)([x])
    expected = np.array([math.erf(value) for value in x.tolist()])
    assert np.abs(got - expected).max() <= 4e-7


def test_softmax_of_huge_scores_stays_finite() -> None:
    x = np.array([[3e38, -3e38, 3e38], [-3e38, -3e38, -3e38]], np.float32)

    def forward(builder: irkit.Builder) -> irkit.Value:
        return layers.softmax(builder.argument("x", x.shape, "f32"))

    text = irkit.record(forward).to_compute_graph().to_stablehlo().text
    (got,) = compile_with_jaxlib(text)([x])
    assert np.allclose(got, [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]])
