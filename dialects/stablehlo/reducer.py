"""The function that reduces: what ``reduce``, ``reduce_window`` and their kin ask of their body.

For N inputs the body takes N accumulated values, then N elements, and returns N values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from xdsl.ir import Attribute, Region, SSAValue

from dialects.constraints import Constraint
from dialects.quant.types import UniformType
from dialects.stablehlo.element_types import BOOLEAN, COMPLEX, FLOATING_POINT, INTEGER, bit_width
from dialects.stablehlo.regions import (
    argument_types,
    problem_row,
    returned_types,
    structure_problem,
    types_text,
)
from dialects.stablehlo.tensors import (
    dims_agree,
    element_type,
    is_tensor,
    rank,
    shape,
    shapes_agree,
)


class Reducing(Protocol):
    """An operation that reduces ``inputs`` with ``body``, beginning at ``init_values``."""

    @property
    def inputs(self) -> Sequence[SSAValue]: ...
    @property
    def init_values(self) -> Sequence[SSAValue]: ...
    @property
    def body(self) -> Region: ...


@dataclass(frozen=True, slots=True)
class ReducerIds:
    """Under which numbers an operation's specification has what is asked of its body."""

    structure: str
    signature: str
    """The body takes and returns a value for each input, to which inputs can be promoted."""
    initial_shape: str
    """Initial values have the shapes of what the body returns."""


def is_promotable(source: Attribute, target: Attribute) -> bool:
    """Whether elements keep their kind and do not get narrower; floats may have any width.

    Quantized ones keep the type that they express, and their storage does not get narrower.
    """
    if isinstance(source, UniformType) and isinstance(target, UniformType):
        narrower = target.storage.width < source.storage.width
        return source.expressed == target.expressed and not narrower
    if source in FLOATING_POINT:
        return target in FLOATING_POINT
    for kind in (INTEGER | BOOLEAN, COMPLEX):
        if source in kind:
            return target in kind and bit_width(source) <= bit_width(target)
    return source == target


def reducer_rows(
    ids: ReducerIds, allowed_shape: Callable[[Any], Sequence[int]]
) -> tuple[Constraint[Any], ...]:
    """The rows on ``body``; ``allowed_shape(op)`` is the shape that its values may have a part of.

    They rely on at least one input and on one initial value for each.
    """
    return (
        problem_row(ids.structure, lambda op: structure_problem("body", (op.body,))),
        problem_row(ids.signature, _count_problem),
        problem_row(ids.signature, _parameter_problem),
        problem_row(ids.initial_shape, _initial_shape_problem),
        problem_row(ids.signature, _initial_promotion_problem),
        problem_row(ids.signature, _input_promotion_problem),
        problem_row(ids.signature, lambda op: _shape_problem(op, allowed_shape(op))),
    )


def _count_problem(op: Reducing) -> str | None:
    count = len(op.inputs)
    arguments, returned = argument_types(op.body), returned_types(op.body)
    if len(arguments) != 2 * count:
        return f"body takes {types_text(arguments)}, expected {2 * count} arguments"
    if len(returned) != count:
        return f"body returns {types_text(returned)}, expected {count} values"
    for type_ in (*arguments, *returned):
        if not is_tensor(type_):
            return f"body takes or returns {type_}, expected a tensor"
    return None


def _parameter_problem(op: Reducing) -> str | None:
    arguments, returned = argument_types(op.body), returned_types(op.body)
    for i, argument in enumerate(arguments):
        result = returned[i % len(returned)]
        left, right = element_type(argument), element_type(result)
        # Upstream lets the elements (not the accumulated values) be floats of another width.
        floats = i >= len(returned) and left in FLOATING_POINT and right in FLOATING_POINT
        if not (shapes_agree(shape(argument), shape(result)) and (floats or left == right)):
            return f"argument {i} of body is {argument}, but body returns {result} for it"
    return None


def _initial_shape_problem(op: Reducing) -> str | None:
    for initial, result in zip(op.init_values, returned_types(op.body), strict=True):
        if not shapes_agree(shape(initial), shape(result)):
            return f"body returns {result}, but its initial value is {initial.type}"
    return None


def _initial_promotion_problem(op: Reducing) -> str | None:
    for initial, result in zip(op.init_values, returned_types(op.body), strict=True):
        if not is_promotable(element_type(initial), element_type(result)):
            return f"the initial value {initial.type} can not be promoted to {result} of body"
    return None


def _input_promotion_problem(op: Reducing) -> str | None:
    elements = argument_types(op.body)[len(op.inputs) :]
    for source, argument in zip(op.inputs, elements, strict=True):
        if not is_promotable(element_type(source), element_type(argument)):
            return f"elements of {source.type} can not be promoted to {argument} of body"
    return None


def _shape_problem(op: Reducing, allowed: Sequence[int]) -> str | None:
    for argument in argument_types(op.body)[len(op.inputs) :]:
        if rank(argument) > len(allowed) or not _is_part(shape(argument), allowed):
            return f"argument {argument} of body does not fit the reduced shape {list(allowed)}"
    return None


def _is_part(sizes: Sequence[int], allowed: Sequence[int]) -> bool:
    """Whether the sizes occur in this order among the allowed ones."""
    found = 0
    for size in allowed:
        if found < len(sizes) and dims_agree(size, sizes[found]):
            found += 1
    return found == len(sizes)
