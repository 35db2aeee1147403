"""The operations of ``chlo`` that are not elementwise.

Source: ``ChloOps.td`` of https://github.com/openxla/stablehlo
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from xdsl.ir import Operation

from dialects.chlo.constant import ConstantLikeOp, ConstantOp
from dialects.chlo.scan import ScanOp
from dialects.chlo.top_k import TopKOp
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.tensors import shape
from dialects.stablehlo.unranked import is_unranked
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.numbers import is_float
from irkit.interpreter.ops.comparison import total_order_key
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.registry import implements
from irkit.interpreter.values import Array, Value, arrays, dtype_of


@implements(ConstantOp, elementwise=True, on_storage=True)
def constant(op: ConstantOp, operands: list[Any], context: Context) -> Array:
    """The elements that stand in the program."""
    return context.program.elements(op.value)


@implements(ConstantLikeOp)
def constant_like(op: ConstantLikeOp, operands: list[Any], context: Context) -> Array:
    """One number in every element of the operand's shape."""
    value: Any = op.value
    if value.name == "complex.number":
        number = np.asarray(complex(value.real.data, value.imag.data))
    else:
        number = np.asarray(value.value.data)
    return np.full(operands[0].shape, converted(number, dtype_of(op.result)))


@implements(TopKOp)
def top_k(op: TopKOp, operands: list[Any], context: Context) -> list[Array]:
    """The ``k`` greatest elements of each row, the greatest first, and their places.

    Floats are in their total order; of equal elements the first come first.
    """
    values = cast(Array, operands[0])
    keys = total_order_key(values) if is_float(values.dtype) else values
    # The other way round and back, because argsort has equal elements in ascending order.
    order = np.flip(np.argsort(np.flip(keys, -1), axis=-1, kind="stable"), -1)
    order = (values.shape[-1] - 1 - order)[..., : op.k.value.data]
    return [np.take_along_axis(values, order, -1), order.astype(dtype_of(op.indices))]


@implements(ScanOp)
def scan(op: ScanOp, operands: list[Any], context: Context) -> list[Value]:
    """The body on the slices of the inputs, one after the other, with what it carries along.

    Raises :class:`EvaluationError` where inputs are of different sizes along the dimension, or an
    output without slices is of an unknown shape.
    """
    found = arrays(operands)
    inputs, carried = found[: len(op.inputs)], found[len(op.inputs) :]
    axis = op.dimension.value.data
    size = _steps(op, inputs, axis)
    outputs: list[list[Array]] = []
    backward = op.is_reverse is not None and bool(op.is_reverse.value.data)
    for i in range(size):
        place = size - 1 - i if backward else i
        slices = [np.asarray(np.take(x, place, axis=axis)) for x in inputs]
        returned = arrays(context.evaluate(op.body, [*slices, *carried]))
        outputs.append(returned[: len(op.outputs)])
        carried = returned[len(op.outputs) :]
    if backward:
        outputs.reverse()
    if not size:
        return [*_without_slices(op, axis), *carried]
    return [*(np.stack(slices, axis) for slices in zip(*outputs, strict=True)), *carried]


def _steps(op: ScanOp, inputs: list[Array], axis: int) -> int:
    """The size of the inputs along the dimension, which ``scan_dim_size`` says, too."""
    sizes = {x.shape[axis] for x in inputs}
    if op.scan_dim_size is not None:
        sizes.add(op.scan_dim_size.value.data)
    if not sizes:
        raise EvaluationError("there are neither inputs nor a scan_dim_size")
    if len(sizes) > 1:
        listed = " and ".join(map(str, sorted(sizes)))
        raise EvaluationError(f"the sizes along dimension {axis} are {listed}; they must be one")
    return sizes.pop()


def _without_slices(op: ScanOp, axis: int) -> list[Array]:
    """The outputs where the body has not run: what its results' types say of them."""
    last = cast(Operation, op.body.block.last_op)
    outputs: list[Array] = []
    for returned in last.operands[: len(op.outputs)]:
        if is_unranked(returned.type) or DYNAMIC in shape(returned.type):
            raise EvaluationError(
                f"without a slice of the inputs nothing tells what shape {returned.type} has"
            )
        dims = list(shape(returned.type))
        dims.insert(axis, 0)
        outputs.append(np.zeros(dims, dtype_of(returned)))
    return outputs
