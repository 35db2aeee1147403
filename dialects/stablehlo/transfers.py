"""Data in and out of a program: ``infeed``, ``outfeed``, ``send``, ``recv``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation. All
of them have effects, which tokens order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    IntegerAttr,
    StringAttr,
    i1,
)
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    var_operand_def,
    var_result_def,
)

from dialects.constraints import Constraint
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.element_types import ANY_OR_PER_AXIS
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.mesh import (
    DEVICE_TO_DEVICE,
    DEVICE_TO_HOST,
    HOST_TO_DEVICE,
    ChannelHandleAttr,
)
from dialects.stablehlo.regions import problem_row, types_text
from dialects.stablehlo.replica_groups import PairIds, pair_rows
from dialects.stablehlo.signature import Row, Rows, Signature, require, row
from dialects.stablehlo.tensors import shape
from dialects.stablehlo.token import TokenType, takes_token, token_result


def _inputs(s: Signature) -> Sequence[Attribute]:
    """All operands but the token."""
    return s.operand_types[:-1]


def _payload(s: Signature) -> Sequence[Attribute]:
    """All results but the token."""
    return s.result_types[:-1]


def _takes_tensors(id: str) -> Row:
    return row(
        id,
        lambda s: all(map(ANY_OR_PER_AXIS.accepts, _inputs(s))),
        lambda s: f"inputs must each be a {ANY_OR_PER_AXIS}, got {types_text(_inputs(s))}",
    )


def _payload_rows(count: str, tensors: str, token: str) -> Rows:
    """Results are tensors of known shape, and last a token."""
    return (
        row(count, lambda s: len(s.result_types) > 0, lambda s: "there must be a result"),
        row(
            token,
            lambda s: isinstance(s.result_types[-1], TokenType),
            lambda s: f"the last result must be a token, got {s.result_types[-1]}",
        ),
        row(
            tensors,
            lambda s: all(map(ANY_OR_PER_AXIS.accepts, _payload(s))),
            lambda s: f"all results but the last must be tensors, got {types_text(_payload(s))}",
        ),
        row(
            "O1",
            lambda s: all(DYNAMIC not in shape(t) for t in _payload(s)),
            lambda s: f"the results' shapes must be known, got {types_text(_payload(s))}",
        ),
    )


# -- infeed and outfeed ------------------------------------------------------------------------


def _layout_problem(op: InfeedOp) -> str | None:
    if op.layout is None:
        return None
    if len(op.layout) != len(op.result_types) - 1:
        return f"{len(op.layout)} layouts for {len(op.result_types) - 1} tensors"
    for layout in op.layout:
        numbers = cast(ArrayAttr[Attribute], layout) if isinstance(layout, ArrayAttr) else None
        if numbers is None or not all(isinstance(number, IntegerAttr) for number in numbers):
            return f"a layout must be an array of integers, got {layout}"
    return None


@irdl_op_definition
class InfeedOp(StableHLOOp):
    """Reads tensors from the infeed, of which ``infeed_config`` says more."""

    name = "stablehlo.infeed"

    token = operand_def()
    infeed_config = prop_def(StringAttr, default_value=StringAttr(""))
    layout = opt_prop_def(ArrayAttr)
    results_ = var_result_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        takes_token("I1"),
        *_payload_rows("C1", "C2", "C3"),
        problem_row("layout", _layout_problem),
    )


@irdl_op_definition
class OutfeedOp(StableHLOOp):
    """Writes ``inputs`` to the outfeed, of which ``outfeed_config`` says more."""

    name = "stablehlo.outfeed"

    inputs = var_operand_def()
    token = operand_def()
    outfeed_config = prop_def(StringAttr, default_value=StringAttr(""))
    result = result_def()

    INPUTS: ClassVar[Rows] = (takes_token("I2"), _takes_tensors("I1"))
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, token_result("O1"))

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return (TokenType(),)


# -- send and recv -----------------------------------------------------------------------------


def _channel_row(id: str, to_or_from_host: int) -> Constraint[Any]:
    """The channel connects what ``is_host_transfer`` says."""

    def problem(op: SendOp | RecvOp) -> str | None:
        host = op.is_host_transfer is not None and bool(op.is_host_transfer.value.data)
        expected = to_or_from_host if host else DEVICE_TO_DEVICE
        found = op.channel_handle.data.type
        if found == expected:
            return None
        return (
            f"with is_host_transfer = {str(host).lower()} the channel's type must be {expected}, "
            f"got {found}"
        )

    return problem_row(id, problem)


_SEND_INPUTS: Sequence[Constraint[Any]] = (
    takes_token("I2"),
    _takes_tensors("I1"),
    _channel_row("C5", DEVICE_TO_HOST),
    *pair_rows(PairIds("I6", "C1", "C2", "C3", "C4")),
)


@irdl_op_definition
class SendOp(StableHLOOp):
    """Sends ``inputs`` over a channel to another device or to the host."""

    name = "stablehlo.send"

    inputs = var_operand_def()
    token = operand_def()
    channel_handle = prop_def(ChannelHandleAttr)
    is_host_transfer = opt_prop_def(IntegerAttr.constr(i1))
    source_target_pairs = opt_prop_def(DenseIntOrFPElementsAttr)
    result = result_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*_SEND_INPUTS, token_result("O1"))

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        checked_probe(cls, operands, properties, _SEND_INPUTS)
        return (TokenType(),)


@irdl_op_definition
class RecvOp(StableHLOOp):
    """Receives tensors over a channel from another device or from the host."""

    name = "stablehlo.recv"

    token = operand_def()
    channel_handle = prop_def(ChannelHandleAttr)
    is_host_transfer = opt_prop_def(IntegerAttr.constr(i1))
    source_target_pairs = opt_prop_def(DenseIntOrFPElementsAttr)
    results_ = var_result_def()

    # The specification numbers the rows on pairs so; upstream's verifier those on results.
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        takes_token("I1"),
        _channel_row("C5", HOST_TO_DEVICE),
        *pair_rows(PairIds("I5", "C1", "C2", "C3", "C4")),
        *_payload_rows("O1", "O1", "O1"),
    )
