"""A handle to one SSA result, held by the user's Python code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.dialects.builtin import IntegerType, TensorType
from xdsl.ir import Attribute, SSAValue

from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.binary import AddOp, AndOp, DivOp, MulOp, OrOp, SubtractOp, XorOp
from dialects.stablehlo.unary import NegOp, NotOp
from irkit.errors import located
from irkit.types import numpy_dtype

if TYPE_CHECKING:
    from irkit.builder import Builder

NO_WORD = -1
"""The word of a value that has not left its chunk, or never will."""


class Value:
    """One result of a recorded operation, or an argument or parameter.

    While its chunk is open a value refers to an xDSL ``SSAValue``; once the chunk is closed, only
    to its number in the op log. Dropping the last Python reference tells a streaming builder that
    nothing recorded later can read it.

    ``type`` is the tensor's; tokens, tuples and futures (of ``hlo.after_all``, ``hlo.tuple``,
    ``hlo.async_start``) are values too, whose type is not one of a tensor.

    Operators record elementwise operations on operands of one type; a Python number becomes a
    constant of the other operand's type. ``==`` stays identity: use ``hlo.compare``.

    ``ssa`` and ``word`` belong to irkit: they change as chunks close.
    """

    __slots__ = ("__weakref__", "builder", "ssa", "type", "word")

    __array_ufunc__ = None
    """Keeps numpy from taking a value for an element of an array of objects."""

    def __init__(
        self,
        builder: Builder,
        type: TensorType[Attribute],
        ssa: SSAValue | None,
        word: int = NO_WORD,
    ) -> None:
        self.builder = builder
        self.type = type
        self.ssa = ssa
        self.word = word

    @property
    def shape(self) -> tuple[int, ...]:
        """The dimensions. Raises ``TypeError`` for a token, tuple or future."""
        return self._tensor.get_shape()

    @property
    def ndim(self) -> int:
        """The number of dimensions. Raises ``TypeError`` for a token, tuple or future."""
        return len(self._tensor.shape.data)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy dtype of the elements (of ``ml_dtypes`` for bf16 and smaller floats).

        Raises ``TypeError`` for a token, tuple or future.
        """
        return numpy_dtype(self._tensor.element_type)

    @property
    def _tensor(self) -> TensorType[Attribute]:
        if not isinstance(cast("Attribute", self.type), TensorType):
            raise TypeError(located(f"{self!r} is no tensor"))
        return self.type

    def __repr__(self) -> str:
        return f"Value({self.type})"

    def _binary(
        self, cls: type[StableHLOOp], other: Value | complex, *, reverse: bool = False
    ) -> Value:
        operand = self._like(other)
        if operand is None:
            return NotImplemented
        return self.builder.append(cls, (operand, self) if reverse else (self, operand))

    def _like(self, other: Value | complex) -> Value | None:
        """The other operand, as a constant if it is a number; None if it is neither."""
        if isinstance(other, Value):
            return other
        if isinstance(other, int | float | complex | np.generic):  # pyright: ignore[reportUnnecessaryIsInstance]
            return self.builder.splat(other, self._tensor)
        if isinstance(other, np.ndarray):
            raise TypeError(
                located(f"{self!r} and a numpy array: make it a constant with builder.constant")
            )
        return None

    def __add__(self, other: Value | complex) -> Value:
        return self._binary(AddOp, other)

    def __radd__(self, other: complex) -> Value:
        return self._binary(AddOp, other, reverse=True)

    def __sub__(self, other: Value | complex) -> Value:
        return self._binary(SubtractOp, other)

    def __rsub__(self, other: complex) -> Value:
        return self._binary(SubtractOp, other, reverse=True)

    def __mul__(self, other: Value | complex) -> Value:
        return self._binary(MulOp, other)

    def __rmul__(self, other: complex) -> Value:
        return self._binary(MulOp, other, reverse=True)

    def __truediv__(self, other: Value | complex) -> Value:
        self._refuse_integer_division()
        return self._binary(DivOp, other)

    def __rtruediv__(self, other: complex) -> Value:
        self._refuse_integer_division()
        return self._binary(DivOp, other, reverse=True)

    def _refuse_integer_division(self) -> None:
        if isinstance(self._tensor.element_type, IntegerType):
            raise TypeError(
                located(
                    f"/ on {self.type} is ambiguous: stablehlo.divide rounds toward zero and "
                    "Python does not; call hlo.divide"
                )
            )

    def __neg__(self) -> Value:
        return self.builder.append(NegOp, (self,))

    def __and__(self, other: Value | int) -> Value:
        return self._binary(AndOp, other)

    def __rand__(self, other: int) -> Value:
        return self._binary(AndOp, other, reverse=True)

    def __or__(self, other: Value | int) -> Value:
        return self._binary(OrOp, other)

    def __ror__(self, other: int) -> Value:
        return self._binary(OrOp, other, reverse=True)

    def __xor__(self, other: Value | int) -> Value:
        return self._binary(XorOp, other)

    def __rxor__(self, other: int) -> Value:
        return self._binary(XorOp, other, reverse=True)

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

        operand = self._like(other)
        return NotImplemented if operand is None else compare(self, operand, direction)

    def __bool__(self) -> bool:
        raise TypeError(
            located(
                "a Value has no truth value while the forward is recorded; use hlo.select or "
                "hlo.if_"
            )
        )
