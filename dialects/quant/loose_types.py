"""``!quant.any`` and ``!quant.calibrated``: not known how, or not yet, quantized.

No operation of StableHLO takes them. Source: https://mlir.llvm.org/docs/Dialects/QuantDialect
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Attribute, Data, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from dialects.attribute_text import attribute_text
from dialects.quant.scales import is_float, parse_float, real_text
from dialects.quant.storage import Storage, parse_storage
from dialects.quant.types import parse_expressed


@dataclass(frozen=True, slots=True)
class AnyQuantized:
    """A storage, and the type of the numbers it stands for if that is known."""

    storage: Storage
    expressed: Attribute | None = None


@irdl_attr_definition
class AnyQuantizedType(TypeAttribute, Data[AnyQuantized]):
    """``!quant.any<i8:f32>``: quantized in a way that is not known; no operation takes it."""

    name = "quant.any"

    def verify(self) -> None:
        problem, expressed = self.data.storage.problem(), self.data.expressed
        if problem is None and expressed is not None and not is_float(expressed):
            problem = f"the expressed type must be a float, got {expressed}"
        if problem is not None:
            raise VerifyException(f"{self.name}: {problem}")

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> AnyQuantized:
        parser.parse_punctuation("<")
        storage = parse_storage(parser)
        colon = parser.parse_optional_punctuation(":")
        data = AnyQuantized(storage, None if colon is None else parse_expressed(parser))
        parser.parse_punctuation(">")
        return data

    def print_parameter(self, printer: Printer) -> None:
        expressed = self.data.expressed
        tail = "" if expressed is None else f":{attribute_text(expressed)}"
        printer.print_string(f"<{self.data.storage.text()}{tail}>")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The range in which numbers of the expressed type were seen."""

    expressed: Attribute
    minimum: float
    maximum: float


@irdl_attr_definition
class CalibratedType(TypeAttribute, Data[Calibrated]):
    """``!quant.calibrated<f32<-1.0:1.0>>``: numbers with a known range; no operation takes it."""

    name = "quant.calibrated"

    def verify(self) -> None:
        if not is_float(self.data.expressed):
            raise VerifyException(f"{self.name}: {self.data.expressed} is no float")
        if self.data.maximum <= self.data.minimum:
            raise VerifyException(f"{self.name}: the range must not be empty, got {self.data}")

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Calibrated:
        start = parser.pos
        parser.parse_punctuation("<")
        expressed = parse_expressed(parser)
        parser.parse_punctuation("<")
        minimum = parse_float(parser)
        parser.parse_punctuation(":")
        maximum = parse_float(parser)
        parser.parse_punctuation(">")
        parser.parse_punctuation(">")
        if maximum <= minimum:
            parser.raise_error("the range must not be empty", start, parser.pos)
        return Calibrated(expressed, minimum, maximum)

    def print_parameter(self, printer: Printer) -> None:
        data = self.data
        low, high = real_text(data.minimum), real_text(data.maximum)
        printer.print_string(f"<{attribute_text(data.expressed)}<{low}:{high}>>")
