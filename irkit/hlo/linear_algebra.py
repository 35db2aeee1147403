"""``dot_general`` and ``convolution``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache

from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, TensorType, i64
from xdsl.ir import Attribute

from dialects.constraints import ConstraintError
from dialects.stablehlo.attributes import Precision, PrecisionAttr
from dialects.stablehlo.convolution import ConvolutionOp
from dialects.stablehlo.dimension_numbers import (
    ConvDimensionNumbersAttr,
    ConvDimensions,
    DotDimensionNumbersAttr,
    DotDimensions,
)
from dialects.stablehlo.dot import DotGeneralOp
from dialects.stablehlo.dot_algorithm import DotAlgorithm, DotAlgorithmAttr
from dialects.stablehlo.syntax import i64_array
from dialects.stablehlo.windows import i1_array, padding_attribute
from irkit.emit import PropertiesOf, emit
from irkit.hlo.arguments import Dims, dims, optional_dims, refuse
from irkit.types import DTypeLike, element_type
from irkit.value import Value

PrecisionConfig = Sequence[Precision | str]


def dot_general(
    lhs: Value,
    rhs: Value,
    *,
    lhs_contracting_dimensions: Sequence[int],
    rhs_contracting_dimensions: Sequence[int],
    lhs_batching_dimensions: Sequence[int] = (),
    rhs_batching_dimensions: Sequence[int] = (),
    precision_config: PrecisionConfig | None = None,
    algorithm: DotAlgorithm | None = None,
    dtype: DTypeLike | None = None,
) -> Value:
    """Products of ``lhs`` and ``rhs`` summed over the contracting dimensions.

    The result has the batching dimensions, then what is left of ``lhs``, then what is left of
    ``rhs``; its elements are of ``dtype``, by default of the operands' (then one) element type.
    ``precision_config`` has ``"DEFAULT"``, ``"HIGH"`` or ``"HIGHEST"`` for each side.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dot_general
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    key = (
        dims(lhs_batching_dimensions),
        dims(rhs_batching_dimensions),
        dims(lhs_contracting_dimensions),
        dims(rhs_contracting_dimensions),
        precision_cases("dot_general", precision_config),
        algorithm,
    )
    return _emit_as(DotGeneralOp, (lhs, rhs), key, _dot_properties, dtype)


def _dot_properties(
    lhs_batching: Dims,
    rhs_batching: Dims,
    lhs_contracting: Dims,
    rhs_contracting: Dims,
    precisions: tuple[Precision, ...] | None,
    algorithm: DotAlgorithm | None,
) -> Mapping[str, Attribute]:
    numbers = DotDimensions(lhs_batching, rhs_batching, lhs_contracting, rhs_contracting)
    properties: dict[str, Attribute] = {"dot_dimension_numbers": DotDimensionNumbersAttr(numbers)}
    if precisions is not None:
        properties["precision_config"] = ArrayAttr([PrecisionAttr(p) for p in precisions])
    if algorithm is not None:
        properties["algorithm"] = DotAlgorithmAttr(algorithm)
    return properties


