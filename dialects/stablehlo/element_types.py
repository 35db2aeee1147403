"""The families of element types that the specification speaks of, as sets with a name.

``(FLOATING_POINT | COMPLEX).accepts(t)`` says whether ``t`` is a tensor of such elements, and the
set's text names it in messages. Source: the specification's section Types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from xdsl.dialects.builtin import (
    BFloat16Type,
    ComplexType,
    Float4E2M1FNType,
    Float6E2M3FNType,
    Float6E3M2FNType,
    Float8E3M4Type,
    Float8E4M3B11FNUZType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E4M3Type,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    Signedness,
    TensorType,
)
from xdsl.ir import Attribute

from dialects.quant.types import UniformType

_WIDTHS = (2, 4, 8, 16, 32, 64)
_MOST_STORAGE_BITS = 32
_SIGNED = {IntegerType(width): width for width in _WIDTHS}
_UNSIGNED = {IntegerType(width, Signedness.UNSIGNED): width for width in _WIDTHS}
_FLOATS = {
    Float4E2M1FNType(): 4,
    Float6E2M3FNType(): 6,
    Float6E3M2FNType(): 6,
    Float8E3M4Type(): 8,
    Float8E4M3Type(): 8,
    Float8E4M3FNType(): 8,
    Float8E4M3FNUZType(): 8,
    Float8E4M3B11FNUZType(): 8,
    Float8E5M2Type(): 8,
    Float8E5M2FNUZType(): 8,
    Float8E8M0FNUType(): 8,
    BFloat16Type(): 16,
    Float16Type(): 16,
    Float32Type(): 32,
    Float64Type(): 64,
}
_COMPLEX = {ComplexType(Float32Type()): 64, ComplexType(Float64Type()): 128}
_BITS: dict[Attribute, int] = {IntegerType(1): 1, **_SIGNED, **_UNSIGNED, **_FLOATS, **_COMPLEX}


@dataclass(frozen=True, slots=True)
class ElementTypes:
    """A set of element types with the specification's name for it.

    Of quantized types, which are too many to list, it has those of the flags that are set.
    """

    names: tuple[str, ...]
    elements: frozenset[Attribute]
    per_tensor: bool = False
    per_axis: bool = False

    def __or__(self, other: ElementTypes) -> ElementTypes:
        """The union."""
        return ElementTypes(
            self.names + other.names,
            self.elements | other.elements,
            self.per_tensor or other.per_tensor,
            self.per_axis or other.per_axis,
        )

    def __contains__(self, element: Attribute) -> bool:
        return element in self.elements or (
            isinstance(element, UniformType) and self._has_quantized(element)
        )

    def __str__(self) -> str:
        """``tensor of floating-point or complex type``."""
        *head, last = self.names
        return f"tensor of {', '.join(head)}{' or ' if head else ''}{last} type"

    def accepts(self, type_: Attribute) -> bool:
        """Whether ``type_`` is a ranked tensor of such elements."""
        if not isinstance(type_, TensorType):
            return False
        tensor = cast(TensorType[Attribute], type_)
        element = tensor.element_type
        if element in self.elements:
            return True
        return (
            isinstance(element, UniformType)
            and self._has_quantized(element)
            and _slices_match(element, tensor.get_shape())
        )

    def _has_quantized(self, element: UniformType) -> bool:
        allowed = (self.per_tensor and element.per_tensor) or (self.per_axis and element.per_axis)
        return allowed and is_quantized_element(element)


def is_quantized_element(element: UniformType) -> bool:
    """Whether the dialect's operations know this quantized type (spec: its section, C1, C7, C8).

    Upstream's type also takes signed integers and floats for storage, parameters by block, and
    zero points out of the storage's range.
    """
    storage = element.storage
    if storage.type not in _SIGNED and storage.type not in _UNSIGNED:
        return False
    return storage.width <= _MOST_STORAGE_BITS and element.has_zero_points_in_range


def _slices_match(element: UniformType, dims: Sequence[int]) -> bool:
    """Whether a per-axis type has parameters for each slice of the tensor (spec: C12, C13)."""
    if not element.per_axis:
        return True
    if element.dimension >= len(dims):
        return False
    size = dims[element.dimension]
    return size < 0 or size == len(element.scales)


def complex_part(element: Attribute) -> Attribute:
    """The type of the real part of a complex type, any other type itself."""
    if not isinstance(element, ComplexType):
        return element
    return cast(Attribute, cast(ComplexType[Float32Type], element).element_type)


def complex_of(element: Attribute) -> Attribute:
    """``complex<f32>`` of ``f32``, ``complex<f64>`` of ``f64``."""
    if not isinstance(element, Float32Type | Float64Type):
        raise TypeError(f"there is no complex type of {element}")
    return ComplexType(element)


def bit_width(element: Attribute) -> int:
    """Bits of one element; a complex number has those of both its parts.

    A quantized element has those of its storage. Raises ``TypeError`` for a type that is no
    element type of the dialect.
    """
    bits = _BITS.get(element.storage.type if isinstance(element, UniformType) else element)
    if bits is None:
        raise TypeError(f"{element} is no element type")
    return bits


BOOLEAN = ElementTypes(("boolean",), frozenset({IntegerType(1)}))
SIGNED_INTEGER = ElementTypes(("signed integer",), frozenset(_SIGNED))
UNSIGNED_INTEGER = ElementTypes(("unsigned integer",), frozenset(_UNSIGNED))
INTEGER = ElementTypes(("integer",), frozenset(_SIGNED | _UNSIGNED))
FLOATING_POINT = ElementTypes(("floating-point",), frozenset(_FLOATS))
COMPLEX = ElementTypes(("complex",), frozenset(_COMPLEX))
F32_OR_F64 = ElementTypes(("f32", "f64"), frozenset({Float32Type(), Float64Type()}))
PER_TENSOR = ElementTypes(("per-tensor quantized",), frozenset(), per_tensor=True)
PER_AXIS = ElementTypes(("per-axis quantized",), frozenset(), per_axis=True)
NOT_QUANTIZED = BOOLEAN | INTEGER | FLOATING_POINT | COMPLEX
ANY = NOT_QUANTIZED | PER_TENSOR
"""What most operations take."""
ANY_OR_PER_AXIS = ANY | PER_AXIS
