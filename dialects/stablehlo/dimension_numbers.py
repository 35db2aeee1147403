"""The struct attributes that say which dimension plays which part.

``#stablehlo.dot``, ``#stablehlo.gather`` and ``#stablehlo.conv``, each a frozen record of integers
wrapped into an attribute, and ``#stablehlo.output_operand_alias``. An empty list and a zero are not
printed, as upstream does it; the fields may be read in any order.
Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

Dims = tuple[int, ...]
FieldT = TypeVar("FieldT")


def parse_dims(parser: AttrParser) -> Dims:
    """Reads ``[0, 2]``."""
    return tuple(
        parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_boolean=False)
        )
    )


def parse_number(parser: AttrParser) -> int:
    """Reads ``3``."""
    return parser.parse_integer(allow_boolean=False)


def dims_text(dims: Sequence[int]) -> str:
    """``[0, 2]``."""
    return f"[{', '.join(map(str, dims))}]"


def parse_fields(
    parser: AttrParser, fields: Mapping[str, Callable[[AttrParser], FieldT]]
) -> dict[str, FieldT]:
    """Reads ``a = ..., b = ...`` up to ``>``, in any order, each field at most once."""
    found: dict[str, FieldT] = {}
    while parser.parse_optional_punctuation(">") is None:
        position = parser.pos
        key = parser.parse_optional_identifier()
        if key is None or key not in fields:
            parser.raise_error(f"expected one of {', '.join(fields)}", position, parser.pos)
        if key in found:
            parser.raise_error(f"{key} is given twice", position, parser.pos)
        parser.parse_punctuation("=")
        found[key] = fields[key](parser)
        if parser.parse_optional_punctuation(",") is None:
            parser.parse_punctuation(">")
            break
    return found


def fields_text(fields: Mapping[str, Dims | int]) -> str:
    """``<a = [0], b = 1>`` without what is empty or zero."""
    shown = (
        f"{key} = {value if isinstance(value, int) else dims_text(value)}"
        for key, value in fields.items()
        if value
    )
    return f"<{', '.join(shown)}>"


def parse_dims_and_numbers(
    parser: AttrParser, lists: Sequence[str], numbers: Sequence[str] = ()
) -> tuple[dict[str, Dims], dict[str, int]]:
    """Reads a struct of lists of dimensions and single dimensions; what is absent is empty or 0."""
    readers: dict[str, Callable[[AttrParser], Dims | int]] = dict.fromkeys(lists, parse_dims)
    readers.update(dict.fromkeys(numbers, parse_number))
    found = parse_fields(parser, readers)
    dims = {key: value for key in lists if isinstance(value := found.get(key, ()), tuple)}
    single = {key: value for key in numbers if isinstance(value := found.get(key, 0), int)}
    return dims, single


@dataclass(frozen=True, slots=True)
class DotDimensions:
    """Which dimensions of both sides of ``dot_general`` are batches and which are summed over."""

    lhs_batching_dimensions: Dims = ()
    rhs_batching_dimensions: Dims = ()
    lhs_contracting_dimensions: Dims = ()
    rhs_contracting_dimensions: Dims = ()


_DOT_FIELDS = (
    "lhs_batching_dimensions",
    "rhs_batching_dimensions",
    "lhs_contracting_dimensions",
    "rhs_contracting_dimensions",
)


@irdl_attr_definition
class DotDimensionNumbersAttr(Data[DotDimensions]):
    """``#stablehlo.dot<lhs_contracting_dimensions = [1], ...>``."""

    name = "stablehlo.dot"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> DotDimensions:
        parser.parse_punctuation("<")
        dims, _ = parse_dims_and_numbers(parser, _DOT_FIELDS)
        return DotDimensions(**dims)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(fields_text({key: getattr(self.data, key) for key in _DOT_FIELDS}))


@dataclass(frozen=True, slots=True)
class GatherDimensions:
    """How ``gather`` reads its indices and lays out its slices."""

    offset_dims: Dims = ()
    collapsed_slice_dims: Dims = ()
    operand_batching_dims: Dims = ()
    start_indices_batching_dims: Dims = ()
    start_index_map: Dims = ()
    index_vector_dim: int = 0


_GATHER_LISTS = (
    "offset_dims",
    "collapsed_slice_dims",
    "operand_batching_dims",
    "start_indices_batching_dims",
    "start_index_map",
)


@irdl_attr_definition
class GatherDimensionNumbersAttr(Data[GatherDimensions]):
    """``#stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], ...>``."""

    name = "stablehlo.gather"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> GatherDimensions:
        parser.parse_punctuation("<")
        dims, number = parse_dims_and_numbers(parser, _GATHER_LISTS, ("index_vector_dim",))
        return GatherDimensions(
            *(dims[key] for key in _GATHER_LISTS), index_vector_dim=number["index_vector_dim"]
        )

    def print_parameter(self, printer: Printer) -> None:
        keys = (*_GATHER_LISTS, "index_vector_dim")
        printer.print_string(fields_text({key: getattr(self.data, key) for key in keys}))


