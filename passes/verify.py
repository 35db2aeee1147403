"""Verifying a closed region: each operation against its table, each use against its definition."""

from __future__ import annotations

from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.traits import IsTerminator
from xdsl.utils.exceptions import VerifyException

from passes.region_pass import PassResult
from passes.signature import SignatureTable

# pyright: reportPrivateUsage=false


class VerifyPass:
    """Raises ``VerifyException`` on the first operation that is invalid.

    What depends on an operation's signature alone (types, properties, numbered constraints,
    nested regions) is checked once a signature; definitions before uses and the terminator are
    checked for every operation.
    """

    name = "verify"

    def __init__(self) -> None:
        self._checked = SignatureTable(_verify_operation)

    def run(self, region: Region) -> PassResult:
        """Checks ``region``; it reads nothing from outside itself."""
        for block in region.blocks:
            self._verify_block(block)
        return PassResult(modified=False)

    def _verify_block(self, block: Block) -> None:
        checked = self._checked
        visible: set[int] = {id(argument) for argument in block._args}
        op = block._first_op
        last = block._last_op
        if last is None or not last.has_trait(IsTerminator):
            raise VerifyException("a closed region needs a terminator as its last operation")
        while op is not None:
            for operand in op._operands:
                if id(operand) not in visible:
                    _refuse_use(op, operand)
            if op.regions:
                _verify_uses_inside(op, visible)
            checked(op)
            for result in op.results:
                visible.add(id(result))
            op = op._next_op


def _verify_operation(op: Operation) -> None:
    op.verify(verify_nested_ops=True)


def _verify_uses_inside(op: Operation, visible: set[int]) -> None:
    """Regions see the values of the enclosing block and what was defined before in themselves."""
    for region in op.regions:
        for block in region.blocks:
            inner = [id(a) for a in block._args]
            visible.update(inner)
            for nested in block.ops:
                for operand in nested._operands:
                    if id(operand) not in visible:
                        _refuse_use(nested, operand)
                if nested.regions:
                    _verify_uses_inside(nested, visible)
                defined = [id(r) for r in nested.results]
                visible.update(defined)
                inner += defined
            visible.difference_update(inner)


def _refuse_use(op: Operation, operand: SSAValue) -> None:
    raise VerifyException(
        f"{op.name}: operand {list(op._operands).index(operand)} of type {operand.type} is not "
        "defined before its use in this region"
    )
