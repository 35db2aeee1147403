"""Elementwise operations on one tensor.

Each of them computes ``result[i] = f(operand[i])``.
Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.accuracy import ResultAccuracyAttr, is_default
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import (
    BOOLEAN,
    COMPLEX,
    FLOATING_POINT,
    INTEGER,
    PER_TENSOR,
    SIGNED_INTEGER,
    complex_part,
)
from dialects.stablehlo.signature import (
    Rows,
    accepts,
    require,
    returns,
    row,
    same_shape,
    same_types,
    with_element,
)
from dialects.stablehlo.syntax import (
    create,
    parse_dictionary,
    parse_operands,
    parse_same_types,
    same_types_text,
)
from dialects.stablehlo.tensors import element_type

FLOAT_INPUT = accepts("I1", "operand", 0, FLOATING_POINT | PER_TENSOR)
FLOAT_OR_COMPLEX_INPUT = accepts("I1", "operand", 0, FLOATING_POINT | COMPLEX | PER_TENSOR)
PART_INPUT = accepts("I1", "operand", 0, FLOATING_POINT | COMPLEX)
INTEGER_INPUT = accepts("I1", "operand", 0, INTEGER)
NUMBER_INPUT = accepts("I1", "operand", 0, INTEGER | FLOATING_POINT | COMPLEX | PER_TENSOR)
SIGNED_INPUT = accepts("I1", "operand", 0, SIGNED_INTEGER | FLOATING_POINT | COMPLEX | PER_TENSOR)
BITS_INPUT = accepts("I1", "operand", 0, BOOLEAN | INTEGER)
SAME_TYPE = same_types("C1", ("operand", "result"))


REAL_RESULT = (
    returns("O1", "result", SIGNED_INTEGER | FLOATING_POINT | PER_TENSOR),
    same_shape("C1", "operand", "result"),
    row(
        "C2",
        lambda s: elements_agree(
            element_type(s.result_types[0]), complex_part(element_type(s.operand_types[0]))
        ),
        lambda s: (
            f"the result's element type must be {complex_part(element_type(s.operand_types[0]))}, "
            f"got {element_type(s.result_types[0])}"
        ),
    ),
)


class UnaryOp(StableHLOOp, ABC):
    """``stablehlo.f %x : t``, or ``: (t) -> u`` where the types differ."""

    operand = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.name(self.operands[0])}{self.dictionary_text(p)} : ")
        p.write(same_types_text(p, self))

    def dictionary_text(self, p: AsmPrinter) -> str:
        """The attributes shown in braces."""
        return p.attr_dict(self)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        properties, attributes = parse_dictionary(parser, cls)
        types, result = parse_same_types(parser, 1)
        return create(cls, parser, operands, types, [result], properties, attributes)


class InferredUnaryOp(UnaryOp, ABC):
    """The result's type follows from the operand's."""

    INPUTS: ClassVar[Rows]
    """The rows that look at the operand alone."""

    @classmethod
    def result_element(cls, element: Attribute) -> Attribute:
        """The result's element type, given the operand's."""
        return element

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        element = element_type(operands[0])
        result = cls.result_element(element)
        return operands if result is element else [with_element(operands[0], result)]


class TranscendentalOp(InferredUnaryOp, ABC):
    """A function of floating-point or complex numbers, with a wished accuracy."""

    result_accuracy = opt_prop_def(ResultAccuracyAttr)

    INPUTS: ClassVar[Rows] = (FLOAT_OR_COMPLEX_INPUT,)
    CONSTRAINTS: ClassVar[Rows] = (FLOAT_OR_COMPLEX_INPUT, SAME_TYPE)

    def dictionary_text(self, p: AsmPrinter) -> str:
        default = is_default(self.properties.get("result_accuracy"))
        return p.attr_dict(self, ("result_accuracy",) if default else ())


class RoundingOp(InferredUnaryOp, ABC):
    """A function of floating-point numbers."""

    INPUTS: ClassVar[Rows] = (FLOAT_INPUT,)
    CONSTRAINTS: ClassVar[Rows] = (FLOAT_INPUT, SAME_TYPE)


class CountOp(InferredUnaryOp, ABC):
    """Counts bits of integers."""

    INPUTS: ClassVar[Rows] = (INTEGER_INPUT,)
    CONSTRAINTS: ClassVar[Rows] = (INTEGER_INPUT, SAME_TYPE)


class PartOp(InferredUnaryOp, ABC):
    """A part of a complex number; of a real one the number itself, or zero."""

    INPUTS: ClassVar[Rows] = (PART_INPUT,)
    CONSTRAINTS: ClassVar[Rows] = (PART_INPUT, *REAL_RESULT)

    @classmethod
    def result_element(cls, element: Attribute) -> Attribute:
        return complex_part(element)


@irdl_op_definition
class CbrtOp(TranscendentalOp):
    """The cube root."""

    name = "stablehlo.cbrt"


@irdl_op_definition
class CosineOp(TranscendentalOp):
    """The cosine, of radians."""

    name = "stablehlo.cosine"


@irdl_op_definition
class ExpOp(TranscendentalOp):
    """``e ** x``."""

    name = "stablehlo.exponential"


@irdl_op_definition
class Expm1Op(TranscendentalOp):
    """``e ** x - 1``, exact for small ``x``."""

    name = "stablehlo.exponential_minus_one"


@irdl_op_definition
class LogOp(TranscendentalOp):
    """The natural logarithm."""

    name = "stablehlo.log"


@irdl_op_definition
class Log1pOp(TranscendentalOp):
    """``log(1 + x)``, exact for small ``x``."""

    name = "stablehlo.log_plus_one"


@irdl_op_definition
class LogisticOp(TranscendentalOp):
    """``1 / (1 + e ** -x)``."""

    name = "stablehlo.logistic"


@irdl_op_definition
class RsqrtOp(TranscendentalOp):
    """``1 / sqrt(x)``."""

    name = "stablehlo.rsqrt"


@irdl_op_definition
class SineOp(TranscendentalOp):
    """The sine, of radians."""

    name = "stablehlo.sine"


@irdl_op_definition
class SqrtOp(TranscendentalOp):
    """The square root."""

    name = "stablehlo.sqrt"


@irdl_op_definition
class TanOp(TranscendentalOp):
    """The tangent, of radians."""

    name = "stablehlo.tan"


@irdl_op_definition
class TanhOp(TranscendentalOp):
    """The hyperbolic tangent."""

    name = "stablehlo.tanh"


@irdl_op_definition
class CeilOp(RoundingOp):
    """The least integer that is not less."""

    name = "stablehlo.ceil"


@irdl_op_definition
class FloorOp(RoundingOp):
    """The greatest integer that is not greater."""

    name = "stablehlo.floor"


@irdl_op_definition
class RoundOp(RoundingOp):
    """The nearest integer, ties away from zero."""

    name = "stablehlo.round_nearest_afz"


@irdl_op_definition
class RoundNearestEvenOp(RoundingOp):
    """The nearest integer, ties to the even one."""

    name = "stablehlo.round_nearest_even"


@irdl_op_definition
class ClzOp(CountOp):
    """The number of leading zero bits."""

    name = "stablehlo.count_leading_zeros"


@irdl_op_definition
class PopulationCountOp(CountOp):
    """The number of bits that are set."""

    name = "stablehlo.popcnt"


@irdl_op_definition
class NegOp(InferredUnaryOp):
    """``-x``; two's complement for integers."""

    name = "stablehlo.negate"
    INPUTS: ClassVar[Rows] = (NUMBER_INPUT,)
    CONSTRAINTS: ClassVar[Rows] = (NUMBER_INPUT, SAME_TYPE)


