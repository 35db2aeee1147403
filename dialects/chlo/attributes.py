"""The dialect's attributes; their words are those of StableHLO's of the same names.

Source: ChloEnums.td and ChloOps.td in
https://github.com/openxla/stablehlo/tree/main/stablehlo/dialect
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dialects.stablehlo.attributes import (
    ComparisonDirection,
    ComparisonType,
    EnumAttr,
    Precision,
    parse_case,
)
from dialects.stablehlo.dimension_numbers import (
    Dims,
    DotDimensions,
    fields_text,
    parse_dims_and_numbers,
)


@irdl_attr_definition
class ComparisonDirectionAttr(EnumAttr[ComparisonDirection]):
    """``#chlo<comparison_direction LT>``."""

    name = "chlo.comparison_direction"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ComparisonDirection:
        return parse_case(parser, ComparisonDirection, cls.name.partition(".")[2])


@irdl_attr_definition
class ComparisonTypeAttr(EnumAttr[ComparisonType]):
    """``#chlo<comparison_type FLOAT>``."""

    name = "chlo.comparison_type"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ComparisonType:
        return parse_case(parser, ComparisonType, cls.name.partition(".")[2])


@irdl_attr_definition
class PrecisionAttr(EnumAttr[Precision]):
    """``#chlo<precision HIGHEST>``."""

    name = "chlo.precision"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Precision:
        return parse_case(parser, Precision, cls.name.partition(".")[2])


@dataclass(frozen=True, slots=True)
class RaggedDotDimensions:
    """Which dimensions of ``ragged_dot`` are batches, summed over, ragged, or number groups."""

    lhs_batching_dimensions: Dims = ()
    rhs_batching_dimensions: Dims = ()
    lhs_contracting_dimensions: Dims = ()
    rhs_contracting_dimensions: Dims = ()
    lhs_ragged_dimensions: Dims = ()
    rhs_group_dimensions: Dims = ()

    @property
    def dot(self) -> DotDimensions:
        """What ``dot_general`` has of it."""
        return DotDimensions(
            self.lhs_batching_dimensions,
            self.rhs_batching_dimensions,
            self.lhs_contracting_dimensions,
            self.rhs_contracting_dimensions,
        )

    @property
    def outside(self) -> Dims:
        """The dimensions of ``lhs`` that the sizes of groups may differ along, in the order of
        ``group_sizes``: the batches, and those of the ragged one's kind before it."""
        ragged = self.lhs_ragged_dimensions[0]
        batches, contracting = self.lhs_batching_dimensions, self.lhs_contracting_dimensions
        if ragged in batches:
            return batches[: batches.index(ragged)]
        if ragged in contracting:
            return batches + contracting[: contracting.index(ragged)]
        used = batches + contracting
        return (*batches, *(dim for dim in range(ragged) if dim not in used))


_FIELDS = (
    "lhs_batching_dimensions",
    "rhs_batching_dimensions",
    "lhs_contracting_dimensions",
    "rhs_contracting_dimensions",
    "lhs_ragged_dimensions",
    "rhs_group_dimensions",
)


@irdl_attr_definition
class RaggedDotDimensionNumbersAttr(Data[RaggedDotDimensions]):
    """``#chlo.ragged_dot<lhs_contracting_dimensions = [1], ...>``."""

    name = "chlo.ragged_dot"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> RaggedDotDimensions:
        parser.parse_punctuation("<")
        dims, _ = parse_dims_and_numbers(parser, _FIELDS)
        return RaggedDotDimensions(**dims)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(fields_text({key: getattr(self.data, key) for key in _FIELDS}))
