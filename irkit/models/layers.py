"""The layers that the models share, each a few operations of :mod:`irkit.hlo`.

Shapes are written ``[batch, sequence, hidden]``, with ``...`` for any leading dimensions. A layer
that reads weights takes a :class:`~irkit.models.parameters.Parameters` that stands at the layer's
name, and finds there the tensor names that PyTorch gives (``weight``, ``bias``). Sums, means and
softmax are taken in f32 and rounded back to the dtype of the input, as transformers does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import ml_dtypes

from irkit import hlo
from irkit.builder import Builder
from irkit.models.parameters import Parameters
from irkit.types import DTypeLike, dtype_name, numpy_dtype
from irkit.value import Value


def cast(x: Value, dtype: DTypeLike) -> Value:
    """``x`` in another dtype, or itself where that is the one it has."""
    return x if x.dtype == numpy_dtype(dtype_name(dtype)) else hlo.convert(x, dtype)


def broadcast_trailing(x: Value, shape: Sequence[int]) -> Value:
    """Repeats ``x`` over new leading dimensions: ``[n, m] -> [..., n, m]``."""
    missing = len(shape) - x.ndim
    return hlo.broadcast_in_dim(x, shape, range(missing, len(shape)))


def broadcast_leading(x: Value, shape: Sequence[int]) -> Value:
    """Repeats ``x`` over new trailing dimensions, as after a reduction: ``[n] -> [n, ...]``."""
    return hlo.broadcast_in_dim(x, shape, range(x.ndim))


def linear(p: Parameters, x: Value) -> Value:
    """``[..., in] -> [..., out]``: PyTorch's ``Linear``, weight ``[out, in]``, optional bias."""
    return _linear(p, x, input_dimension=1)


def conv1d_linear(p: Parameters, x: Value) -> Value:
    """``[..., in] -> [..., out]``: GPT-2's ``Conv1D``, which stores the weight ``[in, out]``."""
    return _linear(p, x, input_dimension=0)


def _linear(p: Parameters, x: Value, input_dimension: int) -> Value:
    y = hlo.dot_general(
        x,
        p["weight"],
        lhs_contracting_dimensions=[x.ndim - 1],
        rhs_contracting_dimensions=[input_dimension],
    )
    return y + broadcast_trailing(p["bias"], y.shape) if "bias" in p else y


def embedding(p: Parameters, ids: Value) -> Value:
    """``i32[...] -> [..., hidden]``: rows of the weight ``[vocabulary, hidden]``."""
    weight = p["weight"]
    return hlo.gather(
        weight,
        ids,
        offset_dims=[ids.ndim],
        collapsed_slice_dims=[0],
        start_index_map=[0],
        index_vector_dim=ids.ndim,
        slice_sizes=[1, weight.shape[1]],
    )


def add_positions(p: Parameters, x: Value) -> Value:
    """``[batch, sequence, hidden]`` plus the first rows of the weight ``[positions, hidden]``."""
    places = hlo.slice(p["weight"], [0, 0], x.shape[1:])
    return x + broadcast_trailing(places, x.shape)


def row(p: Parameters, position: Value) -> Value:
    """``i32[] -> [hidden]``: the embedding of one position."""
    hidden = p["weight"].shape[1]
    return hlo.reshape(embedding(p, hlo.reshape(position, [1])), [hidden])


def parts(x: Value, count: int) -> list[Value]:
    """``[..., count * n]`` to ``count`` values ``[..., n]``, from left to right."""
    width = x.shape[-1] // count
    lead = [0] * (x.ndim - 1)
    return [
        hlo.slice(x, [*lead, i * width], [*x.shape[:-1], (i + 1) * width]) for i in range(count)
    ]


def sum_over(x: Value, dimension: int) -> Value:
    """The sum over one dimension, which goes away."""
    return hlo.reduce(x, 0.0, [dimension], hlo.add)


