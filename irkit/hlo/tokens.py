"""Tokens and tuples: values that are no tensors."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import IntegerAttr, i32
from xdsl.ir import Attribute

from dialects.stablehlo.after_all import AfterAllOp, CreateTokenOp
from dialects.stablehlo.tuples import GetTupleElementOp, TupleOp
from irkit.builder import Builder
from irkit.emit import emit
from irkit.value import Value


def after_all(*inputs: Value, builder: Builder | None = None) -> Value:
    """A token that comes after all of the tokens ``inputs``.

    ``builder`` is needed only where there are no inputs.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#after_all
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    if builder is not None:
        return builder.append(AfterAllOp, inputs)
    return emit(AfterAllOp, inputs)


def create_token(builder: Builder) -> Value:
    """A token that comes after nothing; :func:`after_all` without inputs is the same.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#create_token
    """
    return builder.append(CreateTokenOp, ())


def tuple(val: Sequence[Value], builder: Builder | None = None) -> Value:
    """One value of several; ``builder`` is needed only where there are none.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#tuple
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    values = builtins.tuple(val)
    if builder is not None:
        return builder.append(TupleOp, values)
    return emit(TupleOp, values)


def get_tuple_element(operand: Value, index: int) -> Value:
    """The value at ``index`` of a tuple.

    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#get_tuple_element
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    return emit(GetTupleElementOp, (operand,), (index,), _index)


def _index(index: int) -> Mapping[str, Attribute]:
    return {"index": IntegerAttr(index, i32)}
