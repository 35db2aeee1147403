"""``rng`` and ``rng_bit_generator``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.ir import Attribute

from dialects.stablehlo.attributes import (
    RngAlgorithm,
    RngAlgorithmAttr,
    RngDistribution,
    RngDistributionAttr,
)
from dialects.stablehlo.random_numbers import RngBitGeneratorOp, RngOp
from irkit.emit import builder_of
from irkit.hlo.arguments import case_of, dims
from irkit.hlo.result_types import reshaped, typed
from irkit.types import DTypeLike
from irkit.value import Value


def rng(a: Value, b: Value, shape: Sequence[int], rng_distribution: RngDistribution | str) -> Value:
    """Random numbers: ``"UNIFORM"`` in [``a``, ``b``), or ``"NORMAL"`` of mean ``a`` and standard
    deviation ``b``, both scalars of the result's element type.

    ``shape`` becomes a constant operand. It has an effect, so it is not pruned.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#rng
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    distribution = case_of(RngOp.name, "rng_distribution", RngDistribution, rng_distribution)
    target = dims(shape)
    builder = builder_of(RngOp.name, (a, b))
    type_ = reshaped(builder.own(a), target)
    sizes = builder.constant(np.array(target, np.int64))
    return builder.append_many(RngOp, (a, b, sizes), (distribution, type_), _rng, (type_,))[0]


def _rng(distribution: RngDistribution, _: Attribute) -> Mapping[str, Attribute]:
    return {"rng_distribution": RngDistributionAttr(distribution)}


def rng_bit_generator(
    initial_state: Value,
    rng_algorithm: RngAlgorithm | str,
    shape: Sequence[int],
    dtype: DTypeLike,
) -> tuple[Value, Value]:
    """The state after, and random bits of the given shape and dtype, an integer or float.

    ``rng_algorithm`` is ``"DEFAULT"``, ``"THREE_FRY"`` or ``"PHILOX"``; the state is ``ui64[2]``
    (``PHILOX`` also takes ``ui64[3]``).
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#rng_bit_generator
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    algorithm = case_of(RngBitGeneratorOp.name, "rng_algorithm", RngAlgorithm, rng_algorithm)
    builder = builder_of(RngBitGeneratorOp.name, (initial_state,))
    types = (builder.own(initial_state).type, typed(dims(shape), dtype))
    state, output = builder.append_many(
        RngBitGeneratorOp, (initial_state,), (algorithm, types), _bits, types
    )
    return state, output


def _bits(algorithm: RngAlgorithm, _: object) -> Mapping[str, Attribute]:
    return {"rng_algorithm": RngAlgorithmAttr(algorithm)}