def max_over(x: Value, dimension: int) -> Value:
    """The largest over one dimension, which goes away."""
    return hlo.reduce(x, -math.inf, [dimension], hlo.maximum)


def mean_last(x: Value) -> Value:
    """``[..., n] -> [...]``."""
    return sum_over(x, x.ndim - 1) / x.shape[-1]


def at_least(x: Value, bound: float) -> Value:
    """The larger of each element and ``bound``."""
    return hlo.maximum(x, x.builder.splat(bound, x.type))


def rms_norm(p: Parameters, x: Value, epsilon: float) -> Value:
    """``[..., n] -> [..., n]``: ``weight * x / sqrt(mean(x**2) + epsilon)``."""
    wide = cast(x, "f32")
    scale = hlo.rsqrt(mean_last(wide * wide) + epsilon)
    normal = cast(wide * broadcast_leading(scale, x.shape), x.dtype)
    return normal * broadcast_trailing(p["weight"], x.shape)


def layer_norm(
    p: Parameters, x: Value, epsilon: float, names: tuple[str, str] = ("weight", "bias")
) -> Value:
    """``[..., n] -> [..., n]``: ``(x - mean) / sqrt(variance + epsilon) * weight + bias``."""
    wide = cast(x, "f32")
    centred = wide - broadcast_leading(mean_last(wide), x.shape)
    scale = hlo.rsqrt(mean_last(centred * centred) + epsilon)
    normal = cast(centred * broadcast_leading(scale, x.shape), x.dtype)
    weight, bias = (broadcast_trailing(p[name], x.shape) for name in names)
    return normal * weight + bias


def softmax(x: Value) -> Value:
    """``[..., n] -> [..., n]``: shares of the last dimension, which add up to one."""
    wide = cast(x, "f32")
    powers = hlo.exponential(wide - broadcast_leading(max_over(wide, x.ndim - 1), x.shape))
    return cast(powers / broadcast_leading(sum_over(powers, x.ndim - 1), x.shape), x.dtype)


