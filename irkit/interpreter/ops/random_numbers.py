"""``rng`` and ``rng_bit_generator``.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#rng
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#rng_bit_generator
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dialects.stablehlo.attributes import RngAlgorithm, RngDistribution
from dialects.stablehlo.random_numbers import RngBitGeneratorOp, RngOp
from dialects.stablehlo.tensors import shape
from irkit.interpreter.errors import UnsupportedError
from irkit.interpreter.numbers import BOOL, is_float, narrow, quiet, widen
from irkit.interpreter.random_bits import philox_bits, threefry_bits
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context

_UNIT = 2.0**-53


@quiet
def uniform(bits: Array, a: Array, b: Array) -> Array:
    """Numbers in [``a``, ``b``) from 64 random bits each; all ``a`` where nothing lies between.

    A floating-point number is rounded towards ``a``, so ``b`` does not occur. An integer is ``a``
    and the remainder of the bits by the width of the interval.
    """
    dtype = a.dtype
    if dtype == BOOL or not widen(a) < widen(b):
        return np.full(bits.shape, a, dtype)
    if is_float(dtype):
        low, high = widen(a), widen(b)
        unit = (bits >> np.uint64(11)) * _UNIT
        exact = low * (1 - unit) + high * unit
        near = narrow(exact, dtype)
        too_high = (widen(near) > exact) | (widen(near) >= high)
        return np.where(too_high, np.nextafter(near, a), near)
    width = np.uint64(int(b) - int(a))
    return np.asarray(narrow(bits % width + np.uint64(int(a) % 2**64), dtype))


@quiet
def normal(bits: Array, mean: Array, deviation: Array) -> Array:
    """Normally distributed numbers from pairs of 64 random bits, ``[2, *shape]``: Box and Muller.

    Computed in float64 and rounded once.
    """
    radius = ((bits[0] >> np.uint64(11)) + np.uint64(1)) * _UNIT
    angle = (bits[1] >> np.uint64(11)) * _UNIT
    standard = np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)
    return np.asarray(narrow(widen(mean) + widen(deviation) * standard, mean.dtype))


@implements(RngOp)
def rng(op: RngOp, operands: list[Any], context: Context) -> Array:
    """The next numbers of the process: each process has a stream, which its seed determines."""
    a, b, sizes = operands
    dims = [int(size) for size in sizes]
    if op.rng_distribution.data is RngDistribution.NORMAL:
        return normal(context.process.random_bits([2, *dims]), a, b)
    return uniform(context.process.random_bits(dims), a, b)


@implements(RngBitGeneratorOp)
def rng_bit_generator(op: RngBitGeneratorOp, operands: list[Any], context: Context) -> list[Array]:
    """Bit for bit as XLA on the CPU, where the algorithm ``DEFAULT`` is Philox.

    Raises :class:`UnsupportedError` for a state that is not of two (Philox: or three) ``ui64``.
    """
    state = operands[0]
    algorithm = op.rng_algorithm.data
    sizes = (2,) if algorithm is RngAlgorithm.THREE_FRY else (2, 3)
    if state.dtype != np.uint64 or state.ndim != 1 or len(state) not in sizes:
        allowed = " or ".join(map(str, sizes))
        raise UnsupportedError(
            f"{algorithm.value} takes a state of {allowed} ui64, got {op.initial_state.type}"
        )
    generate = threefry_bits if algorithm is RngAlgorithm.THREE_FRY else philox_bits
    return list(generate(state, shape(op.output), dtype_of(op.output)))
