"""All operations and attributes of the dialect by name, and type inference by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import Attribute, Dialect, Region
from xdsl.irdl import OptionalDef, VariadicDef

from dialects.stablehlo.accuracy import ResultAccuracyAttr, ResultAccuracyModeAttr
from dialects.stablehlo.attributes import (
    ComparisonDirectionAttr,
    ComparisonTypeAttr,
    FftTypeAttr,
    PrecisionAttr,
    RngAlgorithmAttr,
    RngDistributionAttr,
    TransposeAttr,
)
from dialects.stablehlo.barrier import OptimizationBarrierOp
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.binary import (
    AddOp,
    AndOp,
    Atan2Op,
    ComplexOp,
    DivOp,
    MaxOp,
    MinOp,
    MulOp,
    OrOp,
    PowOp,
    RemOp,
    ShiftLeftOp,
    ShiftRightArithmeticOp,
    ShiftRightLogicalOp,
    SubtractOp,
    XorOp,
)
from dialects.stablehlo.comparison import ClampOp, CompareOp, SelectOp
from dialects.stablehlo.constant import ConstantOp
from dialects.stablehlo.control_flow import CaseOp, IfOp, ReturnOp, WhileOp
from dialects.stablehlo.conversion import BitcastConvertOp, ConvertOp, ReducePrecisionOp
from dialects.stablehlo.convolution import ConvolutionOp
from dialects.stablehlo.custom_call import CustomCallOp
from dialects.stablehlo.dimension_numbers import (
    ConvDimensionNumbersAttr,
    DotAlgorithmAttr,
    DotDimensionNumbersAttr,
    GatherDimensionNumbersAttr,
    OutputOperandAliasAttr,
)
from dialects.stablehlo.dot import DotGeneralOp
from dialects.stablehlo.gather import GatherOp
from dialects.stablehlo.joining import ConcatenateOp, PadOp
from dialects.stablehlo.reduction import ReduceOp, ReduceWindowOp
from dialects.stablehlo.shape import BroadcastInDimOp, IotaOp, ReshapeOp, TransposeOp
from dialects.stablehlo.slicing import DynamicSliceOp, DynamicUpdateSliceOp, SliceOp
from dialects.stablehlo.sorting import SortOp
from dialects.stablehlo.token import TokenType
from dialects.stablehlo.tuples import GetTupleElementOp, TupleOp
from dialects.stablehlo.unary import (
    AbsOp,
    CbrtOp,
    CeilOp,
    ClzOp,
    CosineOp,
    Expm1Op,
    ExpOp,
    FloorOp,
    ImagOp,
    IsFiniteOp,
    Log1pOp,
    LogisticOp,
    LogOp,
    NegOp,
    NotOp,
    PopulationCountOp,
    RealOp,
    RoundNearestEvenOp,
    RoundOp,
    RsqrtOp,
    SignOp,
    SineOp,
    SqrtOp,
    TanhOp,
    TanOp,
)

OPERATIONS: Sequence[type[StableHLOOp]] = (
    AbsOp,
    AddOp,
    AndOp,
    Atan2Op,
    BitcastConvertOp,
    BroadcastInDimOp,
    CaseOp,
    CbrtOp,
    CeilOp,
    ClampOp,
    ClzOp,
    CompareOp,
    ComplexOp,
    ConcatenateOp,
    ConstantOp,
    ConvertOp,
    ConvolutionOp,
    CosineOp,
    CustomCallOp,
    DivOp,
    DotGeneralOp,
    DynamicSliceOp,
    DynamicUpdateSliceOp,
    ExpOp,
    Expm1Op,
    FloorOp,
    GatherOp,
    GetTupleElementOp,
    IfOp,
    ImagOp,
    IotaOp,
    IsFiniteOp,
    Log1pOp,
    LogOp,
    LogisticOp,
    MaxOp,
    MinOp,
    MulOp,
    NegOp,
    NotOp,
    OptimizationBarrierOp,
    OrOp,
    PadOp,
    PopulationCountOp,
    PowOp,
    RealOp,
    ReduceOp,
    ReducePrecisionOp,
    ReduceWindowOp,
    RemOp,
    ReshapeOp,
    ReturnOp,
    RoundNearestEvenOp,
    RoundOp,
    RsqrtOp,
    SelectOp,
    ShiftLeftOp,
    ShiftRightArithmeticOp,
    ShiftRightLogicalOp,
    SignOp,
    SineOp,
    SliceOp,
    SortOp,
    SqrtOp,
    SubtractOp,
    TanOp,
    TanhOp,
    TransposeOp,
    TupleOp,
    WhileOp,
    XorOp,
)

ATTRIBUTES: Sequence[type[Attribute]] = (
    ComparisonDirectionAttr,
    ComparisonTypeAttr,
    ConvDimensionNumbersAttr,
    DotAlgorithmAttr,
    DotDimensionNumbersAttr,
    FftTypeAttr,
    GatherDimensionNumbersAttr,
    OutputOperandAliasAttr,
    PrecisionAttr,
    ResultAccuracyAttr,
    ResultAccuracyModeAttr,
    RngAlgorithmAttr,
    RngDistributionAttr,
    TokenType,
    TransposeAttr,
)

StableHLO = Dialect("stablehlo", list(OPERATIONS), list(ATTRIBUTES))

_BY_NAME = {op.name: op for op in OPERATIONS}


def operation(name: str) -> type[StableHLOOp]:
    """The class of an operation; the name may lack ``stablehlo.``.

    Raises ``ValueError`` where there is none.
    """
    full = name if name.startswith("stablehlo.") else f"stablehlo.{name}"
    if full not in _BY_NAME:
        raise ValueError(f"there is no operation {full}")
    return _BY_NAME[full]


def infer(
    name: str,
    operand_types: Sequence[Attribute],
    properties: Mapping[str, Attribute] | None = None,
    regions: Sequence[Region] = (),
) -> Sequence[Attribute]:
    """The result types of an operation.

    Raises :class:`~dialects.constraints.ConstraintError` for a violated constraint, ``ValueError``
    for an unknown operation or wrong numbers of operands, ``NotImplementedError`` where the
    result types are the user's to give.
    """
    cls = operation(name)
    given = dict(properties or {})
    definition = cls.get_irdl_definition()
    for key, declared in definition.properties.items():
        if key not in given and not isinstance(declared, OptionalDef):
            raise ValueError(f"{cls.name}: the property {key} is missing")
    variadic = any(isinstance(declared, VariadicDef) for _, declared in definition.operands)
    least = sum(not isinstance(declared, VariadicDef) for _, declared in definition.operands)
    if len(operand_types) < least or (len(operand_types) > least and not variadic):
        expected = f"at least {least}" if variadic else str(least)
        raise ValueError(f"{cls.name}: {len(operand_types)} operands given, {expected} expected")
    return cls.infer(operand_types, given, regions)
