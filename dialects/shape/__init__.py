"""``shape``: computations on shapes, as far as dynamic StableHLO programs use them.

Source: https://mlir.llvm.org/docs/Dialects/ShapeDialect/
"""

from __future__ import annotations

from xdsl.ir import Dialect

from dialects.shape.assuming import AssumingOp, AssumingYieldOp, CstrBroadcastableOp
from dialects.shape.constant import ConstShapeOp
from dialects.shape.extents import BroadcastOp, ConcatOp, NumElementsOp, ShapeOfOp, ToExtentTensorOp
from dialects.shape.types import ShapeType, SizeType, ValueShapeType, WitnessType

__all__ = ["Shape"]

Shape = Dialect(
    "shape",
    [
        AssumingOp,
        AssumingYieldOp,
        BroadcastOp,
        ConcatOp,
        ConstShapeOp,
        CstrBroadcastableOp,
        NumElementsOp,
        ShapeOfOp,
        ToExtentTensorOp,
    ],
    [ShapeType, SizeType, ValueShapeType, WitnessType],
)
