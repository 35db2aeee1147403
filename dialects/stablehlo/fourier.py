"""``fft``: Fourier transforms over the last dimensions.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#fft
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import DenseArrayBase, TensorType, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from dialects.constraints import Constraint
from dialects.stablehlo.attributes import FftType, FftTypeAttr
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.bounds import bounds, bounds_encoding
from dialects.stablehlo.dimension_numbers import dims_text
from dialects.stablehlo.element_types import (
    COMPLEX,
    F32_OR_F64,
    FLOATING_POINT,
    complex_of,
    complex_part,
)
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.labelled import Label, LabelledOp, case_label, list_label
from dialects.stablehlo.signature import accepts
from dialects.stablehlo.tensors import (
    dims_agree,
    element_type,
    rank,
    shape,
    shapes_agree,
)
from dialects.stablehlo.windows import integers


def _lengths(op: FftOp) -> tuple[int, ...]:
    return integers(op.fft_length) or ()


def _half(length: int) -> int:
    """How many numbers stand for the transform of ``length`` real ones."""
    return length // 2 + 1 if length else 0


def _element_fits(op: FftOp) -> bool:
    wanted = F32_OR_F64 if op.fft_type.data == FftType.RFFT else COMPLEX
    return element_type(op.operand) in wanted


def _lengths_fit(op: FftOp) -> bool:
    """Whether the real tensor's last sizes are the lengths (C4), seen from the operand."""
    kind, lengths = op.fft_type.data, _lengths(op)
    sizes = shape(op.operand)[-len(lengths) :]
    if kind == FftType.RFFT:
        return all(map(dims_agree, sizes, lengths))
    if kind == FftType.IRFFT:
        return all(map(dims_agree, sizes[:-1], lengths[:-1]))
    return True


def _inferred_element(op: FftOp) -> Attribute:
    element = element_type(op.operand)
    if op.fft_type.data == FftType.RFFT:
        return complex_of(element)
    return complex_part(element) if op.fft_type.data == FftType.IRFFT else element


def _inferred_shape(op: FftOp) -> list[int]:
    sizes, last = list(shape(op.operand)), _lengths(op)[-1]
    if op.fft_type.data == FftType.RFFT:
        sizes[-1] = _half(last)
    elif op.fft_type.data == FftType.IRFFT:
        sizes[-1] = last
    return sizes


_INPUT_ROWS: Sequence[Constraint[Any]] = (
    accepts("I1", "operand", 0, FLOATING_POINT | COMPLEX),
    Constraint(
        "C3",
        lambda op: 1 <= len(_lengths(op)) <= 3,
        lambda op: f"fft_length {dims_text(_lengths(op))} must have 1 to 3 entries",
    ),
    Constraint(
        "C2",
        _element_fits,
        lambda op: (
            f"{op.fft_type.data.value} takes "
            f"{F32_OR_F64 if op.fft_type.data == FftType.RFFT else COMPLEX}, got {op.operand.type}"
        ),
    ),
    Constraint(
        "C1",
        lambda op: len(_lengths(op)) <= rank(op.operand),
        lambda op: (
            f"fft_length {dims_text(_lengths(op))} has more entries than {op.operand.type} "
            "has dimensions"
        ),
    ),
    Constraint(
        "C4",
        _lengths_fit,
        lambda op: (
            f"fft_length {dims_text(_lengths(op))} does not fit the last dimensions of "
            f"{op.operand.type}"
        ),
    ),
    Constraint(
        "C5",
        lambda op: (
            op.fft_type.data != FftType.IRFFT
            or dims_agree(shape(op.operand)[-1], _half(_lengths(op)[-1]))
        ),
        lambda op: (
            f"the last dimension of {op.operand.type} should be {_half(_lengths(op)[-1])} for "
            f"fft_length {dims_text(_lengths(op))}"
        ),
    ),
)
_RESULT_ROWS: Sequence[Constraint[Any]] = (
    Constraint(
        "C2",
        lambda op: element_type(op.result) == _inferred_element(op),
        lambda op: (
            f"the result {op.result.type} should have the element type {_inferred_element(op)}"
        ),
    ),
    Constraint(
        "C5",
        lambda op: shapes_agree(shape(op.result), _inferred_shape(op)),
        lambda op: (
            f"the result {op.result.type} should have the shape {dims_text(_inferred_shape(op))}"
        ),
    ),
)


@irdl_op_definition
class FftOp(LabelledOp):
    """The Fourier transform of the last ``size(fft_length)`` dimensions, or its inverse."""

    name = "stablehlo.fft"

    operand = operand_def(TensorType)
    fft_type = prop_def(FftTypeAttr)
    fft_length = prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*_INPUT_ROWS, *_RESULT_ROWS)

    LABELS: ClassVar[Sequence[Label]] = (
        case_label("type", "fft_type", FftType, FftTypeAttr),
        list_label("length", "fft_length"),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _INPUT_ROWS)
        limits = bounds(operands[0])
        if op.fft_type.data in (FftType.RFFT, FftType.IRFFT):
            limits = (*limits[:-1], DYNAMIC)
        return [TensorType(_inferred_element(op), _inferred_shape(op), bounds_encoding(limits))]
