"""Windows over one dimension: sizes, strides, dilations and padding that have a place for one."""

from __future__ import annotations

from dataclasses import dataclass

from dialects.stablehlo.windows import WindowDimension
from irkit.testing.picks import Picks


@dataclass(frozen=True, slots=True)
class RandomWindow:
    """What a window is along one dimension."""

    size: int
    stride: int
    base_dilation: int
    dilation: int
    low: int
    high: int

    def positions(self, extent: int) -> int:
        """How many places there are for the window."""
        dimension = WindowDimension(
            self.size, self.stride, self.low, self.high, self.base_dilation, self.dilation
        )
        return dimension.positions(extent)


def window(picks: Picks, extent: int, *, largest: int = 3) -> RandomWindow:
    """A window over a dimension of size ``extent``; there may be no place for it.

    Negative paddings cut off at most what there is.
    """
    size = picks.between(1, largest)
    stride = picks.between(1, 3)
    base_dilation = picks.between(1, 3)
    spread = 0 if extent == 0 else (extent - 1) * base_dilation + 1
    low = picks.between(0, 2) if picks.below(3) else -picks.between(0, spread)
    high = picks.between(0, 2)
    if not picks.below(3):
        high = -picks.between(0, max(spread + low, 0))
    return RandomWindow(size, stride, base_dilation, picks.between(1, 2), low, high)
