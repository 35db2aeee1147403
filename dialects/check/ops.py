"""The operations of ``check``: none has a result, each fails the program where it does not hold.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/tests/CheckOps.td
"""

from __future__ import annotations

from abc import ABC
from typing import ClassVar, Self

from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    DenseResourceAttr,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    Signedness,
    StringAttr,
)
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def
from xdsl.parser import Parser

from dialects.asm import AsmPrinter
from dialects.attribute_text import attribute_text
from dialects.dense_parser import parse_elements
from dialects.number_syntax import (
    number_text,
    parse_float_property,
    parse_integer_property,
    parse_labelled,
)
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.constant import value_type
from dialects.stablehlo.element_types import ANY, COMPLEX, FLOATING_POINT, ElementTypes
from dialects.stablehlo.signature import Row, Rows, accepts, row
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operands

DEFAULT_TOLERANCE = 1e-4
"""How far apart *almost equal* values may be where the program does not say it."""
LEAST_ULPS, MOST_ULPS = 0, 1
"""How many representable values may lie between *close* ones where the program does not say it."""

UI64 = IntegerType(64, Signedness.UNSIGNED)
UI32 = IntegerType(32, Signedness.UNSIGNED)
_DEFAULT_TOLERANCE = FloatAttr(DEFAULT_TOLERANCE, Float64Type())
_FIRST_ITERATION = IntegerAttr(0, UI32)

INEXACT = FLOATING_POINT | COMPLEX


def _pair(left: str, right: str, family: ElementTypes) -> Rows:
    return (
        accepts("I1", left, 0, family),
        accepts("I2", right, 1, family),
        row(
            "types",
            lambda s: s.operand_types[0] == s.operand_types[1],
            lambda s: (
                f"{left} and {right} must have the same type, "
                f"got {s.operand_types[0]} and {s.operand_types[1]}"
            ),
        ),
    )


_VALUE_TYPE: Row = row(
    "types",
    lambda s: value_type(s.properties["value"]) == s.operand_types[0],
    lambda s: (
        f"lhs and value must have the same type, "
        f"got {s.operand_types[0]} and {value_type(s.properties['value'])}"
    ),
)


class WithToleranceOp(StableHLOOp, ABC):
    """May say how far apart values are that count as equal; 1e-4 if it does not."""

    tolerance = opt_prop_def(FloatAttr)

    @property
    def tolerated(self) -> float:
        """The tolerance, given or by default."""
        given = self.tolerance
        return DEFAULT_TOLERANCE if given is None else given.value.data

    def tolerance_text(self) -> str:
        """``, tolerance = 1.000000e-01``, or nothing for the default."""
        given = self.tolerance
        if given is None or given == _DEFAULT_TOLERANCE:
            return ""
        return f", tolerance = {number_text(given)}"


class ExpectValueOp(StableHLOOp, ABC):
    """``check.f %0, dense<...> : t``: a value beside a constant of its type."""

    lhs = operand_def()
    value = prop_def(DenseIntOrFPElementsAttr | DenseResourceAttr)

    def print_asm(self, p: AsmPrinter) -> None:
        value = self.properties["value"]
        p.write(f"{self.name} {p.name(self.operands[0])}, {attribute_text(value)}")
        p.write(self.tail(p))

    def tail(self, p: AsmPrinter) -> str:
        """What follows the constant."""
        return p.attr_dict(self, ("value",))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        parser.parse_punctuation(",")
        value = parse_elements(parser)
        given: dict[str, Attribute] = {"value": value, **cls.parse_tail(parser)}
        properties, attributes = parse_dictionary(parser, cls, given)
        return create(cls, parser, operands, [value_type(value)], (), properties, attributes)

    @classmethod
    def parse_tail(cls, parser: Parser) -> dict[str, Attribute]:
        """The properties between the constant and the dictionary."""
        return {}


@irdl_op_definition
class ExpectEqConstOp(ExpectValueOp):
    """Every element equals the constant's."""

    name = "check.expect_eq_const"
    CONSTRAINTS: ClassVar[Rows] = (accepts("I1", "lhs", 0, ANY), _VALUE_TYPE)


@irdl_op_definition
class ExpectAlmostEqConstOp(ExpectValueOp, WithToleranceOp):
    """Every element is within the tolerance of the constant's."""

    name = "check.expect_almost_eq_const"
    CONSTRAINTS: ClassVar[Rows] = (accepts("I1", "lhs", 0, INEXACT), _VALUE_TYPE)

    def tail(self, p: AsmPrinter) -> str:
        return self.tolerance_text() + p.attr_dict(self, ("value", "tolerance"))

    @classmethod
    def parse_tail(cls, parser: Parser) -> dict[str, Attribute]:
        return parse_labelled(parser, {"tolerance": parse_float_property})


