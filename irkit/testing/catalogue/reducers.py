"""The regions of reductions, scatters, sorts and maps: on scalars, from nested steps or by name."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from irkit import hlo
from irkit.hlo.reducers import Reducer, ReducerName, scalar_of
from irkit.testing.catalogue.operands import is_plain
from irkit.testing.drawing import Drawing
from irkit.testing.elements import BOOLEAN, INTEGERS
from irkit.testing.type_facts import dtype_of
from irkit.types import tensor
from irkit.value import Value

_ARITHMETIC: Sequence[ReducerName] = ("add", "maximum", "minimum", "multiply")
_LOGIC: Sequence[ReducerName] = ("and", "or", "xor")
BOOL = tensor((), "i1")


def reducer(d: Drawing, inputs: Sequence[Value], index: int = 0) -> Reducer:
    """What combines scalars of the inputs: an operation by name, or the steps ``inner[index]``.

    Without steps the callable gives an element back, or what it captures.
    """
    names: list[ReducerName] = [*_ARITHMETIC]
    dtypes = {dtype_of(value.type) for value in inputs}
    if dtypes <= {*INTEGERS, *BOOLEAN}:
        names += _LOGIC
    if d.picks.below(3) < 2:
        return d.picks.choose(names)
    results = [scalar_of(value.type) for value in inputs]
    capture = d.picks.flag()
    return lambda *values: d.body(index, values, results, capture=capture)


def predicate(d: Drawing, index: int = 0) -> str | ScalarFunction:
    """What compares scalars: a direction, or the steps ``inner[index]``."""
    if d.picks.flag():
        return d.picks.choose(("LT", "GE", "EQ", "GT"))
    return ScalarFunction(d, index, BOOL, d.picks.flag())


class ScalarFunction:
    """Steps that give one scalar from some."""

    def __init__(
        self, d: Drawing, index: int, result: TensorType[Attribute], capture: bool
    ) -> None:
        self._d = d
        self._index = index
        self._result = result
        self._capture = capture

    def __call__(self, *values: Value) -> Value:
        found = self._d.body(self._index, values, (self._result,), capture=self._capture)
        return found[0]


def same_shape(d: Drawing, first: Value, count: int) -> list[Value]:
    """``count`` values of the first one's shape and any plain elements, itself the first.

    Where its size is known only at run time, the others are made of it.
    """
    if is_plain(first.type):
        return [first, *(d.value(first.shape, d.dtype()) for _ in range(count - 1))]
    return [first, *(hlo.convert(first, d.dtype()) for _ in range(count - 1))]
