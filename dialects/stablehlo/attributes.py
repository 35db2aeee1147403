"""The dialect's enumerations and the accuracy attribute.

The struct attributes of ``dot_general``, ``gather``, ``convolution`` and their kin are in
:mod:`dialects.stablehlo.dimension_numbers`.
Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum, StrEnum
from typing import TypeVar

from xdsl.dialects.builtin import IntegerAttr, i32
from xdsl.ir import Data, SpacedOpaqueSyntaxAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

EnumT = TypeVar("EnumT", bound=StrEnum)


class ComparisonDirection(StrEnum):
    """What ``compare`` asks."""

    EQ = "EQ"
    NE = "NE"
    GE = "GE"
    GT = "GT"
    LE = "LE"
    LT = "LT"


class ComparisonType(StrEnum):
    """In what order ``compare`` puts its elements."""

    NOTYPE = "NOTYPE"
    FLOAT = "FLOAT"
    TOTALORDER = "TOTALORDER"
    SIGNED = "SIGNED"
    UNSIGNED = "UNSIGNED"


class Precision(StrEnum):
    """How precisely an operand of ``dot_general`` or ``convolution`` is used."""

    DEFAULT = "DEFAULT"
    HIGH = "HIGH"
    HIGHEST = "HIGHEST"


class ResultAccuracyMode(StrEnum):
    """How the accuracy of a transcendental function is given."""

    DEFAULT = "DEFAULT"
    HIGHEST = "HIGHEST"
    TOLERANCE = "TOLERANCE"


class FftType(StrEnum):
    """Which Fourier transform."""

    FFT = "FFT"
    IFFT = "IFFT"
    RFFT = "RFFT"
    IRFFT = "IRFFT"


class Transpose(StrEnum):
    """How ``triangular_solve`` reads its matrix."""

    TRANSPOSE_INVALID = "TRANSPOSE_INVALID"
    NO_TRANSPOSE = "NO_TRANSPOSE"
    TRANSPOSE = "TRANSPOSE"
    ADJOINT = "ADJOINT"


class RngDistribution(StrEnum):
    """The distribution of ``rng``."""

    UNIFORM = "UNIFORM"
    NORMAL = "NORMAL"


class RngAlgorithm(StrEnum):
    """The generator of ``rng_bit_generator``."""

    DEFAULT = "DEFAULT"
    THREE_FRY = "THREE_FRY"
    PHILOX = "PHILOX"


class CustomCallApiVersion(IntEnum):
    """The calling convention of ``custom_call``, an ``i32`` attribute in the IR."""

    API_VERSION_UNSPECIFIED = 0
    API_VERSION_ORIGINAL = 1
    API_VERSION_STATUS_RETURNING = 2
    API_VERSION_STATUS_RETURNING_UNIFIED = 3
    API_VERSION_TYPED_FFI = 4

    def attribute(self) -> IntegerAttr:
        """``4 : i32``."""
        return IntegerAttr(int(self), i32)


def parse_case(parser: AttrParser, enum: type[EnumT], what: str) -> EnumT:
    """Reads one word of ``enum``; the error lists the words there are."""
    position = parser.pos
    word = parser.parse_optional_identifier()
    if word is None or word not in enum.__members__:
        parser.raise_error(
            f"expected a {what}: one of {', '.join(enum.__members__)}", position, parser.pos
        )
    return enum[word]


class EnumAttr(Data[EnumT], SpacedOpaqueSyntaxAttribute, ABC):
    """``#stablehlo<mnemonic CASE>``; the pretty syntax of operations shows the case alone."""

    @classmethod
    @abstractmethod
    def parse_parameter(cls, parser: AttrParser) -> EnumT:
        """Reads the case."""

    def print_parameter(self, printer: Printer) -> None:
        """Writes the case."""
        printer.print_string(self.data.value)


@irdl_attr_definition
class ComparisonDirectionAttr(EnumAttr[ComparisonDirection]):
    """``#stablehlo<comparison_direction LT>``."""

    name = "stablehlo.comparison_direction"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ComparisonDirection:
        return parse_case(parser, ComparisonDirection, cls.name.partition(".")[2])


@irdl_attr_definition
class ComparisonTypeAttr(EnumAttr[ComparisonType]):
    """``#stablehlo<comparison_type FLOAT>``."""

    name = "stablehlo.comparison_type"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ComparisonType:
        return parse_case(parser, ComparisonType, cls.name.partition(".")[2])


@irdl_attr_definition
class PrecisionAttr(EnumAttr[Precision]):
    """``#stablehlo<precision HIGHEST>``."""

    name = "stablehlo.precision"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Precision:
        return parse_case(parser, Precision, cls.name.partition(".")[2])


@irdl_attr_definition
class FftTypeAttr(EnumAttr[FftType]):
    """``#stablehlo<fft_type RFFT>``."""

    name = "stablehlo.fft_type"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> FftType:
        return parse_case(parser, FftType, cls.name.partition(".")[2])


@irdl_attr_definition
class TransposeAttr(EnumAttr[Transpose]):
    """``#stablehlo<transpose ADJOINT>``."""

    name = "stablehlo.transpose"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Transpose:
        return parse_case(parser, Transpose, cls.name.partition(".")[2])


@irdl_attr_definition
class RngDistributionAttr(EnumAttr[RngDistribution]):
    """``#stablehlo<rng_distribution NORMAL>``."""

    name = "stablehlo.rng_distribution"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> RngDistribution:
        return parse_case(parser, RngDistribution, cls.name.partition(".")[2])


@irdl_attr_definition
class RngAlgorithmAttr(EnumAttr[RngAlgorithm]):
    """``#stablehlo<rng_algorithm PHILOX>``."""

    name = "stablehlo.rng_algorithm"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> RngAlgorithm:
        return parse_case(parser, RngAlgorithm, cls.name.partition(".")[2])
