"""Remembering what depends on an operation's signature alone.

The signature of an operation is everything except which values it reads and writes: its class,
operand and result types, properties, attributes and nested regions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from xdsl.ir import Attribute, Block, Operation, SSAValue

# pyright: reportPrivateUsage=false

T = TypeVar("T")

LIMIT = 1 << 14
"""Signatures remembered; over it the older half is forgotten, so that a program whose every
operation is unique does not grow the table."""

LARGE = 1 << 12
"""Bytes of a constant from which its operation is not remembered."""


def identity_key(op: Operation) -> Hashable:
    """A key that two operations share only if their signatures are equal.

    It compares attributes and types by identity: equal signatures made of different objects get
    different keys, which costs a second computation and is never wrong. Whoever stores the key
    must keep the objects alive (see :func:`parts`).
    """
    operands = op._operands
    results = op.results
    properties = op.properties
    if not op.regions and not op.attributes:
        if not properties:
            return (
                op.__class__,
                len(operands),
                *[id(v._type) for v in operands],
                *[id(v._type) for v in results],
            )
        return (
            op.__class__,
            len(operands),
            *[id(v._type) for v in operands],
            *[id(v._type) for v in results],
            *properties,
            *map(id, properties.values()),
        )
    captured = {id(value): -1 - i for i, value in enumerate(captures(op))}
    return _key_with_regions(op, captured)


def _key_with_regions(op: Operation, local: dict[int, int]) -> Hashable:
    """Values of nested regions are numbered from 0 up, captured ones from -1 down.

    The outermost operation's operands are not in ``local`` unless it captures them too, which the
    key must not depend on: they show their type only.
    """
    parts: list[Hashable] = [
        op.__class__,
        len(op._operands),
        tuple(id(v._type) for v in op.results),
        tuple((k, id(v)) for k, v in op.properties.items()),
        tuple((k, id(v)) for k, v in op.attributes.items()),
        tuple((local.get(id(v)), id(v._type)) for v in op._operands),
    ]
    for region in op.regions:
        for block in region.blocks:
            parts.append(_block_key(block, local))
    return tuple(parts)


def _block_key(block: Block, local: dict[int, int]) -> Hashable:
    for argument in block.args:
        local[id(argument)] = len(local)
    parts: list[Hashable] = [tuple(id(a._type) for a in block.args)]
    for op in block.ops:
        parts.append(_key_with_regions(op, local))
        for result in op.results:
            local[id(result)] = len(local)
    return tuple(parts)


def captures(op: Operation) -> list[SSAValue]:
    """The values of enclosing regions that ``op``'s regions read, in order of first use."""
    inside: set[int] = set()
    found: dict[int, SSAValue] = {}
    for nested in op.walk():
        if nested is not op:
            for operand in nested._operands:
                if id(operand) not in inside:
                    found.setdefault(id(operand), operand)
            inside.update(id(r) for r in nested.results)
        for region in nested.regions:
            for block in region.blocks:
                inside.update(id(a) for a in block.args)
    return list(found.values())


def parts(op: Operation) -> list[Attribute]:
    """Every attribute and type whose identity :func:`identity_key` uses."""
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


class SignatureTable(Generic[T]):
    """A bounded memory from signature to ``compute(op)``."""

    def __init__(self, compute: Callable[[Operation], T], limit: int = LIMIT) -> None:
        self._compute = compute
        self._limit = limit
        self._known: dict[Hashable, tuple[T, list[Attribute]]] = {}

    def __call__(self, op: Operation) -> T:
        """``compute(op)``, from memory if an operation with this signature was seen."""
        key = identity_key(op)
        found = self._known.get(key)
        if found is not None:
            return found[0]
        value = self._compute(op)
        if not _holds_large_constant(op):
            if len(self._known) >= self._limit:
                for old in list(self._known)[: self._limit // 2]:
                    del self._known[old]
            self._known[key] = (value, parts(op))
        return value


def _holds_large_constant(op: Operation) -> bool:
    for nested in op.walk():
        for attribute in nested.properties.values():
            data = getattr(getattr(attribute, "data", None), "data", None)
            if isinstance(data, bytes) and len(data) >= LARGE:
                return True
    return False
