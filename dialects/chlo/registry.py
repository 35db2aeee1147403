"""All of the dialect's operations and attributes."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute, Dialect

from dialects.chlo.attributes import (
    ComparisonDirectionAttr,
    ComparisonTypeAttr,
    PrecisionAttr,
    RaggedDotDimensionNumbersAttr,
)
from dialects.chlo.binary import MulhiOp, NextAfterOp, PolygammaOp, ZetaOp
from dialects.chlo.broadcast_binary import (
    BroadcastAddOp,
    BroadcastAndOp,
    BroadcastAtan2Op,
    BroadcastCompareOp,
    BroadcastComplexOp,
    BroadcastDivOp,
    BroadcastMaxOp,
    BroadcastMinOp,
    BroadcastMulOp,
    BroadcastNextAfterOp,
    BroadcastOrOp,
    BroadcastPolygammaOp,
    BroadcastPowOp,
    BroadcastRemOp,
    BroadcastShiftLeftOp,
    BroadcastShiftRightArithmeticOp,
    BroadcastShiftRightLogicalOp,
    BroadcastSubOp,
    BroadcastXorOp,
    BroadcastZetaOp,
)
from dialects.chlo.constant import ConstantLikeOp, ConstantOp
from dialects.chlo.ragged_dot import RaggedDotOp
from dialects.chlo.scan import ScanOp
from dialects.chlo.select import BroadcastSelectOp
from dialects.chlo.top_k import TopKOp
from dialects.chlo.unary import (
    AcoshOp,
    AcosOp,
    AsinAcosKernelOp,
    AsinhOp,
    AsinOp,
    AtanhOp,
    AtanOp,
    BesselI1eOp,
    ConjOp,
    CoshOp,
    DigammaOp,
    ErfcOp,
    ErfInvOp,
    ErfOp,
    IsInfOp,
    IsNegInfOp,
    IsPosInfOp,
    LgammaOp,
    SinhOp,
    SquareOp,
    TanOp,
)
from dialects.stablehlo.base import StableHLOOp

OPERATIONS: Sequence[type[StableHLOOp]] = (
    AcosOp,
    AcoshOp,
    AsinAcosKernelOp,
    AsinOp,
    AsinhOp,
    AtanOp,
    AtanhOp,
    BesselI1eOp,
    BroadcastAddOp,
    BroadcastAndOp,
    BroadcastAtan2Op,
    BroadcastCompareOp,
    BroadcastComplexOp,
    BroadcastDivOp,
    BroadcastMaxOp,
    BroadcastMinOp,
    BroadcastMulOp,
    BroadcastNextAfterOp,
    BroadcastOrOp,
    BroadcastPolygammaOp,
    BroadcastPowOp,
    BroadcastRemOp,
    BroadcastSelectOp,
    BroadcastShiftLeftOp,
    BroadcastShiftRightArithmeticOp,
    BroadcastShiftRightLogicalOp,
    BroadcastSubOp,
    BroadcastXorOp,
    BroadcastZetaOp,
    ConjOp,
    ConstantLikeOp,
    ConstantOp,
    CoshOp,
    DigammaOp,
    ErfInvOp,
    ErfOp,
    ErfcOp,
    IsInfOp,
    IsNegInfOp,
    IsPosInfOp,
    LgammaOp,
    MulhiOp,
    NextAfterOp,
    PolygammaOp,
    RaggedDotOp,
    ScanOp,
    SinhOp,
    SquareOp,
    TanOp,
    TopKOp,
    ZetaOp,
)

ATTRIBUTES: Sequence[type[Attribute]] = (
    ComparisonDirectionAttr,
    ComparisonTypeAttr,
    PrecisionAttr,
    RaggedDotDimensionNumbersAttr,
)

Chlo = Dialect("chlo", list(OPERATIONS), list(ATTRIBUTES))
