"""Weights and fixtures of the small models: what their tests and ``make_fixtures.py`` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from irkit.models import Model
from irkit.weights import open_weights
from irkit.weights.generate import write_random_safetensors

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

Arrays = dict[str, np.ndarray]


def generated_weights(model: Model, path: Path) -> Arrays:
    """Writes the model's generated weights to ``path`` and reads them back."""
    write_random_safetensors(path, model.tensors(), seed=0)
    return read_weights(path, model)


def read_weights(path: Path, model: Model) -> Arrays:
    """The tensors that the model reads, from a weight file."""
    arrays: Arrays = {}
    with open_weights(path) as source:
        for name in model.tensors():
            info = source.info(name)
            arrays[name] = np.empty(info.shape, info.dtype)
            source.read_into(name, 0, memoryview(arrays[name].reshape(-1).view(np.uint8)))
    return arrays


def fingerprint(weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """``f64[tensors]``: tells whether a fixture was made with these weights."""
    return np.array([np.square(weights[name], dtype=np.float64).sum() for name in sorted(weights)])


def fixture(name: str) -> tuple[Arrays, Arrays, np.ndarray]:
    """Inputs, expected outputs, and the fingerprint of the weights (empty for pretrained ones)."""
    with np.load(FIXTURES / f"{name}.npz") as file:
        inputs = {k.removeprefix("in."): file[k] for k in file.files if k.startswith("in.")}
        outputs = {k.removeprefix("out."): file[k] for k in file.files if k.startswith("out.")}
        return inputs, outputs, file["weights"] if "weights" in file else np.empty(0)
