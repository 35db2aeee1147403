"""Values as upstream's interpreter writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from xdsl.dialects.builtin import ComplexType
from xdsl.ir import Attribute

from dialects.attribute_text import attribute_text
from dialects.dense import element_texts
from dialects.element_storage import scalar_type
from dialects.stablehlo.tensors import tensor
from irkit.interpreter.values import Array, Value


def value_text(value: Value, type_: Attribute) -> str:
    """``tensor<2xi32> {``, the elements, a line for each innermost dimension, and ``}``."""
    if not isinstance(value, np.ndarray):
        return attribute_text(type_)
    texts = _texts(value, type_)
    if not value.ndim:
        return f"{attribute_text(type_)} {{{texts[0]}}}"
    lines = "\n".join(_lines(texts, value.shape, "  "))
    return f"{attribute_text(type_)} {{\n{lines}\n}}"


def _texts(values: Array, type_: Attribute) -> list[str]:
    element = tensor(type_).element_type
    inner = scalar_type(element)
    texts = element_texts(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data, inner)
    if isinstance(element, ComplexType):
        return [f"[{a}, {b}]" for a, b in zip(texts[::2], texts[1::2], strict=True)]
    return texts


def _lines(texts: Sequence[str], shape: Sequence[int], indent: str) -> Iterator[str]:
    if len(shape) == 1 or not shape[0]:
        yield f"{indent}[{', '.join(texts)}]"
        return
    size = len(texts) // shape[0]
    yield f"{indent}["
    for i in range(shape[0]):
        *lines, last = _lines(texts[i * size : (i + 1) * size], shape[1:], f"{indent}  ")
        yield from lines
        yield last + ("," if i < shape[0] - 1 else "")
    yield f"{indent}]"
