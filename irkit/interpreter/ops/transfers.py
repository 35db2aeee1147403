"""Point-to-point and streaming communication, and operations that run beside others.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#point-to-point-communication
https://github.com/openxla/stablehlo/blob/main/docs/spec.md#streaming-communication
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.ir import Attribute

from dialects.stablehlo.async_ops import AsyncDoneOp, AsyncStartOp
from dialects.stablehlo.replica_groups import channel_id
from dialects.stablehlo.tensors import tensor
from dialects.stablehlo.transfers import InfeedOp, OutfeedOp, RecvOp, SendOp
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.ops.collectives import own_partners, route
from irkit.interpreter.registry import implements
from irkit.interpreter.values import TOKEN, Array, Future, Token, Value, dtype_of

if TYPE_CHECKING:
    from irkit.interpreter.engine import Context


def _is_paired(op: SendOp | RecvOp) -> bool:
    return op.source_target_pairs is not None and not _is_with_host(op)


def _is_with_host(op: SendOp | RecvOp) -> bool:
    return op.is_host_transfer is not None and bool(op.is_host_transfer.value.data)


@implements(SendOp, on_storage=True)
def send(op: SendOp, operands: list[Any], context: Context) -> Token:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#send

    Does not wait. Between devices the pairs say who gets it: replicas without a positive channel,
    partitions with one. With the host, and where there are no pairs, whoever receives on the
    channel, in order.
    """
    *values, _ = operands
    process, channel = context.process, f"channel {channel_id(op)}"
    if not _is_paired(op):
        process.grid.send(channel, values)
        return TOKEN
    for target in own_partners(op, context)[1]:
        process.grid.send(route(channel, process.id, target), values)
    return TOKEN


@implements(RecvOp, on_storage=True)
def recv(op: RecvOp, operands: list[Any], context: Context) -> list[Value]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#recv

    Waits for what :func:`send` put there. A process that no pair names as a target gets zeros.
    """
    process, channel = context.process, f"channel {channel_id(op)}"
    types = op.result_types[:-1]
    if not _is_paired(op):
        return [*_checked(process.grid.receive(process, channel), types, channel), TOKEN]
    source, _ = own_partners(op, context)
    if source is None:
        return [*(np.zeros(tensor(type_).get_shape(), dtype_of(type_)) for type_ in types), TOKEN]
    received = process.grid.receive(process, route(channel, source, process.id))
    return [*_checked(received, types, channel), TOKEN]


def _checked(values: Sequence[Array], types: Sequence[Attribute], source: str) -> Sequence[Array]:
    """The values, which must be of these types.

    Raises :class:`EvaluationError` otherwise.
    """
    fit = len(values) == len(types) and all(
        value.dtype == dtype_of(type_)
        and len(value.shape) == len(tensor(type_).get_shape())
        and all(
            wanted < 0 or size == wanted
            for size, wanted in zip(value.shape, tensor(type_).get_shape(), strict=True)
        )
        for value, type_ in zip(values, types, strict=True)
    )
    if fit:
        return values
    found = ", ".join(f"{value.dtype}{list(value.shape)}" for value in values)
    wanted = ", ".join(map(str, types))
    raise EvaluationError(f"{source} has {found or 'no values'}, expected {wanted or 'none'}")


@implements(InfeedOp, on_storage=True)
def infeed(op: InfeedOp, operands: list[Any], context: Context) -> list[Value]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#infeed

    Takes the next values of the queue that all processes share; ``infeed_config`` says nothing.
    Raises :class:`EvaluationError` where it is empty.
    """
    queue = context.process.grid.infeed
    if not queue:
        raise EvaluationError("the infeed is empty")
    return [*_checked(queue.popleft(), op.result_types[:-1], "the infeed"), TOKEN]


@implements(OutfeedOp, on_storage=True)
def outfeed(op: OutfeedOp, operands: list[Any], context: Context) -> Token:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#outfeed

    The grid keeps what was written, with the process.
    """
    *values, _ = operands
    context.process.grid.outfeed.append((context.process.id, values))
    return TOKEN


@implements(AsyncStartOp, on_storage=True)
def async_start(op: AsyncStartOp, operands: list[Any], context: Context) -> Future:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#async_start

    The operation is evaluated at once, which the specification allows.
    """
    return Future(context.evaluate(op.body, operands))


@implements(AsyncDoneOp, on_storage=True)
def async_done(op: AsyncDoneOp, operands: list[Any], context: Context) -> list[Value]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#async_done"""
    return list(cast(Future, operands[0]).results)