@dataclass(frozen=True, slots=True)
class ConvDimensions:
    """Which dimension of input, kernel and output of ``convolution`` is which."""

    input_batch_dimension: int = 0
    input_feature_dimension: int = 0
    input_spatial_dimensions: Dims = ()
    kernel_input_feature_dimension: int = 0
    kernel_output_feature_dimension: int = 0
    kernel_spatial_dimensions: Dims = ()
    output_batch_dimension: int = 0
    output_feature_dimension: int = 0
    output_spatial_dimensions: Dims = ()

    def text(self) -> str:
        """``[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]``.

        Numbers that cannot be written so (a position twice, or out of range) are written as
        ``raw`` fields.
        """
        parts = (
            _layout_text(
                {"b": self.input_batch_dimension, "f": self.input_feature_dimension},
                self.input_spatial_dimensions,
            ),
            _layout_text(
                {
                    "i": self.kernel_input_feature_dimension,
                    "o": self.kernel_output_feature_dimension,
                },
                self.kernel_spatial_dimensions,
            ),
            _layout_text(
                {"b": self.output_batch_dimension, "f": self.output_feature_dimension},
                self.output_spatial_dimensions,
            ),
        )
        if None in parts:
            fields = {key: getattr(self, key) for key in (*_CONV_NUMBERS, *_CONV_LISTS)}
            return "raw " + fields_text(fields)[1:-1]
        return f"{parts[0]}x{parts[1]}->{parts[2]}"


_CONV_LISTS = (
    "input_spatial_dimensions",
    "kernel_spatial_dimensions",
    "output_spatial_dimensions",
)
_CONV_NUMBERS = (
    "input_batch_dimension",
    "input_feature_dimension",
    "kernel_input_feature_dimension",
    "kernel_output_feature_dimension",
    "output_batch_dimension",
    "output_feature_dimension",
)


def _layout_text(letters: Mapping[str, int], spatial: Dims) -> str | None:
    positions = {position: str(i) for i, position in enumerate(spatial)}
    positions.update({position: letter for letter, position in letters.items()})
    rank = len(spatial) + len(letters)
    if sorted(positions) != list(range(rank)):
        return None
    return f"[{', '.join(positions[i] for i in range(rank))}]"


def parse_conv_dimensions(parser: AttrParser) -> ConvDimensions:
    """Reads ``[b, 0, f]x[0, i, o]->[b, 0, f]``, the form of the attribute and of the operation."""
    lhs = _parse_layout(parser, "bf")
    parser.parse_keyword("x", " between the layouts of input and kernel")
    rhs = _parse_layout(parser, "io")
    parser.parse_punctuation("->", " before the layout of the output")
    out = _parse_layout(parser, "bf")
    return ConvDimensions(*lhs, *rhs, *out)


def _parse_layout(parser: AttrParser, letters: str) -> tuple[int, int, Dims]:
    """Positions of the two letters, and of the spatial dimensions 0, 1, ..."""
    position = parser.pos

    def entry() -> str:
        number = parser.parse_optional_integer(allow_boolean=False)
        return str(number) if number is not None else parser.parse_identifier()

    entries = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, entry)
    wanted = [*letters, *map(str, range(len(entries) - len(letters)))]
    if sorted(entries) != sorted(wanted):
        expected = ", ".join(wanted)
        parser.raise_error(f"expected each of {expected} once in a layout", position, parser.pos)
    first, second, *spatial = (entries.index(key) for key in wanted)
    return first, second, tuple(spatial)


@irdl_attr_definition
class ConvDimensionNumbersAttr(Data[ConvDimensions]):
    """``#stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>``, or ``<raw ...>`` with fields."""

    name = "stablehlo.conv"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ConvDimensions:
        parser.parse_punctuation("<")
        if parser.parse_optional_keyword("raw") is not None:
            dims, numbers = parse_dims_and_numbers(parser, _CONV_LISTS, _CONV_NUMBERS)
            return ConvDimensions(
                numbers["input_batch_dimension"],
                numbers["input_feature_dimension"],
                dims["input_spatial_dimensions"],
                numbers["kernel_input_feature_dimension"],
                numbers["kernel_output_feature_dimension"],
                dims["kernel_spatial_dimensions"],
                numbers["output_batch_dimension"],
                numbers["output_feature_dimension"],
                dims["output_spatial_dimensions"],
            )
        dimensions = parse_conv_dimensions(parser)
        parser.parse_punctuation(">")
        return dimensions

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.data.text()}>")


@dataclass(frozen=True, slots=True)
class Alias:
    """One result (or part of a tuple) of ``custom_call`` that shares an operand's buffer."""

    output_tuple_indices: Dims
    operand_index: int
    operand_tuple_indices: Dims


@irdl_attr_definition
class OutputOperandAliasAttr(Data[Alias]):
    """``#stablehlo.output_operand_alias<output_tuple_indices = [0], operand_index = 0, ...>``."""

    name = "stablehlo.output_operand_alias"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Alias:
        def key(name: str) -> None:
            parser.parse_keyword(name)
            parser.parse_punctuation("=")

        with parser.in_angle_brackets():
            key("output_tuple_indices")
            output = parse_dims(parser)
            parser.parse_punctuation(",")
            key("operand_index")
            index = parse_number(parser)
            parser.parse_punctuation(",")
            key("operand_tuple_indices")
            operand = parse_dims(parser)
        return Alias(output, index, operand)

    def print_parameter(self, printer: Printer) -> None:
        alias = self.data
        printer.print_string(
            f"<output_tuple_indices = {dims_text(alias.output_tuple_indices)}, "
            f"operand_index = {alias.operand_index}, "
            f"operand_tuple_indices = {dims_text(alias.operand_tuple_indices)}>"
        )