def convolution(
    lhs: Value,
    rhs: Value,
    *,
    input_batch_dimension: int,
    input_feature_dimension: int,
    input_spatial_dimensions: Sequence[int],
    kernel_input_feature_dimension: int,
    kernel_output_feature_dimension: int,
    kernel_spatial_dimensions: Sequence[int],
    output_batch_dimension: int,
    output_feature_dimension: int,
    output_spatial_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Sequence[Sequence[int]] | None = None,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    window_reversal: Sequence[bool] | None = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision_config: PrecisionConfig | None = None,
    dtype: DTypeLike | None = None,
) -> Value:
    """Windows of ``lhs`` times the kernel ``rhs``.

    Both have one rank of at least 2; the dimension numbers say which dimension is the batch, the
    features, and the spatial ones. ``padding`` has a pair (low, high) for each spatial dimension.
    The elements of the result are of ``dtype``, by default of the operands' element type.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#convolution
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    numbers = ConvDimensions(
        input_batch_dimension,
        input_feature_dimension,
        dims(input_spatial_dimensions),
        kernel_input_feature_dimension,
        kernel_output_feature_dimension,
        dims(kernel_spatial_dimensions),
        output_batch_dimension,
        output_feature_dimension,
        dims(output_spatial_dimensions),
    )
    key = (
        numbers,
        optional_dims(window_strides),
        None if padding is None else tuple(map(dims, padding)),
        optional_dims(lhs_dilation),
        optional_dims(rhs_dilation),
        None if window_reversal is None else tuple(map(bool, window_reversal)),
        feature_group_count,
        batch_group_count,
        precision_cases("convolution", precision_config),
    )
    if key[2] is not None and any(len(pair) != 2 for pair in key[2]):
        refuse(f"stablehlo.convolution: padding {padding} must be pairs (low, high)")
    return _emit_as(ConvolutionOp, (lhs, rhs), key, convolution_properties, dtype)


def convolution_properties(
    numbers: ConvDimensions,
    strides: Dims | None,
    padding: tuple[tuple[int, int], ...] | None,
    lhs_dilation: Dims | None,
    rhs_dilation: Dims | None,
    reversal: tuple[bool, ...] | None,
    feature_groups: int,
    batch_groups: int,
    precisions: tuple[Precision, ...] | None,
) -> Mapping[str, Attribute]:
    """The attributes of ``convolution``; of ``dynamic_conv``, which has no ``padding``, too."""
    properties: dict[str, Attribute] = {
        "dimension_numbers": ConvDimensionNumbersAttr(numbers),
        "feature_group_count": IntegerAttr(feature_groups, i64),
        "batch_group_count": IntegerAttr(batch_groups, i64),
    }
    for name, values in (
        ("window_strides", strides),
        ("lhs_dilation", lhs_dilation),
        ("rhs_dilation", rhs_dilation),
    ):
        if values is not None:
            properties[name] = i64_array(values)
    if padding is not None:
        properties["padding"] = padding_attribute(padding)
    if reversal is not None:
        properties["window_reversal"] = i1_array(reversal)
    if precisions is not None:
        properties["precision_config"] = ArrayAttr([PrecisionAttr(p) for p in precisions])
    return properties


def precision_cases(op: str, config: PrecisionConfig | None) -> tuple[Precision, ...] | None:
    """The entries of ``precision_config``.

    Raises :class:`~irkit.errors.BuildError` for a word that is none.
    """
    if config is None:
        return None
    try:
        return tuple(map(Precision, config))
    except ValueError:
        known = ", ".join(Precision)
        refuse(f"stablehlo.{op}: precision_config {list(config)} has other entries than {known}")


def _emit_as(
    cls: type[DotGeneralOp | ConvolutionOp],
    operands: tuple[Value, Value],
    key: tuple[Hashable, ...],
    properties: PropertiesOf,
    dtype: DTypeLike | None,
) -> Value:
    """Emits with the inferred element type, or with the one asked for."""
    lhs, rhs = operands
    if dtype is None:
        return emit(cls, operands, key, properties)
    try:
        element = element_type(dtype)
    except TypeError as error:
        refuse(f"{cls.name}: {error}")
    if element == lhs.type.element_type == rhs.type.element_type:
        return emit(cls, operands, key, properties)
    result = _result_type(cls, lhs.type, rhs.type, element, key, properties)
    if result is None:
        # The rows that refuse the result type refuse the operation, with the user's line.
        return emit(cls, operands, key, properties)
    typed_key = (*key, element)
    return lhs.builder.append_many(
        cls, operands, typed_key, lambda *parts: properties(*parts[:-1]), (result,)
    )[0]


@lru_cache(maxsize=4096)
def _result_type(
    cls: type[DotGeneralOp | ConvolutionOp],
    lhs: TensorType[Attribute],
    rhs: TensorType[Attribute],
    element: Attribute,
    key: tuple[Hashable, ...],
    properties: PropertiesOf,
) -> TensorType[Attribute] | None:
    try:
        shape = cls.infer_shape((lhs, rhs), properties(*key))
    except ConstraintError:
        return None
    return TensorType(element, shape)
