"""Between floating-point and quantized tensors: ``uniform_quantize``, ``uniform_dequantize``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

from typing import ClassVar

from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition

from dialects.quant.types import UniformType
from dialects.stablehlo.element_types import FLOATING_POINT, PER_AXIS, PER_TENSOR
from dialects.stablehlo.signature import Rows, accepts, returns, row, same_shape
from dialects.stablehlo.tensors import element_type
from dialects.stablehlo.unary import InferredUnaryOp, UnaryOp

_QUANTIZED = PER_TENSOR | PER_AXIS


def _expressed(type_: Attribute) -> Attribute:
    """The type of the numbers that the elements stand for; of floats, themselves."""
    element = element_type(type_)
    return element.expressed if isinstance(element, UniformType) else element


@irdl_op_definition
class UniformQuantizeOp(UnaryOp):
    """Each number as the nearest one that the result's type, which the caller gives, can express.

    The operand is a tensor of floating-point or of quantized numbers, the result a quantized
    tensor of the same shape: `uniform_quantize
    <https://github.com/openxla/stablehlo/blob/main/docs/spec.md#uniform_quantize>`_.
    """

    name = "stablehlo.uniform_quantize"

    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, FLOATING_POINT | _QUANTIZED),
        returns("O1", "result", _QUANTIZED),
        same_shape("C1", "operand", "result"),
        row(
            "C2",
            lambda s: _expressed(s.operand_types[0]) == _expressed(s.result_types[0]),
            lambda s: (
                f"the result must express {_expressed(s.operand_types[0])}, got {s.result_types[0]}"
            ),
        ),
    )


@irdl_op_definition
class UniformDequantizeOp(InferredUnaryOp):
    """``(stored - zero_point) * scale``: the floating-point numbers that quantized ones stand for.

    The operand is a quantized tensor, the result one of the same shape whose elements have the
    type that the operand's express: `uniform_dequantize
    <https://github.com/openxla/stablehlo/blob/main/docs/spec.md#uniform_dequantize>`_.
    """

    name = "stablehlo.uniform_dequantize"

    INPUTS: ClassVar[Rows] = (accepts("I1", "operand", 0, _QUANTIZED),)
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("O1", "result", FLOATING_POINT),
        same_shape("C1", "operand", "result"),
        row(
            "C2",
            lambda s: _expressed(s.operand_types[0]) == element_type(s.result_types[0]),
            lambda s: (
                f"the result's elements must be {_expressed(s.operand_types[0])}, "
                f"got {element_type(s.result_types[0])}"
            ),
        ),
    )

    @classmethod
    def result_element(cls, element: Attribute) -> Attribute:
        return element.expressed if isinstance(element, UniformType) else element
