"""``uniform_quantize`` and ``uniform_dequantize``."""

from __future__ import annotations

from xdsl.ir import Attribute

from dialects.quant.types import UniformType
from dialects.stablehlo.quantization import UniformDequantizeOp, UniformQuantizeOp
from irkit.emit import builder_of, emit
from irkit.hlo.result_types import with_elements
from irkit.value import Value


def uniform_quantize(operand: Value, element: UniformType) -> Value:
    """Each element as the nearest number that ``element``, a quantized type, can express.

    The operand has floating-point or quantized elements.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#uniform_quantize
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    builder = builder_of(UniformQuantizeOp.name, (operand,))
    type_ = with_elements(builder.own(operand), element)
    return builder.append_many(UniformQuantizeOp, (operand,), (type_,), _none, (type_,))[0]


def _none(_: object) -> dict[str, Attribute]:
    return {}


def uniform_dequantize(operand: Value) -> Value:
    """The floating-point numbers that the operand's quantized elements stand for.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#uniform_dequantize
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(UniformDequantizeOp, (operand,))
