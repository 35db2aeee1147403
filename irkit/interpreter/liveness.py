"""When each value of a block is read for the last time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from irkit.interpreter.errors import UnsupportedError
from irkit.interpreter.quantized import is_quantized
from irkit.interpreter.registry import Implementation, implementation
from irkit.interpreter.shapes import known_shape


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a block, ready to be evaluated."""

    op: Operation
    operands: Sequence[SSAValue]
    implementation: Implementation
    quantized: bool
    release: Sequence[SSAValue]
    """Operands that nothing reads after this, nor any region of the operation."""
    free: Sequence[SSAValue]
    """What else of the block is not read after this: captured by the operation's regions, or a
    result that nothing reads."""
    shapes: Sequence[tuple[int, ...] | None]
    """The results' dimensions, where their types say them all. None of what is done element by
    element: a body of that kind is evaluated on whole arrays."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A block as a list of steps."""

    arguments: Sequence[SSAValue]
    unread: Sequence[SSAValue]
    """Arguments that nothing reads."""
    steps: Sequence[Step]
    results: Sequence[SSAValue]
    """What the terminator returns."""
    rest: Sequence[SSAValue]
    """Values of the block that are alive when it ends."""


def plan(block: Block) -> Plan:
    """Looks up every operation and finds the last reader of every value that the block defines.

    Raises :class:`UnsupportedError` for an operation that cannot be evaluated.
    """
    ops = list(block.ops)
    if not ops:
        raise UnsupportedError("a block has no terminator", block.parent_op())
    *body, terminator = ops
    last: dict[SSAValue, int] = dict.fromkeys(block.args, -1)
    for index, op in enumerate(body):
        last.update((value, index) for value in op.results)
    for index, op in enumerate(ops):
        for nested in op.walk():
            for value in nested.operands:
                if value in last:
                    last[value] = index
    free: list[list[SSAValue]] = [[] for _ in range(len(ops) + 1)]
    for value, index in last.items():
        free[index].append(value)
    steps = [_step(op, free[index]) for index, op in enumerate(body)]
    # Index -1, of arguments that nothing reads, is the last list.
    return Plan(block.args, free[-1], steps, tuple(terminator.operands), free[len(body)])


def _step(op: Operation, free: Sequence[SSAValue]) -> Step:
    found = implementation(op.name)
    if found is None:
        raise UnsupportedError(f"{op.name} cannot be evaluated", op)
    types = (*op.operand_types, *op.result_types)
    kept = {value for nested in op.walk() if nested is not op for value in nested.operands}
    kept.update(op.results)
    return Step(
        op,
        tuple(op.operands),
        found,
        any(map(is_quantized, types)),
        release=[value for value in free if value not in kept],
        free=[value for value in free if value in kept],
        shapes=[] if found.elementwise else [*map(known_shape, op.result_types)],
    )
