"""A handle to one SSA result, held by the user's Python code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue

from dialects.stablehlo.binary import AddOp, AndOp, DivOp, MulOp, OrOp, SubtractOp, XorOp
from dialects.stablehlo.unary import NegOp, NotOp
from irkit.types import numpy_dtype

if TYPE_CHECKING:
    from irkit.builder import Builder

NO_WORD = -1


class Value:
    """One result of a recorded operation, or an argument or parameter.

    While its chunk is open a value refers to an xDSL ``SSAValue``; once the chunk is closed, only
    to its number in the op log. Dropping the last Python reference tells a streaming builder that
    nothing recorded later can read it.

    Operators record elementwise operations on operands of one type; a Python number becomes a
    constant of the other operand's type. ``==`` stays identity: use ``hlo.compare``.
    """

    __slots__ = ("__weakref__", "_ssa", "_word", "builder", "type")

    def __init__(
        self,
        builder: Builder,
        type: TensorType[Attribute],
        ssa: SSAValue | None,
        word: int = NO_WORD,
    ) -> None:
        self.builder = builder
        self.type = type
        self._ssa = ssa
        self._word = word

    @property
    def shape(self) -> tuple[int, ...]:
        """The dimensions."""
        return self.type.get_shape()

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.type.shape.data)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy dtype of the elements (of ``ml_dtypes`` for bf16 and smaller floats)."""
        return numpy_dtype(self.type.element_type)

    def __repr__(self) -> str:
        return f"Value({self.type})"

    def _like(self, other: Value | complex) -> Value:
        if isinstance(other, Value):
            return other
        return self.builder.splat(other, self.type)

    def __add__(self, other: Value | complex) -> Value:
        return self.builder.append(AddOp, (self, self._like(other)))

    def __radd__(self, other: complex) -> Value:
        return self.builder.append(AddOp, (self._like(other), self))

    def __sub__(self, other: Value | complex) -> Value:
        return self.builder.append(SubtractOp, (self, self._like(other)))

    def __rsub__(self, other: complex) -> Value:
        return self.builder.append(SubtractOp, (self._like(other), self))

    def __mul__(self, other: Value | complex) -> Value:
        return self.builder.append(MulOp, (self, self._like(other)))

    def __rmul__(self, other: complex) -> Value:
        return self.builder.append(MulOp, (self._like(other), self))

    def __truediv__(self, other: Value | complex) -> Value:
        self._refuse_integer_division()
        return self.builder.append(DivOp, (self, self._like(other)))

    def __rtruediv__(self, other: complex) -> Value:
        self._refuse_integer_division()
        return self.builder.append(DivOp, (self._like(other), self))

    def _refuse_integer_division(self) -> None:
        if self.dtype.kind in "iub":
            raise TypeError(
                f"/ on {self.type} is ambiguous: stablehlo.divide rounds toward zero and Python "
                "does not; call hlo.divide"
            )

    def __neg__(self) -> Value:
        return self.builder.append(NegOp, (self,))

    def __and__(self, other: Value | int) -> Value:
        return self.builder.append(AndOp, (self, self._like(other)))

    def __or__(self, other: Value | int) -> Value:
        return self.builder.append(OrOp, (self, self._like(other)))

    def __xor__(self, other: Value | int) -> Value:
        return self.builder.append(XorOp, (self, self._like(other)))

    def __invert__(self) -> Value:
        return self.builder.append(NotOp, (self,))

    def __lt__(self, other: Value | complex) -> Value:
        return self._compare(other, "LT")

    def __le__(self, other: Value | complex) -> Value:
        return self._compare(other, "LE")

    def __gt__(self, other: Value | complex) -> Value:
        return self._compare(other, "GT")

    def __ge__(self, other: Value | complex) -> Value:
        return self._compare(other, "GE")

    def _compare(self, other: Value | complex, direction: str) -> Value:
        from irkit.hlo import compare

        return compare(self, self._like(other), direction)

    def __bool__(self) -> bool:
        raise TypeError(
            "a Value has no truth value while the forward is recorded; use hlo.select or hlo.if_"
        )
