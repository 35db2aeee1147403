"""What stands in a chunk's region beside StableHLO, so that it can be checked and printed alone.

What a chunk reads of earlier chunks enters as block arguments of its region, what later ones may
read leaves through its terminator, and weights are named, not carried.
"""

from __future__ import annotations

from xdsl.dialects.builtin import StringAttr, UnitAttr
from xdsl.ir import Dialect, Operation
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import EffectInstance, IsTerminator, MemoryEffect, MemoryEffectKind, Pure

_DECLARES = frozenset({EffectInstance(MemoryEffectKind.WRITE)})


@irdl_op_definition
class YieldOp(IRDLOperation):
    """Ends a chunk; its operands are the chunk's live-outs."""

    name = "chunk.yield"
    values = var_operand_def()
    traits = traits_def(Pure(), IsTerminator())


class _DeclarationEffect(MemoryEffect):
    """Declaring a parameter fixes where it is printed, which no single chunk may undo."""

    @classmethod
    def get_effects(cls, op: Operation) -> frozenset[EffectInstance]:
        return _DECLARES if "declares" in op.properties else frozenset()


@irdl_op_definition
class ParameterOp(IRDLOperation):
    """A weight by its name; with ``declares``, the place where it was first asked for."""

    name = "chunk.parameter"
    parameter = prop_def(StringAttr)
    declares = opt_prop_def(UnitAttr)
    value = result_def()
    traits = traits_def(_DeclarationEffect())


Chunk = Dialect("chunk", [YieldOp, ParameterOp])
"""The dialect of closed chunks; never printed into an artifact."""

__all__ = ["Chunk", "ParameterOp", "YieldOp"]
