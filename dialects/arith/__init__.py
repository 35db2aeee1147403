"""``arith``: xDSL's definitions, with our own where xDSL's refuse tensors that upstream takes.

Importing it costs as much as all the rest of a reader: it is for texts that use it.
Source: https://mlir.llvm.org/docs/Dialects/ArithOps/
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.arith import Arith as XdslArith
from xdsl.ir import Dialect, Operation

from dialects.arith.casts import (
    ExtSIOp,
    ExtUIOp,
    FPToSIOp,
    FPToUIOp,
    IndexCastOp,
    IndexCastUIOp,
    SIToFPOp,
    TruncIOp,
    UIToFPOp,
)
from dialects.arith.remainder import RemFOp
from dialects.arith.select import SelectOp

__all__ = ["Arith"]

_OWN: Sequence[type[Operation]] = (
    ExtSIOp,
    ExtUIOp,
    FPToSIOp,
    FPToUIOp,
    IndexCastOp,
    IndexCastUIOp,
    RemFOp,
    SIToFPOp,
    SelectOp,
    TruncIOp,
    UIToFPOp,
)
_NAMES = {op.name for op in _OWN}

Arith = Dialect(
    "arith",
    [*(op for op in XdslArith.operations if op.name not in _NAMES), *_OWN],
    list(XdslArith.attributes),
)
