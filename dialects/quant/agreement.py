"""When two element types are one but for their quantization parameters."""

from __future__ import annotations

from xdsl.ir import Attribute

from dialects.quant.types import UniformType


def elements_agree(left: Attribute, right: Attribute) -> bool:
    """Whether two element types are equal, scales and zero points apart.

    Quantized ones must have one storage with one range, one expressed type and both or neither
    their parameters per axis (spec: ``baseline_element_type``; of which dimension those are is left
    to the rows of the operations that take such tensors, as upstream leaves it). A type whose zero
    points its storage can not hold agrees with itself only.
    """
    if left == right:
        return True
    return (
        isinstance(left, UniformType)
        and isinstance(right, UniformType)
        and left.storage == right.storage
        and left.expressed == right.expressed
        and left.per_axis == right.per_axis
        and left.per_tensor == right.per_tensor
        and left.has_zero_points_in_range
        and right.has_zero_points_in_range
    )
