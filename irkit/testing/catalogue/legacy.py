"""``broadcast`` and ``torch_index_select``."""

from __future__ import annotations

from collections.abc import Mapping

from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import operand, plain
from irkit.testing.drawing import Drawing
from irkit.testing.elements import INTEGERS
from irkit.value import Value


def broadcast(d: Drawing) -> Value:
    """Along up to two new dimensions, empty ones too."""
    x = operand(d, quantized=True)
    sizes = [d.picks.choose((2, 1, 0)) for _ in range(d.picks.below(3))]
    return hlo.broadcast(x, sizes)


def torch_index_select(d: Drawing) -> Value:
    """Along any dimension that has elements, in batches of all dimensions before it, or fewer."""
    x = plain(d, least_rank=1)
    dims = [dim for dim, size in enumerate(x.shape) if size]
    if not dims:
        x, dims = d.value((2, 3), d.dtype()), [0, 1]
    dim = d.picks.choose(dims)
    batches = d.picks.between(0, dim)
    rest = [d.picks.choose((2, 1, 3, 0)) for _ in range(d.picks.below(3))]
    index = d.value((*x.shape[:batches], *rest), d.dtype(INTEGERS))
    return hlo.torch_index_select(x, index, dim, batches)


GENERATORS: Mapping[str, Generator] = {
    "broadcast": broadcast,
    "torch_index_select": torch_index_select,
}
