"""What a module consists of, as it is read from its beginning to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from dialects.func import FuncOp
from dialects.long_literal import LongLiteral
from irkit.reading.pattern import Signature


class Statement(NamedTuple):
    """One operation of a function's body.

    Values have numbers: the function's arguments from 1, then all results in order.
    """

    signature: Signature
    operands: list[int]
    """The values at the places where the text reads one, nested regions included."""
    first_result: int
    literals: list[LongLiteral]
    """In the order of the text."""


@dataclass(frozen=True, slots=True)
class ModuleStart:
    """A module, whose body follows; ``op`` has its attributes and an empty body."""

    op: ModuleOp


@dataclass(frozen=True, slots=True)
class ModuleEnd:
    """The end of the last module that began."""


@dataclass(frozen=True, slots=True)
class FunctionStart:
    """A function, whose body follows; the one block of ``op`` has the arguments alone."""

    op: FuncOp


@dataclass(frozen=True, slots=True)
class FunctionEnd:
    """The end of the function that began."""


@dataclass(frozen=True, slots=True)
class ModuleLevel:
    """An operation beside the functions, or a function without a body, as a whole."""

    op: Operation
    literals: list[LongLiteral]


@dataclass(frozen=True, slots=True)
class Resources:
    """The blobs of ``dense_resource`` constants: ``0x...`` or a stand-in, by dialect and name."""

    blobs: Mapping[tuple[str, str], str]
    literals: Mapping[int, LongLiteral]


Event: TypeAlias = (
    Statement | ModuleStart | ModuleEnd | FunctionStart | FunctionEnd | ModuleLevel | Resources
)
