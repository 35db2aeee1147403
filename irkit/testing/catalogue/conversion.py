"""``convert``, ``bitcast_convert`` and ``reduce_precision``."""

from __future__ import annotations

from collections.abc import Mapping

from dialects.stablehlo.element_types import bit_width
from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import operand
from irkit.testing.drawing import Drawing
from irkit.testing.elements import COMPLEX, DTYPES, FLOATS
from irkit.types import element_type
from irkit.value import Value

_WIDTHS = {dtype: bit_width(element_type(dtype)) for dtype in DTYPES}


def convert(d: Drawing) -> Value:
    """Any elements to any others, or to the same."""
    return hlo.convert(operand(d), d.dtype())


def bitcast_convert(d: Drawing) -> Value:
    """To elements of as many bits, of fewer (a dimension more) or of more (a dimension less)."""
    old = d.dtype()
    new = d.picks.choose([dtype for dtype in DTYPES if _holds(old, dtype)])
    parts = _WIDTHS[new] // _WIDTHS[old]
    if parts < 2:
        return hlo.bitcast_convert(operand(d, (old,)), new)
    return hlo.bitcast_convert(d.value((*d.shape(most_rank=4, largest=8), parts), old), new)


def _holds(old: str, new: str) -> bool:
    few, many = sorted((_WIDTHS[old], _WIDTHS[new]))
    return (old in COMPLEX) == (new in COMPLEX) and many % few == 0


def reduce_precision(d: Drawing) -> Value:
    """To formats smaller and larger than the elements'."""
    x = operand(d, FLOATS, quantized=True)
    return hlo.reduce_precision(x, d.picks.between(1, 11), d.picks.between(0, 52))


GENERATORS: Mapping[str, Generator] = {
    "bitcast_convert": bitcast_convert,
    "convert": convert,
    "reduce_precision": reduce_precision,
}
