"""The dialect's types, and what may stand for a shape.

Source: https://mlir.llvm.org/docs/Dialects/ShapeDialect/
"""

from __future__ import annotations

from xdsl.dialects.builtin import IndexType
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition

from dialects.stablehlo.tensors import element_type, is_tensor, rank


@irdl_attr_definition
class ShapeType(ParametrizedAttribute, TypeAttribute):
    """``!shape.shape``: a shape, or an error."""

    name = "shape.shape"


@irdl_attr_definition
class SizeType(ParametrizedAttribute, TypeAttribute):
    """``!shape.size``: a size, or an error."""

    name = "shape.size"


@irdl_attr_definition
class ValueShapeType(ParametrizedAttribute, TypeAttribute):
    """``!shape.value_shape``: a value with its shape."""

    name = "shape.value_shape"


@irdl_attr_definition
class WitnessType(ParametrizedAttribute, TypeAttribute):
    """``!shape.witness``: that a constraint on shapes holds."""

    name = "shape.witness"


def is_extents(type_: Attribute) -> bool:
    """Whether the type is a 1-dimensional tensor of indices."""
    return is_tensor(type_) and rank(type_) == 1 and element_type(type_) == IndexType()


def is_shape(type_: Attribute) -> bool:
    """Whether a value of the type is a shape."""
    return isinstance(type_, ShapeType) or is_extents(type_)
