"""Solvers, Fourier transforms, normalizations and random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dialects.stablehlo.attributes import FftType, Transpose
from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import plain
from irkit.testing.drawing import Drawing
from irkit.testing.elements import BOOLEAN, COMPLEX, FLOATS, INTEGERS
from irkit.testing.type_facts import dtype_of
from irkit.value import Value

_ELEMENTS = ("f32", "f64", *COMPLEX, "f16", "bf16", "f8E5M2")
_TRANSPOSES = (Transpose.NO_TRANSPOSE, Transpose.TRANSPOSE, Transpose.ADJOINT)
_SIZES = (2, 3, 1, 0)
_SMALL = (2, 1, 0)


def cholesky(d: Drawing) -> Value:
    """A batch of square matrices, which need not have a factor."""
    size = d.picks.choose(_SIZES)
    a = d.value((*_batches(d), size, size), d.dtype(_ELEMENTS))
    return hlo.cholesky(a, d.picks.flag())


def triangular_solve(d: Drawing) -> Value:
    """On either side, for either triangle, in each way."""
    size, other, left_side = d.picks.choose(_SIZES), d.picks.choose(_SIZES), d.picks.flag()
    batches, dtype = _batches(d), d.dtype(_ELEMENTS)
    matrix = (size, other) if left_side else (other, size)
    return hlo.triangular_solve(
        d.value((*batches, size, size), dtype),
        d.value((*batches, *matrix), dtype),
        left_side=left_side,
        lower=d.picks.flag(),
        unit_diagonal=d.picks.flag(),
        transpose_a=d.picks.choose(_TRANSPOSES),
    )


def _batches(d: Drawing) -> Sequence[int]:
    return [d.picks.choose(_SMALL) for _ in range(d.picks.below(3))]


def fft(d: Drawing) -> Value:
    """Over the last one to three dimensions, each kind."""
    kind = d.picks.choose(tuple(FftType))
    lengths = [d.picks.choose((2, 3, 1, 4)) for _ in range(d.picks.between(1, 3))]
    shape = [*_batches(d), *lengths]
    if kind is FftType.IRFFT:
        shape[-1] = shape[-1] // 2 + 1
    dtypes = ("f32", "f64") if kind is FftType.RFFT else COMPLEX
    return hlo.fft(d.value(shape, d.dtype(dtypes)), kind, lengths)


# -- normalization -----------------------------------------------------------------------------

_EPSILONS = (1e-5, 0.0, 0.5, -0.0, 1e-45)


def _features(d: Drawing) -> tuple[Value, int, list[Value]]:
    """An operand, the dimension of its features, and four vectors of them."""
    x = plain(d, FLOATS, least_rank=1)
    index = d.picks.below(x.ndim)
    vectors = [d.value((x.shape[index],), dtype_of(x.type)) for _ in range(4)]
    return x, index, vectors


def batch_norm_inference(d: Drawing) -> Value:
    """Of any floats, features in any dimension."""
    x, index, (scale, offset, mean, variance) = _features(d)
    epsilon = d.picks.choose(_EPSILONS)
    return hlo.batch_norm_inference(x, scale, offset, mean, variance, epsilon, index)


def batch_norm_training(d: Drawing) -> Sequence[Value]:
    """Of any floats, features in any dimension; three results, each with a name."""
    x, index, (scale, offset, *_) = _features(d)
    return hlo.batch_norm_training(x, scale, offset, d.picks.choose(_EPSILONS), index)


def batch_norm_grad(d: Drawing) -> Sequence[Value]:
    """Of any floats, features in any dimension; three results, each with a name."""
    x, index, (scale, mean, variance, _) = _features(d)
    gradient, epsilon = d.value_of(x.type), d.picks.choose(_EPSILONS)
    return hlo.batch_norm_grad(x, scale, mean, variance, gradient, epsilon, index)


# -- random numbers ----------------------------------------------------------------------------


def rng(d: Drawing) -> Value:
    """Uniform numbers and booleans, and normal floats; it has an effect."""
    normal = d.picks.flag()
    dtype = d.dtype(FLOATS if normal else (*FLOATS, *INTEGERS, *BOOLEAN))
    low, high = d.scalar(dtype), d.scalar(dtype)
    return hlo.rng(low, high, d.shape(), "NORMAL" if normal else "UNIFORM")


def rng_bit_generator(d: Drawing) -> Sequence[Value]:
    """Bits of each algorithm for any integers and floats."""
    algorithm, size = d.picks.choose(
        (("DEFAULT", 2), ("THREE_FRY", 2), ("PHILOX", 2), ("PHILOX", 3))
    )
    state = d.value((size,), "ui64") if d.picks.flag() else _seed(d, size)
    return hlo.rng_bit_generator(state, algorithm, d.shape(), d.dtype((*INTEGERS, *FLOATS)))


def _seed(d: Drawing, size: int) -> Value:
    return d.b.constant(np.arange(size, dtype=np.uint64) + np.uint64(d.picks.below(9)))


GENERATORS: Mapping[str, Generator] = {
    "batch_norm_grad": batch_norm_grad,
    "batch_norm_inference": batch_norm_inference,
    "batch_norm_training": batch_norm_training,
    "cholesky": cholesky,
    "fft": fft,
    "rng": rng,
    "rng_bit_generator": rng_bit_generator,
    "triangular_solve": triangular_solve,
}
