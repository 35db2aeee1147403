"""Digests of the values that a region computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.traits import IsTerminator, MemoryEffect, NoMemoryEffect, RecursiveMemoryEffect

from irkit.errors import IRKitError
from irkit.verify.graph.attributes import AttributeDigests
from irkit.verify.hashing import Digest, digest

START = digest(b"start")
"""The effect before the first one of a region."""

UNREPEATABLE = frozenset({"stablehlo.rng"})
"""Operations without effects (upstream drops them when nobody reads them) that nevertheless do not
give the same results twice: they keep their order, as if they had effects."""

Watch = Callable[[Operation, Digest], object]


class UnreadableGraphError(IRKitError):
    """A region whose values are read before they are defined, in the order of the text."""


def keeps_its_place(op: Operation) -> bool:
    """Whether order and number matter: effects (MLIR: memory effects), or results by chance.

    An operation has the effects of what its regions hold, and none of its own, where its class
    says so; one whose class says nothing may do anything.
    """
    if op.name in UNREPEATABLE:
        return True
    known = op.get_traits_of_type(MemoryEffect)
    if not known or any(_has_own(effect, op) for effect in known):
        return True
    inner = (o for region in op.regions for block in region.blocks for o in block.ops)
    return any(keeps_its_place(o) for o in inner if not o.has_trait(IsTerminator))


def _has_own(effect: MemoryEffect, op: Operation) -> bool:
    """Whether the operation itself has an effect, besides those of its regions."""
    if isinstance(effect, RecursiveMemoryEffect | NoMemoryEffect):
        return False
    found = effect.get_effects(op)
    return found is None or bool(found)


class OperationDigests:
    """Digests the values of one function, region by region.

    ``watch`` is told of every operation with its digest, those of nested regions before the
    operation that has them.
    """

    def __init__(self, attributes: AttributeDigests, watch: Watch | None = None) -> None:
        self._attributes = attributes
        self._watch = watch
        self._values: dict[SSAValue, Digest] = {}

    def assume(self, value: SSAValue, known: Digest) -> None:
        """Gives the digest of a value that is defined elsewhere."""
        self._values[value] = known

    def region(self, region: Region, depth: int = 0) -> Digest:
        """The digest of what a region does: its blocks, their terminators and effects.

        Block arguments are known by depth and position, so what a nested region captures can not
        be mistaken for what it is given. Raises :class:`UnreadableGraphError`.
        """
        places = {block: place for place, block in enumerate(region.blocks)}
        for block, place in places.items():
            for argument in block.args:
                self._values[argument] = digest(
                    b"argument",
                    b"%d %d %d" % (depth, place, argument.index),
                    self._attributes.of(argument.type),
                )
        return digest(b"region", *(self._block(block, places, depth) for block in region.blocks))

    def value(self, value: SSAValue) -> Digest:
        """The digest of a value of a region that was digested."""
        return self._values[value]

    def _block(self, block: Block, places: dict[Block, int], depth: int) -> Digest:
        state, end = START, b""
        for op in block.ops:
            if op.has_trait(IsTerminator) or op.successors:
                end = self._operation(op, None, depth, places)
            elif keeps_its_place(op):
                state = self._operation(op, state, depth, places)
            else:
                self._operation(op, None, depth, places)
        types = (self._attributes.of(argument.type) for argument in block.args)
        return digest(b"block", state, end, *types)

    def _operation(
        self, op: Operation, state: Digest | None, depth: int, places: dict[Block, int]
    ) -> Digest:
        made = digest(*self._parts(op, state, depth, places))
        for index, result in enumerate(op.results):
            self._values[result] = digest(b"result", made, b"%d" % index)
        if self._watch is not None:
            self._watch(op, made)
        return made

    def _parts(
        self, op: Operation, state: Digest | None, depth: int, places: dict[Block, int]
    ) -> Iterator[bytes]:
        yield op.name.encode()
        yield b"" if state is None else state
        yield self._attributes.dictionary(op.properties, op.name)
        yield self._attributes.dictionary(op.attributes, op.name)
        yield b"%d %d %d" % (len(op.operands), len(op.results), len(op.successors))
        for operand in op.operands:
            yield self._operand(op, operand)
        for value in chain(op.operands, op.results):
            yield self._attributes.of(value.type)
        for successor in op.successors:
            yield b"%d" % places[successor]
        for region in op.regions:
            yield self.region(region, depth + 1)

    def _operand(self, op: Operation, operand: SSAValue) -> Digest:
        known = self._values.get(operand)
        if known is None:
            what = "an argument" if isinstance(operand, BlockArgument) else "a result"
            raise UnreadableGraphError(f"{op.name} reads {what} before it is defined")
        return known
