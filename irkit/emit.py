"""Recording one operation: what every function of :mod:`irkit.hlo` calls."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeAlias

from xdsl.ir import Attribute

from dialects.stablehlo.base import StableHLOOp
from irkit.builder import Builder
from irkit.errors import BuildError, located
from irkit.recorder import Body
from irkit.value import Value

__all__ = ["Body", "PropertiesOf", "builder_of", "emit", "emit_many", "emit_region_op"]

PropertiesOf: TypeAlias = Callable[..., Mapping[str, Attribute]]
"""Makes the properties from the parts of a key."""


def emit(
    cls: type[StableHLOOp],
    operands: tuple[Value, ...],
    key: tuple[Hashable, ...] = (),
    properties: PropertiesOf | None = None,
) -> Value:
    """Records an operation with one result.

    ``properties(*key)`` is called only if this class, these operand types and this key were not
    seen before, so ``key`` must hold all that the properties depend on.
    Raises :class:`~irkit.errors.BuildError` where no valid operation comes from these operands.
    """
    try:
        builder = operands[0].builder
    except AttributeError:
        builder = builder_of(cls.name, operands)
    return builder.append(cls, operands, key, properties)


def emit_many(
    cls: type[StableHLOOp],
    operands: tuple[Value, ...],
    key: tuple[Hashable, ...] = (),
    properties: PropertiesOf | None = None,
) -> tuple[Value, ...]:
    """Like :func:`emit` for operations with any number of results."""
    return builder_of(cls.name, operands).append_many(cls, operands, key, properties)


def emit_region_op(
    cls: type[StableHLOOp],
    operands: tuple[Value, ...],
    properties: Mapping[str, Attribute],
    bodies: Sequence[Body],
    result_types: Sequence[Attribute] | None = None,
    *,
    key: tuple[Hashable, ...] | None = None,
) -> tuple[Value, ...]:
    """Records an operation with regions, each built by a Python callable.

    Result types are inferred if not given. ``key`` promises that properties and bodies depend on
    nothing else and capture nothing, so that verification can be remembered.
    """
    builder = builder_of(cls.name, operands)
    return builder.append_with_regions(cls, operands, properties, bodies, result_types, key=key)


def builder_of(op: str, operands: Sequence[object]) -> Builder:
    """The builder of the operands, some of which may turn out to be no values at all.

    Raises :class:`~irkit.errors.BuildError` if there are none to tell.
    """
    for operand in operands:
        if isinstance(operand, Value):
            return operand.builder
    found = f"not one of {list(operands)!r:.80} is one" if operands else "there are no operands"
    raise BuildError(
        located(f"{op}: at least one Value is needed to tell which builder records it; {found}")
    )
