"""Models written on the public builder API, and the specs that describe them."""

from irkit.models.parameters import TensorSpec
from irkit.models.registry import (
    Forward,
    Model,
    check_against_folder,
    known_models,
    load_model,
    resolve_model,
)

__all__ = [
    "Forward",
    "Model",
    "TensorSpec",
    "check_against_folder",
    "known_models",
    "load_model",
    "resolve_model",
]
