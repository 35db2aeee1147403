"""``uniform_quantize`` and ``uniform_dequantize``.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#uniform_quantize
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#uniform_dequantize
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dialects.stablehlo.quantization import UniformDequantizeOp, UniformQuantizeOp
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


@implements(UniformQuantizeOp, UniformDequantizeOp)
def requantize(
    op: UniformQuantizeOp | UniformDequantizeOp, operands: list[Any], context: Context
) -> Array:
    """The operand itself: what is quantized arrives as real numbers, and is stored afterwards."""
    return operands[0]
