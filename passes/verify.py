"""Verifying a closed region: each operation against its table, each use against its definition."""

from __future__ import annotations

from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.traits import IsTerminator
from xdsl.utils.exceptions import VerifyException

from dialects.stablehlo.base import StableHLOOp
from passes.region_pass import PassResult
from passes.signature import SignatureTable

# The loop runs for every operation; xDSL's properties would double what it costs.
# pyright: reportPrivateUsage=false


class VerifyPass:
    """Raises ``VerifyException`` on the first operation that is invalid.

    What depends on an operation's signature alone (types, properties, numbered constraints,
    nested regions) is checked once a signature; definitions before uses and the terminator are
    checked for every operation, and so is all of one whose rows look at operands that are
    constants.
    """

    name = "verify"

    def __init__(self, signatures: SignatureTable | None = None) -> None:
        self._signatures = signatures or SignatureTable()

    def run(self, region: Region) -> PassResult:
        """Checks ``region``; it reads nothing from outside itself."""
        for block in region.blocks:
            self._verify_block(block)
        return PassResult(modified=False)

    def _verify_block(self, block: Block) -> None:
        signature_of = self._signatures.with_captures
        visible: set[int] = {id(argument) for argument in block._args}
        op = block._first_op
        last = block._last_op
        if last is None or not last.has_trait(IsTerminator):
            raise VerifyException("a closed region needs a terminator as its last operation")
        while op is not None:
            for operand in op._operands:
                if id(operand) not in visible:
                    _refuse_use(op, operand)
            signature, captured = signature_of(op)
            for operand in captured:
                if id(operand) not in visible:
                    _refuse_use(op, operand)
            if not signature.verified:
                op.verify(verify_nested_ops=True)
                signature.verified = not any(map(_reads_constants, op.walk()))
            for result in op.results:
                visible.add(id(result))
            op = op._next_op


def _reads_constants(op: Operation) -> bool:
    return isinstance(op, StableHLOOp) and op.READS_CONSTANTS


def _refuse_use(op: Operation, operand: SSAValue) -> None:
    position = [o is operand for o in op.operands]
    where = f"operand {position.index(True)}" if any(position) else "a value read in its regions"
    raise VerifyException(
        f"{op.name}: {where}, of type {operand.type}, is not defined before its use in this region"
    )
