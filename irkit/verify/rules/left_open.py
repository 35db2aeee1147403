"""What the specification leaves open, though the interpreter has an answer: it is not folded.

Sources: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#errors, and for integers
https://openxla.org/xla/operation_semantics#element-wise_binary_arithmetic_operations
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dialects.stablehlo.attributes import ComparisonType, ComparisonTypeAttr
from dialects.stablehlo.comparison import comparison_types
from dialects.stablehlo.tensors import element_type
from irkit.interpreter.numbers import integer_range, is_float, is_integer, widen
from irkit.interpreter.values import Array
from irkit.verify.rules.terms import Signature


def is_left_open(signature: Signature, operands: Sequence[Array], result: Array) -> bool:
    """Whether implementations may give something else than this result for these operands.

    So it is with the bits of every NaN that is computed.
    """
    found = _OPEN.get(signature.op)
    return bool(np.isnan(widen(result)).any()) or (
        found is not None and found(signature, operands, result)
    )


def _compare(signature: Signature, operands: Sequence[Array], result: Array) -> bool:
    """As a type that the elements have not, such as integers with a sign as if they had none."""
    del operands, result
    kind = signature.get("compare_type")
    known = (ComparisonType.NOTYPE, *comparison_types(element_type(signature.operand_types[0])))
    return isinstance(kind, ComparisonTypeAttr) and kind.data not in known


def _convert(signature: Signature, operands: Sequence[Array], result: Array) -> bool:
    """To integers, a floating-point number that is out of their range."""
    (values,) = operands
    if not is_float(values.dtype) or not is_integer(result.dtype):
        return False
    least, greatest = integer_range(result.dtype)
    whole = np.trunc(widen(values))
    return not np.all((whole >= least) & (whole < greatest + 1))


def _quotient(signature: Signature, operands: Sequence[Array], result: Array) -> bool:
    """By zero, or one that overflows."""
    if not is_integer(result.dtype):
        return False
    a, b = map(widen, operands)
    least, _ = integer_range(result.dtype)
    return bool(np.any((b == 0) | ((least < 0) & (a == least) & (b == -1))))


def _power(signature: Signature, operands: Sequence[Array], result: Array) -> bool:
    """Of integers, to a negative power."""
    return bool(np.any(widen(operands[1]) < 0))


_OPEN: dict[str, Callable[[Signature, Sequence[Array], Array], bool]] = {
    "stablehlo.compare": _compare,
    "stablehlo.convert": _convert,
    "stablehlo.divide": _quotient,
    "stablehlo.power": _power,
    "stablehlo.remainder": _quotient,
}
