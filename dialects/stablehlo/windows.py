"""Windows that slide over a tensor: what ``convolution`` and ``reduce_window`` share.

Source: (C25) of convolution and (C15) of reduce_window in the specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from xdsl.dialects.builtin import DenseArrayBase, DenseIntOrFPElementsAttr, TensorType, i1, i64
from xdsl.ir import Attribute

from dialects.dense import DenseAttr, dense_array
from dialects.stablehlo.base import DYNAMIC


def integers(attribute: Attribute | None) -> tuple[int, ...] | None:
    """The numbers of ``array<i64: 1, 2>``; ``None`` where there is no attribute."""
    if attribute is None:
        return None
    if not isinstance(attribute, DenseArrayBase):
        raise TypeError(f"expected array<i64: ...>, got {attribute}")
    return tuple(int(value) for value in attribute.get_values())


def i1_array(values: Iterable[bool]) -> DenseArrayBase:
    """``array<i1: true, false>``."""
    return DenseArrayBase.from_list(i1, [int(value) for value in values])


def padding_pairs(attribute: Attribute | None) -> tuple[tuple[int, int], ...] | None:
    """The rows of ``dense<...> : tensor<Nx2xi64>``; ``None`` where there is no attribute.

    The attribute's shape is ``[N, 2]`` (a row of the operation's table checks that first).
    """
    if attribute is None:
        return None
    if not isinstance(attribute, DenseIntOrFPElementsAttr):
        raise TypeError(f"expected dense<...> : tensor<Nx2xi64>, got {attribute}")
    return tuple((int(low), int(high)) for low, high in dense_array(cast(DenseAttr, attribute)))


def padding_attribute(pairs: Sequence[tuple[int, int]]) -> DenseIntOrFPElementsAttr:
    """``dense<[[1, 1], [0, 0]]> : tensor<2x2xi64>``."""
    flat = [value for pair in pairs for value in pair]
    return DenseIntOrFPElementsAttr.from_list(TensorType(i64, [len(pairs), 2]), flat)


def is_padding_of(attribute: Attribute | None, rank: int) -> bool:
    """Whether the padding is absent or has the shape ``[rank, 2]``."""
    if attribute is None:
        return True
    if not isinstance(attribute, DenseIntOrFPElementsAttr):
        return False
    dense = cast(DenseAttr, attribute)
    return dense.get_shape() == (rank, 2) and dense.get_element_type() == i64


@dataclass(frozen=True, slots=True)
class WindowDimension:
    """One dimension of a window: its size, and how it and what it slides over are spread."""

    size: int
    stride: int = 1
    low: int = 0
    high: int = 0
    base_dilation: int = 1
    window_dilation: int = 1

    def positions(self, base: int) -> int:
        """How many windows fit into a dimension of size ``base``; unknown if either is."""
        if DYNAMIC in (base, self.size):
            return DYNAMIC
        padded = self.low + dilated(base, self.base_dilation) + self.high
        window = dilated(self.size, self.window_dilation)
        if padded == 0 or window > padded:
            return 0
        return (padded - window) // self.stride + 1


def dilated(size: int, dilation: int) -> int:
    """The size after ``dilation - 1`` holes were put between neighbours."""
    return (size - 1) * dilation + 1 if size else 0


def window_dimensions(
    sizes: Sequence[int],
    strides: Sequence[int] | None,
    padding: Sequence[tuple[int, int]] | None,
    base_dilations: Sequence[int] | None,
    window_dilations: Sequence[int] | None,
) -> list[WindowDimension]:
    """One :class:`WindowDimension` for each size; what is absent (or empty) has its default."""
    rank = len(sizes)
    return [
        WindowDimension(size, stride, low, high, base, window)
        for size, stride, (low, high), base, window in zip(
            sizes,
            strides or [1] * rank,
            padding or [(0, 0)] * rank,
            base_dilations or [1] * rank,
            window_dilations or [1] * rank,
            strict=True,
        )
    ]
