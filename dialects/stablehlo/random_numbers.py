"""``rng`` and ``rng_bit_generator``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#rng, #rng_bit_generator
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import IntegerType, Signedness, TensorType
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.stablehlo.attributes import (
    RngAlgorithm,
    RngAlgorithmAttr,
    RngDistribution,
    RngDistributionAttr,
)
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.bounded_types import has_shape
from dialects.stablehlo.element_types import (
    BOOLEAN,
    FLOATING_POINT,
    INTEGER,
    ElementTypes,
)
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.labelled import Label, LabelledOp, case_label
from dialects.stablehlo.shape_operands import constant_integers, sizes_row
from dialects.stablehlo.signature import dims_text, types_agree
from dialects.stablehlo.tensors import element_type, rank, shape

Rows = Sequence[Constraint[Any]]

# -- rng ---------------------------------------------------------------------------------------


def _scalar_row(id: str, name: str, elements: ElementTypes) -> Constraint[Any]:
    return Constraint(
        id,
        lambda op: elements.accepts(getattr(op, name).type) and rank(getattr(op, name)) == 0,
        lambda op: f"{name} must be a 0-dimensional {elements}, got {getattr(op, name).type}",
    )


_RNG_INPUT_ROWS: Rows = (
    _scalar_row("I1", "a", INTEGER | BOOLEAN | FLOATING_POINT),
    _scalar_row("I2", "b", INTEGER | BOOLEAN | FLOATING_POINT),
    sizes_row("I3", "shape"),
    Constraint(
        "C1",
        lambda op: element_type(op.a) == element_type(op.b),
        lambda op: f"element types of a, {op.a.type}, and b, {op.b.type}, differ",
    ),
    Constraint(
        "C2",
        lambda op: (
            op.rng_distribution.data != RngDistribution.NORMAL
            or element_type(op.a) in FLOATING_POINT
        ),
        lambda op: f"NORMAL takes floating-point numbers, got {op.a.type}",
    ),
)


def _rng_shape(op: RngOp) -> Sequence[int]:
    sizes = constant_integers(op.shape)
    return [DYNAMIC] * shape(op.shape)[0] if sizes is None else sizes


_RNG_RESULT_ROWS: Rows = (
    Constraint(
        "C1",
        lambda op: element_type(op.a) == element_type(op.result),
        lambda op: f"element types of a, {op.a.type}, and the result {op.result.type} differ",
    ),
    Constraint(
        "C3",
        lambda op: has_shape(op.result.type, _rng_shape(op)),
        lambda op: f"the result {op.result.type} should have the shape {dims_text(_rng_shape(op))}",
    ),
)


@irdl_op_definition
class RngOp(LabelledOp):
    """Random numbers: uniform in [``a``, ``b``), or normal of mean ``a`` and deviation ``b``.

    It has an effect: each one gives other numbers.
    """

    name = "stablehlo.rng"

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    shape = operand_def(TensorType)
    rng_distribution = prop_def(RngDistributionAttr)
    result = result_def(TensorType)

    READS_CONSTANTS: ClassVar[bool] = True
    CONSTRAINTS: ClassVar[Rows] = (*_RNG_INPUT_ROWS, *_RNG_RESULT_ROWS)
    LABELS: ClassVar[Sequence[Label]] = (
        case_label("distribution", "rng_distribution", RngDistribution, RngDistributionAttr),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        """From types alone the shape's rank is known, its numbers are not."""
        return cls.infer_with_constants(operands, properties)

    @classmethod
    def infer_with_constants(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
        constants: Mapping[int, Attribute] | None = None,
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _RNG_INPUT_ROWS, constants)
        return [TensorType(element_type(op.a), _rng_shape(op))]


# -- rng_bit_generator -------------------------------------------------------------------------

_UI64 = IntegerType(64, Signedness.UNSIGNED)
_STATE_SIZES = {
    RngAlgorithm.DEFAULT: None,
    RngAlgorithm.THREE_FRY: (2,),
    RngAlgorithm.PHILOX: (2, 3),
}


def _state_fits(op: RngBitGeneratorOp) -> bool | None:
    """Undecided for the states of other types that upstream takes besides ``tensor<Nxui64>``."""
    sizes, state = _STATE_SIZES[op.rng_algorithm.data], op.initial_state
    if sizes is None or element_type(state) != _UI64 or rank(state) != 1:
        return None
    return None if shape(state)[0] == DYNAMIC else shape(state)[0] in sizes


_BITS_ROWS: Rows = (
    Constraint(
        "I2",
        lambda op: (INTEGER | FLOATING_POINT).accepts(op.initial_state.type),
        lambda op: (
            f"initial_state must be a {INTEGER | FLOATING_POINT}, got {op.initial_state.type}"
        ),
    ),
    Constraint(
        "O2",
        lambda op: (
            (INTEGER | FLOATING_POINT).accepts(op.output.type) and DYNAMIC not in shape(op.output)
        ),
        lambda op: f"output must be a static {INTEGER | FLOATING_POINT}, got {op.output.type}",
    ),
    Constraint(
        "C1",
        lambda op: types_agree((op.initial_state.type, op.output_state.type)),
        lambda op: (
            f"output_state {op.output_state.type} has not the type {op.initial_state.type} of "
            "initial_state"
        ),
    ),
    Constraint(
        "C2",
        _state_fits,
        lambda op: (
            f"{op.rng_algorithm.data.value} needs a state of "
            f"{' or '.join(map(str, _STATE_SIZES[op.rng_algorithm.data] or ()))} numbers, "
            f"got {op.initial_state.type}"
        ),
    ),
)


@irdl_op_definition
class RngBitGeneratorOp(LabelledOp):
    """Random bits that follow from ``initial_state``, and the state after them."""

    name = "stablehlo.rng_bit_generator"

    initial_state = operand_def(TensorType)
    rng_algorithm = prop_def(RngAlgorithmAttr)
    output_state = result_def(TensorType)
    output = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Rows] = _BITS_ROWS
    RESULT_NAMES: ClassVar[Sequence[str]] = ("output_state", "output")
    LABELS: ClassVar[Sequence[Label]] = (
        case_label("algorithm", "rng_algorithm", RngAlgorithm, RngAlgorithmAttr),
    )
