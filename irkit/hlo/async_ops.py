"""``async_start`` and ``async_done``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dialects.stablehlo.async_ops import AsyncDoneOp, AsyncStartOp
from irkit.emit import Body, emit, emit_region_op
from irkit.hlo.reducers import Values
from irkit.value import Value


def async_start(inputs: Sequence[Value], body: Callable[..., Values]) -> Value:
    """Starts ``body`` on ``inputs`` and gives a future for :func:`async_done`.

    ``body`` takes as many values and records one operation, a collective or a slice, whose result
    it returns; it can not capture values.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#async_start
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    operands = tuple(inputs)
    types = [value.type for value in operands]
    return emit_region_op(AsyncStartOp, operands, {}, (Body(types, body),))[0]


def async_done(operand: Value) -> Value:
    """What the future of an :func:`async_start` gives, once it is there.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#async_done
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(AsyncDoneOp, (operand,))
