"""Transfers to and from other processes and the host: ``send``, ``recv``, ``infeed``, ``outfeed``.

They have effects, so none is pruned; tokens give their order.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, StringAttr, i64
from xdsl.ir import Attribute

from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.mesh import Channel
from dialects.stablehlo.token import TokenType
from dialects.stablehlo.transfers import InfeedOp, OutfeedOp, RecvOp, SendOp
from irkit.emit import PropertiesOf, builder_of, emit
from irkit.hlo.arguments import Dims, dims
from irkit.hlo.groups import channel_property, pairs_attribute, pairs_of
from irkit.hlo.result_types import typed
from irkit.types import DTypeLike
from irkit.value import Value

ResultTypes = Sequence[tuple[Sequence[int], DTypeLike]]
"""Shapes and dtypes of what arrives."""


def infeed(
    token: Value,
    *,
    result_types: ResultTypes,
    infeed_config: str = "",
    layout: Sequence[Sequence[int]] | None = None,
) -> tuple[Value, ...]:
    """What stands next in the infeed, of the given shapes and dtypes, and last a token.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#infeed
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    layouts = None if layout is None else tuple(map(dims, layout))
    key = (infeed_config, layouts)
    return _received(InfeedOp, token, result_types, key, _infeed)


def _infeed(config: str, layouts: tuple[Dims, ...] | None, *_: object) -> Mapping[str, Attribute]:
    properties: dict[str, Attribute] = {"infeed_config": StringAttr(config)}
    if layouts is not None:
        properties["layout"] = ArrayAttr(
            [ArrayAttr([IntegerAttr(d, i64) for d in order]) for order in layouts]
        )
    return properties


def outfeed(inputs: Sequence[Value], token: Value, outfeed_config: str = "") -> Value:
    """Writes ``inputs`` to the outfeed; gives a token.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#outfeed
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(OutfeedOp, (*inputs, token), (outfeed_config,), _outfeed)


def _outfeed(config: str) -> Mapping[str, Attribute]:
    return {"outfeed_config": StringAttr(config)}


def send(
    inputs: Sequence[Value],
    token: Value,
    *,
    channel_id: int,
    channel_type: int,
    is_host_transfer: bool = False,
    source_target_pairs: Sequence[Sequence[int]] | None = None,
) -> Value:
    """Sends ``inputs`` over a channel; gives a token.

    ``channel_type`` is 1 between devices, 2 to the host (then ``is_host_transfer``).
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#send
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    key = _channel_key(SendOp, channel_id, channel_type, is_host_transfer, source_target_pairs)
    return emit(SendOp, (*inputs, token), key, _transfer)


def recv(
    token: Value,
    *,
    result_types: ResultTypes,
    channel_id: int,
    channel_type: int,
    is_host_transfer: bool = False,
    source_target_pairs: Sequence[Sequence[int]] | None = None,
) -> tuple[Value, ...]:
    """What arrives over a channel, of the given shapes and dtypes, and last a token.

    ``channel_type`` is 1 between devices, 3 from the host (then ``is_host_transfer``).
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#recv
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    key = _channel_key(RecvOp, channel_id, channel_type, is_host_transfer, source_target_pairs)
    return _received(RecvOp, token, result_types, key, _transfer)


_Key = tuple[Channel, bool, tuple[Dims, ...] | None]


def _channel_key(
    cls: type[StableHLOOp],
    channel_id: int,
    channel_type: int,
    is_host_transfer: bool,
    pairs: Sequence[Sequence[int]] | None,
) -> _Key:
    found = None if pairs is None else pairs_of(cls.name, pairs)
    return (Channel(channel_id, channel_type), is_host_transfer, found)


def _transfer(
    channel: Channel, host: bool, pairs: tuple[Dims, ...] | None, *_: object
) -> Mapping[str, Attribute]:
    properties = channel_property(channel)
    if host:
        properties["is_host_transfer"] = IntegerAttr.from_bool(True)
    if pairs is not None:
        properties["source_target_pairs"] = pairs_attribute(pairs)
    return properties


def _received(
    cls: type[StableHLOOp],
    token: Value,
    result_types: ResultTypes,
    key: tuple[Hashable, ...],
    properties: PropertiesOf,
) -> tuple[Value, ...]:
    types = (*(typed(dims(shape), dtype) for shape, dtype in result_types), TokenType())
    builder = builder_of(cls.name, (token,))
    return builder.append_many(cls, (token,), (*key, types), properties, types)
