"""Where the quantization dimension of elements with parameters by slice goes in another shape.

Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, (C3) of ``reshape`` and
(C6) of ``broadcast_in_dim``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from xdsl.ir import Attribute

from dialects.quant.types import UniformType
from dialects.stablehlo.base import DYNAMIC
from irkit.value import Value


def broadcast_element(operand: Value, shape: Sequence[int], dimensions: Sequence[int]) -> Attribute:
    """The element type of ``operand`` broadcast to ``shape``.

    The one slice of a dimension of size 1 gives its parameters to all that it becomes.
    """
    element = operand.type.element_type
    if not isinstance(element, UniformType) or not element.per_axis:
        return element
    data = element.data
    if element.dimension >= len(dimensions) or dimensions[element.dimension] >= len(shape):
        return element
    axis = dimensions[element.dimension]
    count = shape[axis] if len(data.scales) == 1 and shape[axis] > 0 else 1
    parameters = data.scales * count, data.zero_points * count
    return UniformType(
        replace(data, dimension=axis, scales=parameters[0], zero_points=parameters[1])
    )


def reshaped_element(operand: Value, shape: Sequence[int]) -> Attribute:
    """The element type of ``operand`` under ``shape``.

    The quantization dimension is the first of its size that has as many elements before it.
    """
    element = operand.type.element_type
    if not isinstance(element, UniformType) or not element.per_axis:
        return element
    sizes = operand.shape
    wanted = sizes[element.dimension], _count(sizes[: element.dimension])
    for axis, size in enumerate(shape):
        if (size, _count(shape[:axis])) == wanted:
            return UniformType(replace(element.data, dimension=axis))
    return element


def _count(sizes: Sequence[int]) -> int:
    """The number of elements; unknown if a size is."""
    return DYNAMIC if DYNAMIC in sizes else math.prod(sizes)
