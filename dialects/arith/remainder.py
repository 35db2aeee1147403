"""``arith.remf``, which xDSL lacks.

Source: https://mlir.llvm.org/docs/Dialects/ArithOps/#arithremf-arithremfop
"""

from __future__ import annotations

from xdsl.dialects.arith import FloatingPointLikeBinaryOperation
from xdsl.irdl import irdl_op_definition, traits_def
from xdsl.traits import Pure


@irdl_op_definition
class RemFOp(FloatingPointLikeBinaryOperation):
    """The remainder of a division, with the sign of the dividend."""

    name = "arith.remf"

    traits = traits_def(Pure())
