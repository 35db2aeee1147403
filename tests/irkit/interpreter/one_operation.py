"""Programs of one operation in generic syntax, and what upstream gives for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from irkit.interpreter import run
from tests.witness.xla import interpreted

Array = np.ndarray[Any, Any]

ELEMENTS = {
    np.dtype(np.bool): "i1",
    np.dtype(np.int8): "i8",
    np.dtype(np.uint8): "ui8",
    np.dtype(np.int16): "i16",
    np.dtype(np.uint16): "ui16",
    np.dtype(np.int32): "i32",
    np.dtype(np.uint32): "ui32",
    np.dtype(np.int64): "i64",
    np.dtype(np.uint64): "ui64",
    np.dtype(np.float16): "f16",
    np.dtype(np.float32): "f32",
    np.dtype(np.float64): "f64",
    np.dtype(np.complex64): "complex<f32>",
    np.dtype(np.complex128): "complex<f64>",
}


def type_text(shape: Sequence[int], dtype: Any) -> str:
    """``tensor<2x3xf32>``."""
    return f"tensor<{''.join(f'{size}x' for size in shape)}{ELEMENTS[np.dtype(dtype)]}>"


def program(operation: str, inputs: Sequence[Array], results: Sequence[str]) -> str:
    """A module whose ``main`` applies an operation, in generic syntax and without types, to its
    arguments: ``{args}`` in the text stands for them."""
    types = [type_text(value.shape, value.dtype) for value in inputs]
    names = [f"%arg{i}" for i in range(len(inputs))]
    arguments = ", ".join(f"{name}: {type_}" for name, type_ in zip(names, types, strict=True))
    found = ", ".join(f"%r#{i}" for i in range(len(results)))
    outputs = ", ".join(results)
    body = operation.replace("{args}", ", ".join(names))
    return (
        f"func.func @main({arguments}) -> ({outputs}) {{\n"
        f"  %r:{len(results)} = {body} : ({', '.join(types)}) -> ({outputs})\n"
        f"  func.return {found} : {outputs}\n}}"
    )


def assert_like_upstream(text: str, *inputs: Array) -> None:
    """Both interpreters give the same bits, NaN apart."""
    found, expected = run(text, inputs), interpreted(text, *inputs)
    for ours, theirs in zip(found, expected, strict=True):
        assert isinstance(ours, np.ndarray)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def numbers(random: np.random.Generator, shape: Sequence[int], dtype: Any) -> Array:
    """Numbers of any type: integers over their whole range, floats of all signs."""
    kind = np.dtype(dtype)
    if kind == np.bool:
        return random.integers(0, 2, shape).astype(np.bool)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        return random.integers(limits.min, limits.max, shape, kind, endpoint=True)
    if kind.kind == "c":
        parts = random.standard_normal((2, *shape))
        return (parts[0] + 1j * parts[1]).astype(kind)
    return random.standard_normal(shape).astype(kind)
