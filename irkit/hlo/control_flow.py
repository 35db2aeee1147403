"""``while``, ``if`` and ``case``; the regions are Python callables.

A callable may use values of the surrounding code, and what it computes belongs to its region: only
what it returns can be used after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, overload

from dialects.stablehlo.control_flow import CaseOp, IfOp, WhileOp
from irkit.emit import Body, emit_region_op
from irkit.value import Value

Values: TypeAlias = Value | Sequence[Value]


@overload
def while_(
    operand: Value, cond: Callable[[Value], Value], body: Callable[[Value], Values]
) -> Value: ...
@overload
def while_(
    operand: Sequence[Value], cond: Callable[..., Value], body: Callable[..., Values]
) -> tuple[Value, ...]: ...
def while_(
    operand: Values, cond: Callable[..., Value], body: Callable[..., Values]
) -> Value | tuple[Value, ...]:
    """Runs ``body`` on the carried values as long as ``cond`` gives true (``i1[]``) for them.

    ``cond`` and ``body`` take the carried values; ``body`` returns as many of the same types. The
    result is one value for one operand, a tuple for a sequence.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#while
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    carried = (operand,) if isinstance(operand, Value) else tuple(operand)
    types = [value.type for value in carried]
    bodies = (Body(types, cond), Body(types, body))
    results = emit_region_op(WhileOp, carried, {}, bodies)
    return results[0] if isinstance(operand, Value) else results


def if_(
    pred: Value, true_branch: Callable[[], Values], false_branch: Callable[[], Values]
) -> Value | tuple[Value, ...]:
    """Runs ``true_branch`` if ``pred`` (``i1[]``) is true, else ``false_branch``.

    The branches take nothing and return values of the same types; the result is one value if they
    return one, a tuple if they return a sequence.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#if
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    branches = _Branches((true_branch, false_branch))
    return branches.unpack(emit_region_op(IfOp, (pred,), {}, branches.bodies))


def case(index: Value, branches: Sequence[Callable[[], Values]]) -> Value | tuple[Value, ...]:
    """Runs the branch with the number ``index`` (``i32[]``), the last one if there is none.

    The branches take nothing and return values of the same types; the result is one value if they
    return one, a tuple if they return a sequence.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#case
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    recorded = _Branches(branches)
    return recorded.unpack(emit_region_op(CaseOp, (index,), {}, recorded.bodies))


class _Branches:
    """Bodies without arguments that remember whether each returned one value alone."""

    def __init__(self, branches: Sequence[Callable[[], Values]]) -> None:
        self._single: list[bool] = []
        self.bodies = [Body((), _remembering(branch, self._single)) for branch in branches]

    def unpack(self, results: tuple[Value, ...]) -> Value | tuple[Value, ...]:
        return results[0] if all(self._single) else results


def _remembering(branch: Callable[[], Values], single: list[bool]) -> Callable[[], Values]:
    """``branch``, which notes whether it returned one value alone.

    It refers to the list and to nothing that refers to it: a cycle would keep the values that
    ``branch`` captures until the cyclic collector runs.
    """

    def build() -> Values:
        results = branch()
        single.append(isinstance(results, Value))
        return results

    return build
