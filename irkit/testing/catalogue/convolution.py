"""``convolution`` and ``dynamic_conv`` with any dimension numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from irkit import hlo
from irkit.testing.catalogue.contraction import precision, result_dtype
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.sizes import known_or_not, sizes
from irkit.testing.catalogue.windows import RandomWindow, window
from irkit.testing.drawing import Drawing
from irkit.testing.picks import Picks
from irkit.value import Value


@dataclass(frozen=True, slots=True)
class ConvolutionPlan:
    """Shapes and keyword arguments that fit each other."""

    lhs_shape: tuple[int, ...]
    rhs_shape: tuple[int, ...]
    result_shape: tuple[int, ...]
    windows: tuple[RandomWindow, ...]
    keywords: Mapping[str, Any]
    """Dimension numbers, groups, strides and dilations; no padding."""

    @classmethod
    def of(cls, picks: Picks) -> ConvolutionPlan:
        """A plan of zero to three spatial dimensions."""
        spatial = picks.choose((1, 0, 2, 3))
        groups = picks.choose((1, 2, 3))
        by_batch = groups > 1 and picks.flag()
        batch_groups, feature_groups = (groups, 1) if by_batch else (1, groups)
        batch = batch_groups * picks.choose((1, 2, 0))
        kernel_features = picks.choose((1, 2, 0))
        features = groups * picks.choose((1, 2, 0))
        extents = [picks.choose((3, 4, 2, 1, 0)) for _ in range(spatial)]
        windows = [window(picks, extent) for extent in extents]
        dense = picks.flag()
        if dense:
            windows = [RandomWindow(w.size, 1, 1, 1, w.low, w.high) for w in windows]
        lhs, rhs, result = (picks.permutation(spatial + 2) for _ in range(3))
        keywords: dict[str, Any] = {
            "input_batch_dimension": lhs[0],
            "input_feature_dimension": lhs[1],
            "input_spatial_dimensions": lhs[2:],
            "kernel_output_feature_dimension": rhs[0],
            "kernel_input_feature_dimension": rhs[1],
            "kernel_spatial_dimensions": rhs[2:],
            "output_batch_dimension": result[0],
            "output_feature_dimension": result[1],
            "output_spatial_dimensions": result[2:],
            "feature_group_count": feature_groups,
            "batch_group_count": batch_groups,
        }
        if not dense:
            keywords["window_strides"] = [w.stride for w in windows]
            keywords["lhs_dilation"] = [w.base_dilation for w in windows]
            keywords["rhs_dilation"] = [w.dilation for w in windows]
        if picks.flag():
            keywords["window_reversal"] = [picks.flag() for _ in windows]
        counts = [w.positions(extent) for w, extent in zip(windows, extents, strict=True)]
        return cls(
            _placed(lhs, [batch, feature_groups * kernel_features, *extents]),
            _placed(rhs, [features, kernel_features, *(w.size for w in windows)]),
            _placed(result, [batch // batch_groups, features, *counts]),
            tuple(windows),
            keywords,
        )

    @property
    def padding(self) -> list[tuple[int, int]]:
        """Low and high of each spatial dimension."""
        return [(w.low, w.high) for w in self.windows]


def _placed(places: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    """A shape with each size at its place."""
    return tuple(sizes[places.index(dim)] for dim in range(len(sizes)))


def convolution(d: Drawing) -> Value:
    """With groups, strides, dilations, reversal and padding, or without."""
    dtype = d.dtype()
    precisions, result = precision(d), result_dtype(d, dtype)
    padded = d.picks.flag()
    plan = ConvolutionPlan.of(d.picks)
    return hlo.convolution(
        d.value(plan.lhs_shape, dtype),
        d.value(plan.rhs_shape, dtype),
        padding=plan.padding if padded or any(map(any, plan.padding)) else None,
        precision_config=precisions,
        dtype=result,
        **plan.keywords,
    )


def dynamic_conv(d: Drawing) -> Value:
    """The padding in an operand; what the result's size is, known or not."""
    dtype = d.dtype()
    precisions, result = precision(d), result_dtype(d, dtype)
    plan = ConvolutionPlan.of(d.picks)
    lhs, rhs = d.value(plan.lhs_shape, dtype), d.value(plan.rhs_shape, dtype)
    padding = np.array(plan.padding).reshape(len(plan.windows), 2)
    return hlo.dynamic_conv(
        lhs,
        rhs,
        sizes(d, padding, signed=True),
        result_shape=known_or_not(d, plan.result_shape),
        precision_config=precisions,
        dtype=result,
        **plan.keywords,
    )


GENERATORS: Mapping[str, Generator] = {"convolution": convolution, "dynamic_conv": dynamic_conv}