def split_heads(x: Value, heads: int) -> Value:
    """``[batch, sequence, heads * width] -> [batch, heads, sequence, width]``."""
    batch, sequence, hidden = x.shape
    x = hlo.reshape(x, [batch, sequence, heads, hidden // heads])
    return hlo.transpose(x, permutation=[0, 2, 1, 3])


def merge_heads(x: Value) -> Value:
    """``[batch, heads, sequence, width] -> [batch, sequence, heads * width]``."""
    batch, heads, sequence, width = x.shape
    x = hlo.transpose(x, permutation=[0, 2, 1, 3])
    return hlo.reshape(x, [batch, sequence, heads * width])


def attention(
    query: Value, key: Value, value: Value, scale: float | None, mask: Value | None = None
) -> tuple[Value, Value]:
    """Scaled dot-product attention.

    ``query``: ``[batch, heads, queries, width]``, or ``[batch, heads, group, queries, width]``
    where a group of queries shares each head of ``key`` and ``value``, which are
    ``[batch, heads, keys, width]``; ``scale``: factor of the scores, if any; ``mask``: i1 in the
    shape of the attention map, true where a query sees a key.

    Gives the mixed values in the shape of ``query``, and the attention map
    ``[batch, heads, (group,) queries, keys]``.
    """
    last = query.ndim - 1
    scores = hlo.dot_general(
        query,
        key,
        lhs_batching_dimensions=[0, 1],
        rhs_batching_dimensions=[0, 1],
        lhs_contracting_dimensions=[last],
        rhs_contracting_dimensions=[3],
    )
    if scale is not None:
        scores = scores * scale
    if mask is not None:
        # Finite, so that a query that sees nothing still gets numbers.
        finfo: Any = ml_dtypes.finfo
        lowest = scores.builder.splat(float(finfo(scores.dtype).min), scores.type)
        scores = hlo.select(mask, scores, lowest)
    shares = softmax(scores)
    mixed = hlo.dot_general(
        shares,
        value,
        lhs_batching_dimensions=[0, 1],
        rhs_batching_dimensions=[0, 1],
        lhs_contracting_dimensions=[last],
        rhs_contracting_dimensions=[2],
    )
    return mixed, shares


def counter(
    builder: Builder, dimension: int, shape: Sequence[int], start: Value | None = None
) -> Value:
    """``i32`` of a shape that counts up along one dimension from ``start`` (a scalar) or 0."""
    count = hlo.iota(builder, shape, "i32", iota_dimension=dimension)
    return count if start is None else count + hlo.broadcast_in_dim(start, shape, [])


def causal_mask(builder: Builder, shape: Sequence[int], start: Value | None = None) -> Value:
    """``i1[..., queries, keys]``: true where the key is not later than the query.

    The first query stands at ``start``, an i32 scalar, or at 0; the first key at 0.
    """
    queries, keys = len(shape) - 2, len(shape) - 1
    key, query = counter(builder, keys, shape), counter(builder, queries, shape, start)
    return hlo.compare(key, query, "LE")


def write_cache(cache: Value, update: Value, position: Value) -> Value:
    """``[batch, heads, length, width]``: the cache with ``update`` written from ``position`` on.

    ``update``: ``[batch, heads, new, width]``; ``position``: i32 scalar.
    """
    zero = cache.builder.constant(0, "i32")
    return hlo.dynamic_update_slice(cache, update, [zero, zero, position, zero])


def silu(x: Value) -> Value:
    """``x * sigmoid(x)``."""
    return x * hlo.logistic(x)


def gelu_tanh(x: Value) -> Value:
    """GELU by the hyperbolic tangent (``gelu_new``)."""
    inner = (x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)
    return x * 0.5 * (hlo.tanh(inner) + 1.0)


def gelu(x: Value) -> Value:
    """GELU by the error function: ``x * (1 + erf(x / sqrt(2))) / 2``."""
    return x * 0.5 * (erf(x * math.sqrt(0.5)) + 1.0)


_ERF_LIMIT = 3.92
_ERF_NUMERATOR = (
    2.0500354e-06,
    0.0002848715,
    0.0037654038,
    0.052748054,
    0.19040237,
    1.1283791,
)
_ERF_DENOMINATOR = (
    3.8090588e-05,
    0.0011624716,
    0.0149687985,
    0.1141073,
    0.50207245,
    1.0,
)


def erf(x: Value) -> Value:
    """The error function, within 4e-7, in f32.

    StableHLO has none. This is ``x * P(x**2) / Q(x**2)`` with P and Q of degree five fitted to the
    least largest relative error (2e-8) on the interval outside which f32 sees no difference from
    -1 and 1.
    """
    wide = cast(x, "f32")
    limit = wide.builder.constant(_ERF_LIMIT, "f32")
    wide = hlo.clamp(-limit, wide, limit)
    square = wide * wide
    ratio = wide * _polynomial(square, _ERF_NUMERATOR) / _polynomial(square, _ERF_DENOMINATOR)
    return cast(ratio, x.dtype)


def _polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """By Horner's rule, the coefficient of the highest power first."""
    total = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        total = total * x + coefficient
    return total


def conv1d(p: Parameters, x: Value, stride: int, padding: int) -> Value:
    """``[batch, in, length] -> [batch, out, new_length]``: weight ``[out, in, kernel]``, bias."""
    y = hlo.convolution(
        x,
        p["weight"],
        window_strides=[stride],
        padding=[[padding, padding]],
        input_batch_dimension=0,
        input_feature_dimension=1,
        input_spatial_dimensions=[2],
        kernel_output_feature_dimension=0,
        kernel_input_feature_dimension=1,
        kernel_spatial_dimensions=[2],
        output_batch_dimension=0,
        output_feature_dimension=1,
        output_spatial_dimensions=[2],
        feature_group_count=1,
        batch_group_count=1,
    )
    return y + hlo.broadcast_in_dim(p["bias"], y.shape, [1])
