"""Operations outside the specification that others express.

Source: ``StablehloOps.td`` of https://github.com/openxla/stablehlo
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from dialects.stablehlo.legacy import (
    BroadcastOp,
    DotOp,
    EinsumOp,
    TorchIndexSelectOp,
    UnaryEinsumOp,
)
from dialects.stablehlo.windows import integers
from irkit.einsum_letters import einsum_letters
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.ops.dot import contract
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, dtype_of


@implements(BroadcastOp, on_storage=True)
def broadcast(op: BroadcastOp, operands: list[Any], context: Context) -> Array:
    """Repeats the operand along new leading dimensions."""
    values = cast(Array, operands[0])
    return np.broadcast_to(values, (*(integers(op.broadcast_sizes) or ()), *values.shape))


@implements(DotOp)
def dot(op: DotOp, operands: list[Any], context: Context) -> Array:
    """The last dimension of ``lhs`` contracted with the first of ``rhs``; no batches."""
    lhs, rhs = operands
    return contract(lhs, rhs, (), (), (lhs.ndim - 1,), (0,), dtype_of(op.result))


@implements(EinsumOp)
def einsum(op: EinsumOp, operands: list[Any], context: Context) -> Array:
    """Products summed over the letters that the result does not have.

    ``...`` stands for leading dimensions that both operands have.
    """
    lhs, rhs = cast("tuple[Array, Array]", tuple(operands))
    (a, b), out = _letters(op.einsum_config.data, lhs, rhs)
    lhs, a = _summed(lhs, a, {*b, *out})
    rhs, b = _summed(rhs, b, {*a, *out})
    both = [letter for letter in a if letter in b]
    batch = [letter for letter in both if letter in out]
    inner = [letter for letter in both if letter not in out]
    dtype = dtype_of(op.result)
    product = contract(
        lhs,
        rhs,
        [a.index(x) for x in batch],
        [b.index(x) for x in batch],
        [a.index(x) for x in inner],
        [b.index(x) for x in inner],
        dtype,
    )
    found = [*batch, *(x for x in a if x not in both), *(x for x in b if x not in both)]
    return product.transpose([found.index(letter) for letter in out])


@implements(UnaryEinsumOp)
def unary_einsum(op: UnaryEinsumOp, operands: list[Any], context: Context) -> Array:
    """The operand summed over the letters that the result does not have, and transposed."""
    values = cast(Array, operands[0])
    (letters,), out = _letters(op.einsum_config.data, values)
    values, letters = _summed(values, letters, set(out))
    return values.transpose([letters.index(letter) for letter in out])


def _letters(config: str, *operands: Array) -> tuple[list[list[str]], list[str]]:
    try:
        return einsum_letters(config, [values.ndim for values in operands])
    except ValueError as error:
        raise EvaluationError(str(error)) from None


def _summed(values: Array, letters: list[str], wanted: set[str]) -> tuple[Array, list[str]]:
    """The operand without the dimensions that nothing else has, which are summed."""
    ones = [i for i, letter in enumerate(letters) if letter not in wanted]
    if not ones:
        return values, letters
    sizes = [values.shape[i] for i in ones]
    filled = np.ones(sizes, values.dtype)
    kept = [letter for letter in letters if letter in wanted]
    return contract(values, filled, (), (), ones, range(len(ones)), values.dtype), kept


@implements(TorchIndexSelectOp, on_storage=True)
def torch_index_select(op: TorchIndexSelectOp, operands: list[Any], context: Context) -> Array:
    """Elements along ``dim`` chosen by index, in each of ``batch_dims`` leading batches."""
    values, index = cast("tuple[Array, Array]", tuple(operands))
    dim, batches = op.dim.value.data, op.batch_dims.value.data
    if dim < 0:
        dim += values.ndim
    if batches < 0:
        batches += index.ndim
    places = np.clip(index.astype(np.int64), 0, values.shape[dim] - 1)
    lead = values.shape[:batches]
    if not batches:
        return np.take(values, places, axis=dim)
    rest = (*values.shape[batches:dim], *places.shape[batches:], *values.shape[dim + 1 :])
    result = np.empty((*lead, *rest), values.dtype)
    for at in np.ndindex(*lead):
        result[at] = np.take(values[at], places[at], axis=dim - batches)
    return result
