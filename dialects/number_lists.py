"""Long lists of plain decimal numbers, read at once instead of token by token.

What is not plain is left to the parser, which also says what is wrong with it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import Float32Type, Float64Type, IntegerType, Signedness
from xdsl.ir import Attribute

SHORTEST = 4096
"""Characters below which the parser is fast enough."""

_LIST = re.compile(r"\[[\[\]\s,0-9.eE+-]*+(?<=\])(?=>)", re.ASCII)
_NUMBER = re.compile(r"-?\d++(?:\.\d*+(?:[eE][-+]?\d++)?)?", re.ASCII)
_SPACE = re.compile(r"\s+")
_WIDTHS = (8, 16, 32, 64)


def plain_list(text: str, start: int) -> str | None:
    """The list at ``start`` that ``>`` follows, if it is long and has no other characters."""
    match = _LIST.match(text, start)
    return match[0] if match is not None and len(match[0]) >= SHORTEST else None


def plain_elements(text: str, shape: Sequence[int], type: Attribute) -> bytes | None:
    """The list as raw little-endian elements, if it is one of this shape and they fit the type."""
    numbers = _NUMBER.findall(text)
    if len(numbers) != math.prod(shape) or _SPACE.sub("", _NUMBER.sub("", text)) != _brackets(
        shape
    ):
        return None
    match type:
        case Float32Type() | Float64Type():
            return _floats(numbers, np.dtype("<f4" if isinstance(type, Float32Type) else "<f8"))
        case IntegerType() if type.width.data in _WIDTHS:
            return _integers(numbers, type)
        case _:
            return None


def _brackets(shape: Sequence[int]) -> str:
    """What is left of a list of this shape without its numbers."""
    text = ""
    for extent in reversed(shape):
        text = f"[{','.join([text] * extent)}]"
    return text


def _floats(numbers: list[str], dtype: np.dtype[np.floating]) -> bytes | None:
    if not all("." in number for number in numbers):
        return None
    with np.errstate(over="ignore"):
        values = np.fromiter(map(float, numbers), np.float64, len(numbers)).astype(dtype)
    return values.tobytes() if np.isfinite(values).all() else None


def _integers(numbers: list[str], type: IntegerType) -> bytes | None:
    width, signedness = type.width.data, type.signedness.data
    # Minus nothing is refused, whatever the number of zeros.
    if any("." in number or number.startswith("-0") or len(number) > 19 for number in numbers):
        return None
    try:
        values = np.fromiter(map(int, numbers), np.int64, len(numbers))
    except OverflowError:
        return None
    least = 0 if signedness is Signedness.UNSIGNED else -(1 << width >> 1)
    most = (1 << width - (signedness is Signedness.SIGNED)) - 1
    if values.size and not least <= int(values.min()) <= int(values.max()) <= most:
        return None
    return values.astype(f"<i{width // 8}").tobytes()
