"""Dense constants: building them, reading their elements, and their text.

Constants are xDSL's ``DenseIntOrFPElementsAttr``, whose data are the raw little-endian elements,
one or more whole bytes each. All-equal elements (a splat) may be held as one element; everything
here accepts both, and ``dense_array`` gives the whole shape back. Parsing is in
:mod:`dialects.dense_parser`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from xdsl.dialects.builtin import (
    BytesAttr,
    ComplexType,
    DenseIntOrFPElementsAttr,
    IndexType,
    IntegerType,
    RankedStructure,
    Signedness,
)
from xdsl.ir import Attribute

from dialects.element_storage import element_dtype, scalar_type, storage_size
from dialects.float_text import FLOAT_FORMATS, float_text
from dialects.long_literal import LongLiteral

HEX_ABOVE = 100
"""Upstream prints more elements than this in hexadecimal."""
COMPACT_ABOVE = 1024
"""Bytes above which a splat is held as one element."""

DenseAttr: TypeAlias = DenseIntOrFPElementsAttr[Any]
DenseType: TypeAlias = RankedStructure[Any]
Buffer: TypeAlias = bytes | bytearray | memoryview


class LiteralBytes(bytes):
    """The elements of a constant whose literal stays in its file: the first of them alone."""

    literal: LongLiteral

    @staticmethod
    def of(literal: LongLiteral, size: int) -> LiteralBytes:
        """The first element, of ``size`` bytes, of a literal."""
        element = LiteralBytes(bytes.fromhex(literal.head[: 2 * size]))
        element.literal = literal
        return element

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LiteralBytes) and other.literal == self.literal

    def __hash__(self) -> int:
        return hash(self.literal)


def dense_from_literal(literal: LongLiteral, type: DenseType) -> DenseAttr:
    """A constant from a literal that is not held; one element where all are equal.

    Raises ``ValueError`` where it is no sequence of digits or the sizes disagree.
    """
    if not literal.valid:
        raise ValueError("expected hex digits after `0x`")
    size = storage_size(type.element_type)
    if literal.size != size * _count(type):
        raise ValueError(_size_fault(literal.size, type, size))
    element = literal.element(size)
    if element is not None:
        return dense_from_bytes(element, type)
    return DenseIntOrFPElementsAttr(type, BytesAttr(LiteralBytes.of(literal, size)))


def dense_from_array(array: np.ndarray[Any, Any], type: DenseType) -> DenseAttr:
    """A constant from an array of the type's shape, or from a scalar that fills it.

    Raises ``ValueError`` where shape or dtype are not the type's (see ``element_dtype``).
    """
    return dense_from_bytes(_array_bytes(array, type), type)


def dense_from_bytes(data: Buffer, type: DenseType) -> DenseAttr:
    """A constant from raw little-endian elements: all of them, or one that stands for all.

    Raises ``ValueError`` where the sizes disagree.
    """
    size = storage_size(type.element_type)
    count = _count(type)
    raw = bytes(data)
    if len(raw) != size and len(raw) != size * count:
        raise ValueError(_size_fault(len(raw), type, size))
    if len(raw) == size and count > 1:
        if size * count <= COMPACT_ABOVE:
            raw *= count
    elif len(raw) > COMPACT_ABOVE and (element := splat_element(raw, size)) is not None:
        raw = element
    return DenseIntOrFPElementsAttr(type, BytesAttr(raw))


def _size_fault(given: int, type: DenseType, size: int) -> str:
    return f"{given} bytes for {type}, which has {_count(type)} elements of {size} bytes"


def dense_array(attr: DenseAttr) -> np.ndarray[Any, Any]:
    """The elements as a read-only array of the type's shape; a splat takes no memory.

    Raises :class:`~dialects.element_storage.ElementTypeError` where numpy lacks the element type.
    """
    dtype = element_dtype(attr.type.element_type)
    shape = attr.type.get_shape()
    raw = attr.data.data
    if dtype == np.bool:
        flat = np.frombuffer(raw, np.uint8).astype(np.bool)
    else:
        flat = np.frombuffer(raw, dtype)
    if flat.size == math.prod(shape):
        array = flat.reshape(shape)
        array.flags.writeable = False
        return array
    return np.broadcast_to(flat.reshape((1,) * len(shape)), shape)


def dense_literal(attr: DenseAttr) -> str:
    """``dense<...>`` as upstream prints it, without ``: type``."""
    data = attr.data.data
    if isinstance(data, LiteralBytes):
        return f'dense<"{data.literal.stand_in}">'
    return _literal(data, attr.type)


def dense_literal_of(data: Buffer | np.ndarray[Any, Any], type: DenseType) -> str:
    """As :func:`dense_literal`, from an array or raw little-endian elements (all, or one)."""
    return _literal(_array_bytes(data, type) if isinstance(data, np.ndarray) else data, type)


def splat_element(data: Buffer, size: int) -> bytes | None:
    """The element of ``size`` bytes that all of ``data`` repeats, if there is one."""
    view = memoryview(data).cast("B")
    if len(view) < size or (len(view) >= 2 * size and view[:size] != view[size : 2 * size]):
        return None
    # Equal to itself one element further on: a comparison of memory, without a copy.
    return bytes(view[:size]) if view[size:] == view[:-size] else None


def element_texts(data: Buffer, element_type: Attribute) -> list[str]:
    """The text of every element of raw little-endian data."""
    inner = scalar_type(element_type)
    text = _element_text(inner)
    size = storage_size(inner)
    view = memoryview(data).cast("B")
    texts = [text(int.from_bytes(view[i : i + size], "little")) for i in range(0, len(view), size)]
    if isinstance(element_type, ComplexType):
        pairs = zip(texts[::2], texts[1::2], strict=True)
        return [f"({real},{imaginary})" for real, imaginary in pairs]
    return texts


def _element_text(element_type: Attribute) -> Callable[[int], str]:
    """The text of one element (not complex) given its stored bytes as an unsigned integer."""
    match element_type:
        case IntegerType() if element_type.width.data == 1:
            return lambda raw: "true" if raw else "false"
        case IntegerType() if element_type.signedness.data is Signedness.UNSIGNED:
            return str
        case IntegerType() | IndexType():
            width = element_type.width.data if isinstance(element_type, IntegerType) else 64
            sign, mask = 1 << width - 1, (1 << width) - 1
            return lambda raw: str(((raw & mask) ^ sign) - sign)
        case _:
            format = FLOAT_FORMATS[element_type.name]
            return lambda raw: float_text(raw, format)


@lru_cache(maxsize=64)
def _count(type: DenseType) -> int:
    shape = type.get_shape()
    if any(dim < 0 for dim in shape):
        raise ValueError(f"a dense constant needs a static shape, got {type}")
    return math.prod(shape)


def _array_bytes(array: np.ndarray[Any, Any], type: DenseType) -> bytes:
    dtype = element_dtype(type.element_type)
    if array.shape not in ((), type.get_shape()) or array.dtype != dtype:
        raise ValueError(f"an array of shape {array.shape} and dtype {array.dtype} is not a {type}")
    return np.ascontiguousarray(array, dtype).tobytes()


def _literal(data: Buffer, type: DenseType) -> str:
    size = storage_size(type.element_type)
    view = memoryview(data).cast("B")
    count = _count(type)
    if not len(view):
        return "dense<>"
    element = bytes(view) if len(view) == size else splat_element(view, size)
    if element is not None:
        return f"dense<{element_texts(element, type.element_type)[0]}>"
    if count > HEX_ABOVE:
        return f'dense<"0x{view.hex().upper()}">'
    return f"dense<{_nested(element_texts(view, type.element_type), type.get_shape())}>"


def _nested(texts: list[str], shape: Sequence[int]) -> str:
    """Brackets around the innermost dimension first."""
    for extent in reversed(shape):
        texts = ["[" + ", ".join(texts[i : i + extent]) + "]" for i in range(0, len(texts), extent)]
    return texts[0]
