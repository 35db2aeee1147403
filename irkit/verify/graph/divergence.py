"""Where two graphs part: the first operation of each that the other has no equal of."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.traits import IsTerminator

from dialects.func import FuncOp
from irkit.verify.graph.module import Resources, module_digests
from irkit.verify.graph.operations import keeps_its_place
from irkit.verify.hashing import Digest


@dataclass(frozen=True)
class Matched:
    """The operations that count of two modules, and how they correspond."""

    left: tuple[Operation, ...]
    """Operations of the left whose digest the right has not; the first is where they part."""
    right: tuple[Operation, ...]
    pairs: tuple[tuple[Operation, Operation], ...]
    """Operations that are equal."""


def match(
    left: ModuleOp,
    right: ModuleOp,
    left_resources: Resources | None = None,
    right_resources: Resources | None = None,
) -> Matched:
    """Pairs the live operations of two modules by digest; those of no pair are in text order.

    Holds a digest an operation of both modules.
    """
    a, b = _live(left, left_resources), _live(right, right_resources)
    by_digest: dict[Digest, Operation] = {}
    for op, made in b:
        by_digest.setdefault(made, op)
    known = {made for _, made in a}
    return Matched(
        tuple(op for op, made in a if made not in by_digest),
        tuple(op for op, made in b if made not in known),
        tuple((op, by_digest[made]) for op, made in a if made in by_digest),
    )


def _live(module: ModuleOp, resources: Resources | None) -> list[tuple[Operation, Digest]]:
    """The operations that something visible needs, each after its operands."""
    digests: dict[Operation, Digest] = {}
    module_digests(module, resources, digests.__setitem__)
    live: set[Operation] = set()
    # Reversed, an operation comes before what its regions hold.
    for op in reversed(digests):
        seen = op.has_trait(IsTerminator) or keeps_its_place(op)
        if op in live or (seen and _runs(op, live)):
            live.add(op)
            live.update(o.owner for o in op.operands if isinstance(o.owner, Operation))
    return [(op, made) for op, made in digests.items() if op in live]


def _runs(op: Operation, live: set[Operation]) -> bool:
    parent = op.parent_op()
    return parent is None or isinstance(parent, FuncOp) or parent in live