@irdl_op_definition
class NotOp(InferredUnaryOp):
    """Logical negation of booleans, bitwise of integers."""

    name = "stablehlo.not"
    INPUTS: ClassVar[Rows] = (BITS_INPUT,)
    CONSTRAINTS: ClassVar[Rows] = (BITS_INPUT, SAME_TYPE)


@irdl_op_definition
class SignOp(InferredUnaryOp):
    """-1, 0 or 1; ``x / |x|`` for complex numbers."""

    name = "stablehlo.sign"
    INPUTS: ClassVar[Rows] = (SIGNED_INPUT,)
    CONSTRAINTS: ClassVar[Rows] = (SIGNED_INPUT, SAME_TYPE)


@irdl_op_definition
class RealOp(PartOp):
    """The real part."""

    name = "stablehlo.real"


@irdl_op_definition
class ImagOp(PartOp):
    """The imaginary part."""

    name = "stablehlo.imag"


@irdl_op_definition
class AbsOp(PartOp):
    """The absolute value; the modulus of a complex number."""

    name = "stablehlo.abs"
    INPUTS: ClassVar[Rows] = (SIGNED_INPUT,)
    CONSTRAINTS: ClassVar[Rows] = (SIGNED_INPUT, *REAL_RESULT)


@irdl_op_definition
class IsFiniteOp(InferredUnaryOp):
    """Whether ``x`` is neither infinite nor NaN."""

    name = "stablehlo.is_finite"
    INPUTS: ClassVar[Rows] = (accepts("I1", "x", 0, FLOATING_POINT | PER_TENSOR),)
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("O1", "y", BOOLEAN),
        same_shape("C1", "x", "y"),
    )

    @classmethod
    def result_element(cls, element: Attribute) -> Attribute:
        return IntegerType(1)

    def print_asm(self, p: AsmPrinter) -> None:
        # Upstream shows both types here even though one follows from the other.
        p.write(f"{self.name} {p.name(self.operands[0])}{p.attr_dict(self)} : ")
        p.write(p.functional_type(self))
