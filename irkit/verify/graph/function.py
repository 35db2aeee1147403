"""The digests of one function's body, operation by operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.traits import IsTerminator

from dialects.func import FuncOp
from irkit.verify.graph.attributes import AttributeDigests
from irkit.verify.graph.operations import START, OperationDigests, keeps_its_place
from irkit.verify.hashing import Digest


@dataclass(frozen=True)
class FunctionDigests:
    """A function of one block."""

    arguments: tuple[Attribute, ...]
    results: tuple[Digest, ...]
    state: Digest
    """The last effect, which covers those before it."""
    operations: Mapping[Operation, tuple[Digest, ...]]
    """The operations of the body but its terminator, in order, with their results' digests."""
    read: Mapping[Operation, tuple[Digest, ...]]
    """What each of them reads, its regions included."""
    effects: frozenset[Operation]
    """Those that keep their place whether they are read or not."""


def function_digests(function: FuncOp, attributes: AttributeDigests) -> FunctionDigests:
    """Digests a body.

    Raises :class:`~irkit.verify.graph.operations.UnreadableGraphError`, ``ValueError`` for a
    function of several blocks.
    """
    made: dict[Operation, Digest] = {}
    digests = OperationDigests(attributes, made.__setitem__)
    digests.region(function.body)
    block = function.body.block
    inside = [op for op in block.ops if not op.has_trait(IsTerminator)]
    effects = [op for op in inside if keeps_its_place(op)]
    last = block.last_op
    return FunctionDigests(
        function.function_type.inputs.data,
        tuple(digests.value(operand) for operand in (last.operands if last else ())),
        made[effects[-1]] if effects else START,
        {op: tuple(map(digests.value, op.results)) for op in inside},
        {op: tuple(map(digests.value, _read(op))) for op in inside},
        frozenset(effects),
    )


def _read(op: Operation) -> list[SSAValue]:
    return list(dict.fromkeys(operand for inner in op.walk() for operand in inner.operands))
