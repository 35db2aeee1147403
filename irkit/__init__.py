"""irkit: lower large model forwards to StableHLO in bounded memory.

This module is the public face. Names are loaded when first used, so that ``import irkit`` is
cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from irkit import hlo
    from irkit.artifact.form import ArtifactError
    from irkit.builder import Builder
    from irkit.dropped import dropped
    from irkit.errors import BuildError, EscapeError, IRKitError, LogError, RecordingError
    from irkit.explanation import Explanation
    from irkit.lowering import LoweringResult, lower
    from irkit.policy import Policy, PolicyError
    from irkit.recording import ComputeGraph, Recording, StableHLOText, record
    from irkit.scope import Scope
    from irkit.types import tensor
    from irkit.value import Value
    from irkit.weights import WeightError, WeightSource, open_weights

__version__ = "0.1.0"

_HOMES = {
    "ArtifactError": "irkit.artifact.form",
    "BuildError": "irkit.errors",
    "Builder": "irkit.builder",
    "ComputeGraph": "irkit.recording",
    "EscapeError": "irkit.errors",
    "Explanation": "irkit.explanation",
    "IRKitError": "irkit.errors",
    "LogError": "irkit.errors",
    "LoweringResult": "irkit.lowering",
    "Policy": "irkit.policy",
    "PolicyError": "irkit.policy",
    "Recording": "irkit.recording",
    "RecordingError": "irkit.errors",
    "Scope": "irkit.scope",
    "StableHLOText": "irkit.recording",
    "Value": "irkit.value",
    "WeightError": "irkit.weights",
    "WeightSource": "irkit.weights",
    "dropped": "irkit.dropped",
    "lower": "irkit.lowering",
    "open_weights": "irkit.weights",
    "record": "irkit.recording",
    "tensor": "irkit.types",
}

__all__ = [
    "ArtifactError",
    "BuildError",
    "Builder",
    "ComputeGraph",
    "EscapeError",
    "Explanation",
    "IRKitError",
    "LogError",
    "LoweringResult",
    "Policy",
    "PolicyError",
    "Recording",
    "RecordingError",
    "Scope",
    "StableHLOText",
    "Value",
    "WeightError",
    "WeightSource",
    "dropped",
    "hlo",
    "lower",
    "open_weights",
    "record",
    "tensor",
]


def __getattr__(name: str) -> Any:
    if name == "hlo":
        return import_module("irkit.hlo")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'irkit' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
