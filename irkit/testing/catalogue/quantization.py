"""``uniform_quantize`` and ``uniform_dequantize``.

Only these make quantized elements: without them in a program, no other kind has any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import IntegerType

from dialects.quant.storage import Storage, storage_range
from dialects.quant.types import Uniform, UniformType
from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import operand
from irkit.testing.drawing import Drawing
from irkit.testing.type_facts import is_quantized, is_static
from irkit.types import element_type
from irkit.value import Value

_EXPRESSED = ("f32", "bf16", "f16", "f64")
_SCALES = (0.5, 0.1, 1.0, 0.0078125)
_WIDTHS = (8, 4, 16, 32, 2)


def quantized_element(d: Drawing, expressed: str, shape: Sequence[int]) -> UniformType:
    """Of a tensor of this shape: for the whole of it, or for the slices of one dimension."""
    width, signed = d.picks.choose(_WIDTHS), not d.picks.flag()
    storage = IntegerType(width)
    low, high = storage_range(storage, signed)
    if d.picks.flag():
        low += 1
    held = Storage(storage, signed, low, high)
    axes = [axis for axis, size in enumerate(shape) if size > 0]
    axis = d.picks.choose(axes) if axes and d.picks.below(3) == 2 else None
    count = 1 if axis is None else shape[axis]
    scales = tuple(d.picks.choose(_SCALES) for _ in range(count))
    zeros = tuple(d.picks.choose((0, 1, -1, 0)) if signed else 1 for _ in range(count))
    return UniformType(Uniform(held, element_type(expressed), scales, zeros, axis))


def uniform_quantize(d: Drawing) -> Value:
    """Of floats, or of quantized elements again."""
    expressed = d.dtype(_EXPRESSED)
    x = _quantized(d) if d.picks.below(3) == 2 else None
    if x is None:
        x = operand(d, (expressed,))
    element = x.type.element_type
    if isinstance(element, UniformType):
        expressed = str(element.expressed)
    return hlo.uniform_quantize(x, quantized_element(d, expressed, x.shape))


def uniform_dequantize(d: Drawing) -> Value:
    """Of quantized elements there are, else of new ones."""
    x = _quantized(d)
    if x is None:
        x = uniform_quantize(d)
    return hlo.uniform_dequantize(x)


def _quantized(d: Drawing) -> Value | None:
    return d.find(lambda v: is_quantized(v.type) and is_static(v.type))


GENERATORS: Mapping[str, Generator] = {
    "uniform_dequantize": uniform_dequantize,
    "uniform_quantize": uniform_quantize,
}
