"""``batch_norm_training``, ``batch_norm_inference`` and ``batch_norm_grad``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, TensorType, f32, i64
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.bounds import bounds, bounds_encoding
from dialects.stablehlo.element_types import FLOATING_POINT, PER_TENSOR
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.regions import types_text
from dialects.stablehlo.tensors import dims_agree, element_type, rank, shape, shapes_agree

Rows = Sequence[Constraint[Any]]
_ELEMENTS = FLOATING_POINT | PER_TENSOR
_EPSILON = FloatAttr.constr(f32)
_INDEX = IntegerAttr.constr(i64)


def _value(op: Any, name: str) -> SSAValue:
    return getattr(op, name)


def _feature_index(op: Any) -> int:
    return op.feature_index.value.data


def _features(op: Any) -> int:
    """The size of the operand's feature dimension."""
    return shape(op.operand)[_feature_index(op)]


def _floats_row(id: str, name: str) -> Constraint[Any]:
    return Constraint(
        id,
        lambda op: _ELEMENTS.accepts(_value(op, name).type),
        lambda op: f"{name} must be a {_ELEMENTS}, got {_value(op, name).type}",
    )


def _vector_row(id: str, name: str) -> Constraint[Any]:
    return Constraint(
        id,
        lambda op: _ELEMENTS.accepts(_value(op, name).type) and rank(_value(op, name)) == 1,
        lambda op: f"{name} must be a 1-dimensional {_ELEMENTS}, got {_value(op, name).type}",
    )


def _size_row(id: str, name: str) -> Constraint[Any]:
    """One number for each feature."""
    return Constraint(
        id,
        lambda op: (
            rank(_value(op, name)) == 1 and dims_agree(shape(_value(op, name))[0], _features(op))
        ),
        lambda op: (
            f"{name} {_value(op, name).type} should have one number for each of the features, "
            f"dimension {_feature_index(op)} of {op.operand.type}"
        ),
    )


def _shapes_row(id: str, *names: str) -> Constraint[Any]:
    """All have the shape of the first."""
    return Constraint(
        id,
        lambda op: all(
            shapes_agree(shape(_value(op, name)), shape(_value(op, names[0]))) for name in names
        ),
        lambda op: (
            f"{', '.join(names)} must have one shape, got "
            f"{types_text(_value(op, name).type for name in names)}"
        ),
    )


_FEATURE_ROW: Constraint[Any] = Constraint(
    "C1",
    lambda op: 0 <= _feature_index(op) < rank(op.operand),
    lambda op: f"feature_index {_feature_index(op)} is not in [0, {rank(op.operand)})",
)
_ELEMENTS_ROW: Constraint[Any] = Constraint(
    "C2",
    lambda op: all(
        elements_agree(element_type(v), element_type(op.operands[0]))
        for v in (*op.operands, *op.results)
    ),
    lambda op: (
        f"{types_text(op.operand_types)} -> {types_text(op.result_types)} have more than one "
        "element type"
    ),
)


def _vector_type(op: Any) -> TensorType[Attribute]:
    limits = bounds(op.operand.type)[_feature_index(op) :][:1]
    return TensorType(element_type(op.operand), (_features(op),), bounds_encoding(limits))


# -- batch_norm_training -----------------------------------------------------------------------

_TRAINING_INPUT_ROWS: Rows = (
    _floats_row("I1", "operand"),
    _vector_row("I2", "scale"),
    _vector_row("I3", "offset"),
    _FEATURE_ROW,
    _ELEMENTS_ROW,
    _size_row("C3", "scale"),
    _size_row("C4", "offset"),
)


@irdl_op_definition
class BatchNormTrainingOp(StableHLOOp):
    """The operand normalized over all dimensions but the features; its means and variances."""

    name = "stablehlo.batch_norm_training"

    operand = operand_def(TensorType)
    scale = operand_def(TensorType)
    offset = operand_def(TensorType)
    epsilon = prop_def(_EPSILON)
    feature_index = prop_def(_INDEX)
    output = result_def(TensorType)
    batch_mean = result_def(TensorType)
    batch_var = result_def(TensorType)

    traits = traits_def(Pure())
    RESULT_NAMES: ClassVar[Sequence[str]] = ("output", "batch_mean", "batch_var")
    CONSTRAINTS: ClassVar[Rows] = (
        *_TRAINING_INPUT_ROWS,
        _size_row("C5", "batch_mean"),
        _size_row("C6", "batch_var"),
        _shapes_row("C7", "operand", "output"),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _TRAINING_INPUT_ROWS)
        return [operands[0], _vector_type(op), _vector_type(op)]


# -- batch_norm_inference ----------------------------------------------------------------------

_INFERENCE_INPUT_ROWS: Rows = (
    _floats_row("I1", "operand"),
    _vector_row("I2", "scale"),
    _vector_row("I3", "offset"),
    _vector_row("I4", "mean"),
    _vector_row("I5", "variance"),
    _FEATURE_ROW,
    _ELEMENTS_ROW,
    _size_row("C3", "scale"),
    _size_row("C4", "offset"),
    _size_row("C5", "mean"),
    _size_row("C6", "variance"),
)


@irdl_op_definition
class BatchNormInferenceOp(StableHLOOp):
    """The operand normalized by the ``mean`` and ``variance`` of each feature."""

    name = "stablehlo.batch_norm_inference"

    operand = operand_def(TensorType)
    scale = operand_def(TensorType)
    offset = operand_def(TensorType)
    mean = operand_def(TensorType)
    variance = operand_def(TensorType)
    epsilon = prop_def(_EPSILON)
    feature_index = prop_def(_INDEX)
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Rows] = (
        *_INFERENCE_INPUT_ROWS,
        _shapes_row("C7", "operand", "result"),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        checked_probe(cls, operands, properties, _INFERENCE_INPUT_ROWS)
        return [operands[0]]


# -- batch_norm_grad ---------------------------------------------------------------------------

_GRAD_INPUT_ROWS: Rows = (
    _floats_row("I1", "operand"),
    _vector_row("I2", "scale"),
    _vector_row("I3", "mean"),
    _vector_row("I4", "variance"),
    _floats_row("I5", "grad_output"),
    _FEATURE_ROW,
    _ELEMENTS_ROW,
    _shapes_row("C3", "operand", "grad_output"),
    _shapes_row("C4", "scale", "mean", "variance"),
    _size_row("C5", "scale"),
)


@irdl_op_definition
class BatchNormGradOp(StableHLOOp):
    """The gradients of ``batch_norm_training`` by operand, scale and offset."""

    name = "stablehlo.batch_norm_grad"

    operand = operand_def(TensorType)
    scale = operand_def(TensorType)
    mean = operand_def(TensorType)
    variance = operand_def(TensorType)
    grad_output = operand_def(TensorType)
    epsilon = prop_def(_EPSILON)
    feature_index = prop_def(_INDEX)
    grad_operand = result_def(TensorType)
    grad_scale = result_def(TensorType)
    grad_offset = result_def(TensorType)

    traits = traits_def(Pure())
    RESULT_NAMES: ClassVar[Sequence[str]] = ("grad_operand", "grad_scale", "grad_offset")
    CONSTRAINTS: ClassVar[Rows] = (
        *_GRAD_INPUT_ROWS,
        _shapes_row("C3", "operand", "grad_operand"),
        _shapes_row("C4", "scale", "grad_scale", "grad_offset"),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _GRAD_INPUT_ROWS)
        return [operands[0], _vector_type(op), _vector_type(op)]
