"""Functions of one tensor, elementwise: ``result[i] = f(operand[i])``.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.chlo.base import ChloOp
from dialects.stablehlo.element_types import BOOLEAN, COMPLEX, FLOATING_POINT
from dialects.stablehlo.signature import Row, Rows, require
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operands
from dialects.stablehlo.unranked import (
    accepts,
    all_agree,
    element_of,
    one_shape,
    returns,
    with_element,
)

_FLOAT = accepts("operand", "operand", 0, FLOATING_POINT)
_FLOAT_OR_COMPLEX = accepts("operand", "operand", 0, FLOATING_POINT | COMPLEX)
_COMPLEX = accepts("operand", "operand", 0, COMPLEX)
_SAME: Rows = (one_shape("shape", "operand", "result"), all_agree("types"))


class UnaryOp(ChloOp, ABC):
    """``chlo.f %x : t -> u``."""

    operand = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    INPUT: ClassVar[Row]
    """What the operand may be."""

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
        require(cls, (cls.INPUT,), operands, properties)
        return [with_element(operands[0], cls.result_element(element_of(operands[0])))]

    def print_asm(self, p: AsmPrinter) -> None:
        operand, result = self.operands[0], self.results[0]
        p.write(f"{self.name} {p.name(operand)}{p.attr_dict(self)} : ")
        p.write(f"{p.attribute(operand.type)} -> {p.attribute(result.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        parser.parse_punctuation("->")
        result = parser.parse_type()
        return create(cls, parser, operands, [type_], [result], properties, attributes)


class FloatOp(UnaryOp, ABC):
    """A function of floating-point numbers."""

    INPUT: ClassVar[Row] = _FLOAT
    CONSTRAINTS: ClassVar[Rows] = (_FLOAT, *_SAME)


class FloatOrComplexOp(UnaryOp, ABC):
    """A function of floating-point or complex numbers."""

    INPUT: ClassVar[Row] = _FLOAT_OR_COMPLEX
    CONSTRAINTS: ClassVar[Rows] = (_FLOAT_OR_COMPLEX, *_SAME)


class PredicateOp(UnaryOp, ABC):
    """A question about floating-point numbers."""

    INPUT: ClassVar[Row] = _FLOAT
    CONSTRAINTS: ClassVar[Rows] = (
        _FLOAT,
        returns("result", "result", BOOLEAN),
        one_shape("shape", "operand", "result"),
    )

    @classmethod
    def result_element(cls, element: Attribute) -> Attribute:
        return IntegerType(1)


@irdl_op_definition
class AsinAcosKernelOp(UnaryOp):
    """What ``asin``, ``acos``, ``asinh`` and ``acosh`` of complex numbers are computed from."""

    name = "chlo._asin_acos_kernel"
    INPUT: ClassVar[Row] = _COMPLEX
    CONSTRAINTS: ClassVar[Rows] = (_COMPLEX, *_SAME)


@irdl_op_definition
class AcosOp(FloatOrComplexOp):
    """The inverse of the cosine, in radians."""

    name = "chlo.acos"


@irdl_op_definition
class AcoshOp(FloatOrComplexOp):
    """The inverse of the hyperbolic cosine."""

    name = "chlo.acosh"


@irdl_op_definition
class AsinOp(FloatOrComplexOp):
    """The inverse of the sine, in radians."""

    name = "chlo.asin"


@irdl_op_definition
class AsinhOp(FloatOrComplexOp):
    """The inverse of the hyperbolic sine."""

    name = "chlo.asinh"


@irdl_op_definition
class AtanOp(FloatOrComplexOp):
    """The inverse of the tangent, in radians."""

    name = "chlo.atan"


@irdl_op_definition
class AtanhOp(FloatOrComplexOp):
    """The inverse of the hyperbolic tangent."""

    name = "chlo.atanh"


@irdl_op_definition
class BesselI1eOp(FloatOrComplexOp):
    """``e ** -|x|`` times the modified Bessel function of order 1."""

    name = "chlo.bessel_i1e"


@irdl_op_definition
class ConjOp(FloatOrComplexOp):
    """The complex conjugate."""

    name = "chlo.conj"


@irdl_op_definition
class CoshOp(FloatOrComplexOp):
    """The hyperbolic cosine."""

    name = "chlo.cosh"


@irdl_op_definition
class SinhOp(FloatOrComplexOp):
    """The hyperbolic sine."""

    name = "chlo.sinh"


@irdl_op_definition
class SquareOp(FloatOrComplexOp):
    """``x * x``."""

    name = "chlo.square"


@irdl_op_definition
class TanOp(FloatOrComplexOp):
    """The tangent, of radians."""

    name = "chlo.tan"


@irdl_op_definition
class DigammaOp(FloatOp):
    """The derivative of ``log(gamma(x))``."""

    name = "chlo.digamma"


@irdl_op_definition
class ErfOp(FloatOp):
    """The error function of Gauss."""

    name = "chlo.erf"


@irdl_op_definition
class ErfInvOp(FloatOp):
    """The inverse of the error function."""

    name = "chlo.erf_inv"


@irdl_op_definition
class ErfcOp(FloatOp):
    """``1 - erf(x)``, exact for large ``x``."""

    name = "chlo.erfc"


@irdl_op_definition
class LgammaOp(FloatOp):
    """``log(|gamma(x)|)``."""

    name = "chlo.lgamma"


@irdl_op_definition
class IsInfOp(PredicateOp):
    """Whether ``x`` is infinite."""

    name = "chlo.is_inf"


@irdl_op_definition
class IsNegInfOp(PredicateOp):
    """Whether ``x`` is negative infinity."""

    name = "chlo.is_neg_inf"


@irdl_op_definition
class IsPosInfOp(PredicateOp):
    """Whether ``x`` is positive infinity."""

    name = "chlo.is_pos_inf"
