"""Programs as terms: applications of signatures to terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.ir import Attribute

from irkit.verify.graph.attributes import is_default


@dataclass(frozen=True, slots=True)
class Signature:
    """An operation without its operands, and which of its results is meant."""

    op: str
    operand_types: tuple[Attribute, ...]
    result_types: tuple[Attribute, ...]
    properties: tuple[tuple[str, Attribute], ...] = ()
    """Sorted by name, default values left out."""
    opaque: bytes = b""
    """Whatever else tells two operations apart: regions, discardable attributes, effects."""
    result: int = 0

    @property
    def type(self) -> Attribute:
        """The type of the result that is meant."""
        return self.result_types[self.result]

    def get(self, name: str) -> Attribute | None:
        """A property by name."""
        return dict(self.properties).get(name)

    @property
    def plain(self) -> bool:
        """Whether operation, types and properties say all; rules look at no others."""
        return not self.opaque and len(self.result_types) == 1


@dataclass(frozen=True, slots=True)
class Hole:
    """Any term of a type: a variable of an equation, or an argument of a function."""

    name: str
    type: Attribute


@dataclass(frozen=True, slots=True)
class Apply:
    """What an operation gives for these operands."""

    signature: Signature
    operands: tuple[Term, ...] = ()

    @property
    def type(self) -> Attribute:
        """The type of the value."""
        return self.signature.type


Term: TypeAlias = Hole | Apply


@dataclass(frozen=True, slots=True)
class Equation:
    """The left term is the right one, for all values of the holes in it."""

    rule: str
    left: Apply
    right: Term


def apply(
    op: str, result: Attribute, *operands: Term, properties: Mapping[str, Attribute] | None = None
) -> Apply:
    """The application of an operation with one result and without regions."""
    return Apply(
        Signature(
            op,
            tuple(operand.type for operand in operands),
            (result,),
            semantic_properties(op, properties or {}),
        ),
        operands,
    )


def semantic_properties(
    op: str, properties: Mapping[str, Attribute]
) -> tuple[tuple[str, Attribute], ...]:
    """Properties in order of their names, without those that say what absence says."""
    return tuple(
        (name, value)
        for name, value in sorted(properties.items())
        if not is_default(op, name, value)
    )


def signatures(term: Term) -> Iterator[Signature]:
    """Every signature of a term."""
    if isinstance(term, Apply):
        yield term.signature
        for operand in term.operands:
            yield from signatures(operand)


def holes(signature: Signature, prefix: str = "x") -> tuple[Hole, ...]:
    """One variable for each operand."""
    return tuple(
        Hole(f"{prefix}{place}", type_) for place, type_ in enumerate(signature.operand_types)
    )
