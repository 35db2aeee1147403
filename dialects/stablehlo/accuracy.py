"""``result_accuracy``: how exact a transcendental function must be.

Absolute, relative, and unit-in-the-last-place tolerances; all of them zero unless the mode is
``TOLERANCE``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.dialects.builtin import Float64Type, FloatAttr, IntegerAttr, IntegerType
from xdsl.ir import Attribute, Data, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from dialects.attribute_text import attribute_text
from dialects.stablehlo.attributes import ResultAccuracyMode, parse_case

FLOAT64 = Float64Type()
INT64 = IntegerType(64)


@irdl_attr_definition
class ResultAccuracyModeAttr(Data[ResultAccuracyMode]):
    """``#stablehlo.result_accuracy_mode<HIGHEST>``."""

    name = "stablehlo.result_accuracy_mode"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ResultAccuracyMode:
        with parser.in_angle_brackets():
            return parse_case(parser, ResultAccuracyMode, "result accuracy mode")

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.data.value}>")


@irdl_attr_definition
class ResultAccuracyAttr(ParametrizedAttribute):
    """``#stablehlo.result_accuracy<atol = 1.000000e-05, mode = ...>``; zeros are not shown."""

    name = "stablehlo.result_accuracy"

    atol: FloatAttr[Float64Type]
    rtol: FloatAttr[Float64Type]
    ulps: IntegerAttr[IntegerType]
    mode: ResultAccuracyModeAttr

    @staticmethod
    def of(
        mode: ResultAccuracyMode, atol: float = 0.0, rtol: float = 0.0, ulps: int = 0
    ) -> ResultAccuracyAttr:
        """The attribute from plain numbers."""
        return ResultAccuracyAttr(
            FloatAttr(atol, FLOAT64),
            FloatAttr(rtol, FLOAT64),
            IntegerAttr(ulps, INT64),
            ResultAccuracyModeAttr(mode),
        )

    def verify(self) -> None:
        """No tolerance is negative, and only the mode ``TOLERANCE`` has any."""
        atol, rtol, ulps = self.atol.value.data, self.rtol.value.data, self.ulps.value.data
        if any(math.copysign(1, t) < 0 for t in (atol, rtol)) or ulps < 0:
            raise VerifyException(
                f"result_accuracy: negative tolerance in atol = {atol}, rtol = {rtol}, "
                f"ulps = {ulps}"
            )
        mode = self.mode.data
        if mode is not ResultAccuracyMode.TOLERANCE and (atol or rtol or ulps):
            raise VerifyException(
                f"result_accuracy: atol = {atol}, rtol = {rtol}, ulps = {ulps} must all be zero "
                f"in mode {mode}"
            )

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        tolerances = [0.0, 0.0, 0]
        with parser.in_angle_brackets():
            for i, keyword in enumerate(("atol", "rtol", "ulps")):
                if parser.parse_optional_keyword(keyword) is None:
                    continue
                parser.parse_punctuation("=")
                tolerances[i] = parser.parse_integer() if i == 2 else float(parser.parse_number())
                parser.parse_punctuation(",")
            parser.parse_keyword("mode")
            parser.parse_punctuation("=")
            mode = parser.parse_attribute()
        if not isinstance(mode, ResultAccuracyModeAttr):
            parser.raise_error("expected mode = #stablehlo.result_accuracy_mode<...>")
        atol, rtol, ulps = tolerances
        return (
            FloatAttr(float(atol), FLOAT64),
            FloatAttr(float(rtol), FLOAT64),
            IntegerAttr(int(ulps), INT64),
            mode,
        )

    def print_parameters(self, printer: Printer) -> None:
        parts = [
            f"{keyword} = {attribute_text(value).partition(' :')[0]}"
            for keyword, value in (("atol", self.atol), ("rtol", self.rtol), ("ulps", self.ulps))
            if value.value.data != 0
        ]
        parts.append(f"mode = {attribute_text(self.mode)}")
        printer.print_string(f"<{', '.join(parts)}>")


def is_default(accuracy: Attribute | None) -> bool:
    """Whether the attribute asks for nothing in particular, so that it need not be shown."""
    return accuracy is None or accuracy == DEFAULT_ACCURACY


DEFAULT_ACCURACY = ResultAccuracyAttr.of(ResultAccuracyMode.DEFAULT)
