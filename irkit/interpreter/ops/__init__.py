"""The functions that evaluate the operations, a file a chapter of the specification.

Importing this registers all of them.
"""

from __future__ import annotations

from irkit.interpreter.ops import (
    binary,
    chlo_elementwise,
    chlo_structure,
    collectives,
    comparison,
    control_flow,
    conversion,
    convolution,
    dot,
    fourier,
    gather,
    legacy,
    linear_algebra,
    normalization,
    observing,
    parallel,
    quantization,
    ragged_dot,
    random_numbers,
    reduction,
    scatter,
    shape,
    slicing,
    sorting,
    transfers,
    unary,
)

__all__ = [
    "binary",
    "chlo_elementwise",
    "chlo_structure",
    "collectives",
    "comparison",
    "control_flow",
    "conversion",
    "convolution",
    "dot",
    "fourier",
    "gather",
    "legacy",
    "linear_algebra",
    "normalization",
    "observing",
    "parallel",
    "quantization",
    "ragged_dot",
    "random_numbers",
    "reduction",
    "scatter",
    "shape",
    "slicing",
    "sorting",
    "transfers",
    "unary",
]
