"""CHLO: what client libraries emit beside StableHLO, to be lowered to it.

Special functions, operations that broadcast their operands, ``top_k``, ``ragged_dot``, ``scan``.
They are read, verified, inferred and printed; their lowering is not here.
Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from dialects.chlo.registry import Chlo

__all__ = ["Chlo"]
