"""All operations and attributes of the dialect by name, and type inference by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import Attribute, Dialect, Region
from xdsl.irdl import OptionalDef, VariadicDef

from dialects.stablehlo.accuracy import ResultAccuracyAttr, ResultAccuracyModeAttr
from dialects.stablehlo.after_all import AfterAllOp, CreateTokenOp
from dialects.stablehlo.all_to_all import AllToAllOp
from dialects.stablehlo.async_ops import AsyncDoneOp, AsyncStartOp
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
from dialects.stablehlo.bounds import LongTypeExtensionsAttr, TypeExtensionsAttr
from dialects.stablehlo.collective_reductions import (
    AllReduceOp,
    CollectiveReduceOp,
    ReduceScatterOp,
)
from dialects.stablehlo.collectives import (
    AllGatherOp,
    CollectiveBroadcastOp,
    CollectivePermuteOp,
    CrossReplicaSumOp,
)
from dialects.stablehlo.comparison import ClampOp, CompareOp, SelectOp
from dialects.stablehlo.composite import CompositeOp
from dialects.stablehlo.constant import ConstantOp
from dialects.stablehlo.control_flow import CaseOp, IfOp, ReturnOp, WhileOp
from dialects.stablehlo.conversion import BitcastConvertOp, ConvertOp, ReducePrecisionOp
from dialects.stablehlo.convolution import ConvolutionOp
from dialects.stablehlo.custom_call import CustomCallOp
from dialects.stablehlo.dimension_numbers import (
    ConvDimensionNumbersAttr,
    DotDimensionNumbersAttr,
    GatherDimensionNumbersAttr,
    OutputOperandAliasAttr,
)
from dialects.stablehlo.dimension_size import GetDimensionSizeOp, SetDimensionSizeOp
from dialects.stablehlo.dot import DotGeneralOp
from dialects.stablehlo.dot_algorithm import DotAlgorithmAttr
from dialects.stablehlo.dynamic_convolution import DynamicConvOp
from dialects.stablehlo.dynamic_gather import DynamicGatherOp
from dialects.stablehlo.dynamic_padding import DynamicPadOp
from dialects.stablehlo.dynamic_shape import (
    DynamicBroadcastInDimOp,
    DynamicIotaOp,
    DynamicReshapeOp,
)
from dialects.stablehlo.dynamic_slicing import RealDynamicSliceOp
from dialects.stablehlo.fourier import FftOp
from dialects.stablehlo.future import FutureType
from dialects.stablehlo.gather import GatherOp
from dialects.stablehlo.joining import ConcatenateOp, PadOp
from dialects.stablehlo.legacy import (
    BroadcastOp,
    DotOp,
    EinsumOp,
    TorchIndexSelectOp,
    UnaryEinsumOp,
)
from dialects.stablehlo.linear_algebra import CholeskyOp, TriangularSolveOp
from dialects.stablehlo.mapping import MapOp
from dialects.stablehlo.mesh import (
    AxisRefAttr,
    ChannelHandleAttr,
    MeshAttr,
    MeshAxisAttr,
    ReplicaGroupMeshAxesAttr,
)
from dialects.stablehlo.normalization import (
    BatchNormGradOp,
    BatchNormInferenceOp,
    BatchNormTrainingOp,
)
from dialects.stablehlo.process_ids import PartitionIdOp, ReplicaIdOp
from dialects.stablehlo.quantization import UniformDequantizeOp, UniformQuantizeOp
from dialects.stablehlo.random_numbers import RngBitGeneratorOp, RngOp
from dialects.stablehlo.reduction import ReduceOp, ReduceWindowOp
from dialects.stablehlo.reverse import ReverseOp
from dialects.stablehlo.scatter import ScatterOp
from dialects.stablehlo.scatter_dimension_numbers import ScatterDimensionNumbersAttr
from dialects.stablehlo.select_and_scatter import SelectAndScatterOp
from dialects.stablehlo.shape import BroadcastInDimOp, IotaOp, ReshapeOp, TransposeOp
from dialects.stablehlo.slicing import DynamicSliceOp, DynamicUpdateSliceOp, SliceOp
from dialects.stablehlo.sorting import SortOp
from dialects.stablehlo.token import TokenType
from dialects.stablehlo.transfers import InfeedOp, OutfeedOp, RecvOp, SendOp
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
    AfterAllOp,
    AllGatherOp,
    AllReduceOp,
    AllToAllOp,
    AndOp,
    AsyncDoneOp,
    AsyncStartOp,
    Atan2Op,
    BatchNormGradOp,
    BatchNormInferenceOp,
    BatchNormTrainingOp,
    BitcastConvertOp,
    BroadcastInDimOp,
    BroadcastOp,
    CaseOp,
    CbrtOp,
    CeilOp,
    CholeskyOp,
    ClampOp,
    ClzOp,
    CollectiveBroadcastOp,
    CollectivePermuteOp,
    CollectiveReduceOp,
    CompareOp,
    ComplexOp,
    CompositeOp,
    ConcatenateOp,
    ConstantOp,
    ConvertOp,
    ConvolutionOp,
    CosineOp,
    CreateTokenOp,
    CrossReplicaSumOp,
    CustomCallOp,
    DivOp,
    DotGeneralOp,
    DotOp,
    DynamicBroadcastInDimOp,
    DynamicConvOp,
    DynamicGatherOp,
    DynamicIotaOp,
    DynamicPadOp,
    DynamicReshapeOp,
    DynamicSliceOp,
    DynamicUpdateSliceOp,
    EinsumOp,
    ExpOp,
    Expm1Op,
    FftOp,
    FloorOp,
    GatherOp,
    GetDimensionSizeOp,
    GetTupleElementOp,
    IfOp,
    ImagOp,
    InfeedOp,
    IotaOp,
    IsFiniteOp,
    Log1pOp,
    LogOp,
    LogisticOp,
    MapOp,
    MaxOp,
    MinOp,
    MulOp,
    NegOp,
    NotOp,
    OptimizationBarrierOp,
    OrOp,
    OutfeedOp,
    PadOp,
    PartitionIdOp,
    PopulationCountOp,
    PowOp,
    RealDynamicSliceOp,
    RealOp,
    RecvOp,
    ReduceOp,
    ReducePrecisionOp,
    ReduceScatterOp,
    ReduceWindowOp,
    RemOp,
    ReplicaIdOp,
    ReshapeOp,
    ReturnOp,
    ReverseOp,
    RngBitGeneratorOp,
    RngOp,
    RoundNearestEvenOp,
    RoundOp,
    RsqrtOp,
    ScatterOp,
    SelectAndScatterOp,
    SelectOp,
    SendOp,
    SetDimensionSizeOp,
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
    TorchIndexSelectOp,
    TransposeOp,
    TriangularSolveOp,
    TupleOp,
    UnaryEinsumOp,
    UniformDequantizeOp,
    UniformQuantizeOp,
    WhileOp,
    XorOp,
)

ATTRIBUTES: Sequence[type[Attribute]] = (
    AxisRefAttr,
    ChannelHandleAttr,
    ComparisonDirectionAttr,
    ComparisonTypeAttr,
    ConvDimensionNumbersAttr,
    DotAlgorithmAttr,
    DotDimensionNumbersAttr,
    FftTypeAttr,
    FutureType,
    GatherDimensionNumbersAttr,
    LongTypeExtensionsAttr,
    MeshAttr,
    MeshAxisAttr,
    OutputOperandAliasAttr,
    PrecisionAttr,
    ReplicaGroupMeshAxesAttr,
    ResultAccuracyAttr,
    ResultAccuracyModeAttr,
    RngAlgorithmAttr,
    RngDistributionAttr,
    ScatterDimensionNumbersAttr,
    TokenType,
    TransposeAttr,
    TypeExtensionsAttr,
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
    constants: Mapping[int, Attribute] | None = None,
) -> Sequence[Attribute]:
    """The result types of an operation; ``constants`` has the elements of operands by number.

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
    return cls.infer_with_constants(operand_types, given, regions, constants)
