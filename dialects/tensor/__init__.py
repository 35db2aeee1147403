"""``tensor``: xDSL's definitions, with our own where xDSL's refuse or lack what upstream has.

Source: https://mlir.llvm.org/docs/Dialects/TensorOps/
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.tensor import Tensor as XdslTensor
from xdsl.ir import Dialect, Operation

from dialects.tensor.cast import CastOp
from dialects.tensor.elements import EmptyOp, ExtractOp, FromElementsOp, InsertOp
from dialects.tensor.rank import RankOp
from dialects.tensor.reshape import ReshapeOp

__all__ = ["Tensor"]

_OWN: Sequence[type[Operation]] = (
    CastOp,
    EmptyOp,
    ExtractOp,
    FromElementsOp,
    InsertOp,
    RankOp,
    ReshapeOp,
)
_NAMES = {op.name for op in _OWN}

Tensor = Dialect(
    "tensor",
    [*(op for op in XdslTensor.operations if op.name not in _NAMES), *_OWN],
    list(XdslTensor.attributes),
)