class ExpectPairOp(StableHLOOp, ABC):
    """``check.f %0, %1 : t``: two values of one type."""

    lhs = operand_def()
    rhs = operand_def()

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{self.middle(p)}")
        p.write(f" : {p.attribute(self.operands[0].type)}")

    def middle(self, p: AsmPrinter) -> str:
        """What stands between the operands and their type."""
        return p.attr_dict(self)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 2)
        properties, attributes = parse_dictionary(parser, cls, cls.parse_middle(parser))
        parser.parse_punctuation(":")
        types = [parser.parse_type()] * 2
        return create(cls, parser, operands, types, (), properties, attributes)

    @classmethod
    def parse_middle(cls, parser: Parser) -> dict[str, Attribute]:
        """The properties between the operands and the dictionary."""
        return {}


@irdl_op_definition
class ExpectEqOp(ExpectPairOp):
    """Every element of ``lhs`` equals that of ``rhs``."""

    name = "check.expect_eq"
    CONSTRAINTS: ClassVar[Rows] = _pair("lhs", "rhs", ANY)


@irdl_op_definition
class ExpectAlmostEqOp(ExpectPairOp, WithToleranceOp):
    """Every element of ``lhs`` is within the tolerance of that of ``rhs``."""

    name = "check.expect_almost_eq"
    CONSTRAINTS: ClassVar[Rows] = _pair("lhs", "rhs", INEXACT)

    def middle(self, p: AsmPrinter) -> str:
        return self.tolerance_text() + p.attr_dict(self, ("tolerance",))

    @classmethod
    def parse_middle(cls, parser: Parser) -> dict[str, Attribute]:
        return parse_labelled(parser, {"tolerance": parse_float_property})


@irdl_op_definition
class ExpectCloseOp(StableHLOOp):
    """The numbers of representable values between ``actual`` and ``expected`` are in a range."""

    name = "check.expect_close"

    actual = operand_def()
    expected = operand_def()
    max_ulp_difference = opt_prop_def(IntegerAttr)
    min_ulp_difference = opt_prop_def(IntegerAttr)
    CONSTRAINTS: ClassVar[Rows] = _pair("actual", "expected", INEXACT)

    @property
    def ulps(self) -> tuple[int, int]:
        """The least and the greatest number, 0 and 1 where the program does not say it."""
        least, most = self.min_ulp_difference, self.max_ulp_difference
        return (
            LEAST_ULPS if least is None else least.value.data,
            MOST_ULPS if most is None else most.value.data,
        )

    def print_asm(self, p: AsmPrinter) -> None:
        least, most = self.ulps
        p.write(f"{self.name} {p.operands(self.operands)}, max_ulp_difference = {most}")
        if least:
            p.write(f", min_ulp_difference = {least}")
        # Upstream has the colon before the dictionary here, and nowhere else.
        dictionary = p.attr_dict(self, ("max_ulp_difference", "min_ulp_difference"))
        p.write(f" :{dictionary} {p.types(o.type for o in self.operands)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 2)
        parser.parse_punctuation(",")
        parser.parse_keyword("max_ulp_difference")
        parser.parse_punctuation("=")
        read = parse_integer_property(UI64)
        given = {"max_ulp_difference": read(parser)}
        given |= parse_labelled(parser, {"min_ulp_difference": read})
        parser.parse_punctuation(":")
        properties, attributes = parse_dictionary(parser, cls, given)
        first = parser.parse_type()
        parser.parse_punctuation(",")
        types = [first, parser.parse_type()]
        return create(cls, parser, operands, types, (), properties, attributes)


@irdl_op_definition
class ExpectSerializedEqOp(StableHLOOp):
    """What ``interpreter.probe`` wrote in this iteration equals ``expected``."""

    name = "check.expect_serialized_eq"

    expected = operand_def()
    probe_id = prop_def(StringAttr)
    iteration = opt_prop_def(IntegerAttr)
    CONSTRAINTS: ClassVar[Rows] = (accepts("I1", "expected", 0, ANY),)

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.name(self.operands[0])}, ")
        p.write(f"probe_id = {attribute_text(self.probe_id)}")
        iteration = self.iteration
        if iteration is not None and iteration != _FIRST_ITERATION:
            p.write(f", iter = {number_text(iteration)}")
        p.write(p.attr_dict(self, ("probe_id", "iteration")))
        p.write(f" : {p.attribute(self.operands[0].type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        parser.parse_punctuation(",")
        parser.parse_keyword("probe_id")
        parser.parse_punctuation("=")
        given: dict[str, Attribute] = {"probe_id": StringAttr(parser.parse_str_literal())}
        if parser.parse_optional_punctuation(",") is not None:
            parser.parse_keyword("iter")
            parser.parse_punctuation("=")
            given["iteration"] = parse_integer_property(UI32)(parser)
        properties, attributes = parse_dictionary(parser, cls, given)
        parser.parse_punctuation(":")
        types = [parser.parse_type()]
        return create(cls, parser, operands, types, (), properties, attributes)
