"""Operations outside the specification that real files still have, and others that replace them.

``broadcast``, ``cross_replica_sum``, ``dot``, ``einsum``, ``torch_index_select`` and
``unary_einsum``. Each raises :class:`~irkit.errors.BuildError` where a constraint of the dialect
does not hold, or no result type follows from what it is given.
Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/StablehloOps.td
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, StringAttr, TensorType, i64
from xdsl.ir import Attribute

from dialects.stablehlo.attributes import Precision, PrecisionAttr
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.collectives import CrossReplicaSumOp
from dialects.stablehlo.legacy import (
    BroadcastOp,
    DotOp,
    EinsumOp,
    TorchIndexSelectOp,
    UnaryEinsumOp,
)
from dialects.stablehlo.syntax import i64_array
from irkit.einsum_letters import einsum_letters
from irkit.emit import builder_of, emit
from irkit.hlo.arguments import dims, refuse
from irkit.hlo.groups import Participants
from irkit.hlo.linear_algebra import PrecisionConfig, precision_cases
from irkit.hlo.result_types import typed
from irkit.types import DTypeLike
from irkit.value import Value


def broadcast(operand: Value, broadcast_sizes: Sequence[int]) -> Value:
    """The operand repeated along new dimensions before its own: ``broadcast_sizes + shape``.

    :func:`broadcast_in_dim` replaces it.
    """
    return emit(BroadcastOp, (operand,), dims(broadcast_sizes), _sizes)


def _sizes(*sizes: int) -> Mapping[str, Attribute]:
    return {"broadcast_sizes": i64_array(sizes)}


def cross_replica_sum(operand: Value, replica_groups: Sequence[Sequence[int]]) -> Value:
    """The sum over the replicas of a group, of the operand's type.

    :func:`all_reduce` replaces it.
    """
    who = Participants.of(replica_groups, None, 0)
    return emit(CrossReplicaSumOp, (operand,), (who,), Participants.properties)


def dot(
    lhs: Value,
    rhs: Value,
    *,
    precision_config: PrecisionConfig | None = None,
    dtype: DTypeLike | None = None,
) -> Value:
    """The product of two matrices or vectors: ``[M, K]`` or ``[K]`` by ``[K, N]`` or ``[K]``.

    The elements of the result are of ``dtype``, by default of ``lhs``'s element type.
    :func:`dot_general` replaces it.
    """
    precisions = precision_cases("dot", precision_config)
    builder = builder_of(DotOp.name, (lhs, rhs))
    if dtype is None:
        return builder.append(DotOp, (lhs, rhs), (precisions,), _precisions)
    left, right = (builder.own(value).type.get_shape() for value in (lhs, rhs))
    type_ = TensorType(typed((), dtype).element_type, (*left[:-1], *right[1:]))
    key = (precisions, type_)
    return builder.append_many(DotOp, (lhs, rhs), key, _precisions, (type_,))[0]


def _precisions(precisions: tuple[Precision, ...] | None, *_: object) -> Mapping[str, Attribute]:
    if precisions is None:
        return {}
    return {"precision_config": ArrayAttr([PrecisionAttr(p) for p in precisions])}


def einsum(lhs: Value, rhs: Value, einsum_config: str, *, dtype: DTypeLike | None = None) -> Value:
    """Products summed as ``einsum_config`` says: ``"ab,bc->ac"`` multiplies matrices.

    Each dimension of the operands has a letter, equal sizes under equal letters, and ``...``
    stands for those without one; what the result does not name is summed. The elements of the
    result are of ``dtype``, by default of ``lhs``'s element type. :func:`dot_general` and
    :func:`transpose` replace it.
    """
    return _einsum(EinsumOp, (lhs, rhs), einsum_config, dtype)


def unary_einsum(operand: Value, einsum_config: str) -> Value:
    """The operand summed over the letters that the result does not have, and transposed.

    ``"ab->a"`` sums rows; see :func:`einsum`. :func:`reduce` and :func:`transpose` replace it.
    """
    return _einsum(UnaryEinsumOp, (operand,), einsum_config, None)


def _einsum(
    cls: type[StableHLOOp], operands: tuple[Value, ...], config: str, dtype: DTypeLike | None
) -> Value:
    builder = builder_of(cls.name, operands)
    shapes = [builder.own(value).type.get_shape() for value in operands]
    try:
        letters, result = einsum_letters(config, [len(shape) for shape in shapes])
    except ValueError as error:
        refuse(f"{cls.name}: {error}")
    sizes: dict[str, int] = {}
    for names, shape in zip(letters, shapes, strict=True):
        for name, size in zip(names, shape, strict=True):
            known = sizes.get(name, DYNAMIC)
            if DYNAMIC not in (known, size) and known != size:
                refuse(f"{cls.name}: {name!r} in {config!r} has the sizes {known} and {size}")
            sizes[name] = size if known == DYNAMIC else known
    element = operands[0].type.element_type
    if dtype is not None:
        element = typed((), dtype).element_type
    type_ = TensorType(element, [sizes[name] for name in result])
    return builder.append_many(cls, operands, (config, type_), _config, (type_,))[0]


def _config(config: str, _: Attribute) -> Mapping[str, Attribute]:
    return {"einsum_config": StringAttr(config)}


def torch_index_select(operand: Value, index: Value, dim: int, batch_dims: int = 0) -> Value:
    """The slices of ``operand`` along ``dim`` that ``index`` (integers) numbers.

    The result has ``index``'s dimensions, but the first ``batch_dims``, which both have, in the
    place of ``dim``. :func:`gather` replaces it.
    """
    builder = builder_of(TorchIndexSelectOp.name, (operand, index))
    type_ = builder.own(operand).type
    shape, chosen = type_.get_shape(), builder.own(index).type.get_shape()
    if not 0 <= batch_dims <= min(dim, len(chosen)) or not dim < len(shape):
        refuse(
            f"{TorchIndexSelectOp.name}: dim {dim} and batch_dims {batch_dims} do not fit {type_} "
            f"and {index.type}"
        )
    if any(
        a != b
        for a, b in zip(shape[:batch_dims], chosen[:batch_dims], strict=True)
        if DYNAMIC not in (a, b)
    ):
        refuse(
            f"{TorchIndexSelectOp.name}: the first {batch_dims} dimensions of {type_} and "
            f"{index.type} differ"
        )
    found = TensorType(type_.element_type, (*shape[:dim], *chosen[batch_dims:], *shape[dim + 1 :]))
    operands = (operand, index)
    key = (dim, batch_dims, found)
    return builder.append_many(TorchIndexSelectOp, operands, key, _selection, (found,))[0]


def _selection(dim: int, batch_dims: int, _: Attribute) -> Mapping[str, Attribute]:
    return {"dim": IntegerAttr(dim, i64), "batch_dims": IntegerAttr(batch_dims, i64)}
