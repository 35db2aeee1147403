"""Remembering what depends on an operation's signature alone.

The signature of an operation is everything except which values it reads and writes: its class,
operand and result types, properties, attributes and nested regions.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from xdsl.ir import Attribute, Block, Operation, SSAValue

from passes.bounded_cache import ENTRIES, BoundedCache, attribute_bytes

# Keys are made for every operation; xDSL's properties cost as much as all the rest of one.
# pyright: reportPrivateUsage=false

PART_BYTES = 64
"""What each part of a key holds, about: its place there, and an identity as an integer."""

_NO_VALUES: Sequence[SSAValue] = ()


class Signature:
    """What is known of a signature. Each fact is written by the one who finds it out."""

    __slots__ = ("parts", "template", "verified")

    def __init__(self, parts: Sequence[Attribute]) -> None:
        self.parts = parts
        """Keeps alive the attributes and types whose identities the table's key holds."""
        self.verified = False
        self.template: Any = None
        """For the streamed path: where the rendered text is."""


class SignatureTable:
    """From operations to their signatures, by identity of types and attributes.

    Two operations share an entry only if their signatures are equal. Equal signatures that are
    made of different objects get two entries, which costs a second computation and is never wrong.
    Within one region the answer is remembered for each operation until :meth:`forget_operations`,
    which whoever changes an operation must call.
    """

    def __init__(self, limit: int = ENTRIES) -> None:
        self._known: BoundedCache[Hashable, Signature] = BoundedCache(limit)
        self._of_operation: dict[int, tuple[Signature, Sequence[SSAValue]]] = {}

    def with_captures(self, op: Operation) -> tuple[Signature, Sequence[SSAValue]]:
        """The signature, and the values of enclosing regions that ``op``'s regions read."""
        recent = self._of_operation.get(id(op))
        if recent is not None:
            return recent
        captured: Sequence[SSAValue] = _NO_VALUES
        if op.regions:
            key, captured = _region_key(op)
        else:
            key = _plain_key(op)
        found = self._known.get(key)
        if found is None:
            found = Signature(_parts(op))
            self._known.keep(key, found, _held_bytes(found))
        recent = self._of_operation[id(op)] = (found, captured)
        return recent

    def forget_operations(self) -> None:
        """Drops what is remembered by operation; what is known by signature stays."""
        self._of_operation.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._of_operation.clear()
        self._known.clear()


def _plain_key(op: Operation) -> Hashable:
    properties = op.properties
    if not properties and not op.attributes:
        return (
            op.__class__,
            len(op._operands),
            *[id(v._type) for v in op._operands],
            *[id(v._type) for v in op.results],
        )
    return (
        op.__class__,
        len(op._operands),
        *[id(v._type) for v in op._operands],
        *[id(v._type) for v in op.results],
        *properties,
        *map(id, properties.values()),
        None,
        *op.attributes,
        *map(id, op.attributes.values()),
    )


def _region_key(op: Operation) -> tuple[Hashable, list[SSAValue]]:
    walk = _RegionWalk()
    regions = [tuple([walk.key(block) for block in region.blocks]) for region in op.regions]
    return (_plain_key(op), *regions), walk.captured


class _RegionWalk:
    """Numbers the values of nested regions from 0 up, and captured ones from -1 down."""

    __slots__ = ("_defined", "_local", "captured")

    def __init__(self) -> None:
        self._local: dict[int, int] = {}
        self._defined = 0
        self.captured: list[SSAValue] = []

    def key(self, block: Block) -> Hashable:
        """A key of everything in the block."""
        self._define(block._args)
        parts: list[Hashable] = [*[id(a._type) for a in block._args], None]
        inner = block._first_op
        while inner is not None:
            parts.append(_plain_key(inner))
            parts.extend([self._read(v) for v in inner._operands])
            parts.extend([tuple([self.key(b) for b in r.blocks]) for r in inner.regions])
            self._define(inner.results)
            inner = inner._next_op
        return tuple(parts)

    def _define(self, values: Sequence[SSAValue]) -> None:
        for value in values:
            self._local[id(value)] = self._defined
            self._defined += 1

    def _read(self, value: SSAValue) -> int:
        number = self._local.get(id(value))
        if number is None:
            self.captured.append(value)
            number = self._local[id(value)] = -len(self.captured)
        return number


def _parts(op: Operation) -> list[Attribute]:
    """Every attribute and type whose identity is in the key."""
    found: list[Attribute] = []
    for nested in op.walk():
        found.extend(v._type for v in nested._operands)
        found.extend(v._type for v in nested.results)
        found.extend(nested.properties.values())
        found.extend(nested.attributes.values())
        for region in nested.regions:
            for block in region.blocks:
                found.extend(a._type for a in block.args)
    return found


def _held_bytes(signature: Signature) -> int:
    """What an entry holds: constants by their bytes, so that large ones are not remembered."""
    parts = signature.parts
    return PART_BYTES * len(parts) + sum(map(attribute_bytes, parts))
