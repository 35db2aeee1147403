"""``#stablehlo.scatter``: how ``scatter`` reads its indices and where its updates go.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#scatter
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dialects.stablehlo.dimension_numbers import Dims, fields_text, parse_dims_and_numbers


@dataclass(frozen=True, slots=True)
class ScatterDimensions:
    """Which dimensions of inputs, indices and updates belong to each other."""

    update_window_dims: Dims = ()
    inserted_window_dims: Dims = ()
    input_batching_dims: Dims = ()
    scatter_indices_batching_dims: Dims = ()
    scatter_dims_to_operand_dims: Dims = ()
    index_vector_dim: int = 0


_LISTS = (
    "update_window_dims",
    "inserted_window_dims",
    "input_batching_dims",
    "scatter_indices_batching_dims",
    "scatter_dims_to_operand_dims",
)


@irdl_attr_definition
class ScatterDimensionNumbersAttr(Data[ScatterDimensions]):
    """``#stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], ...>``."""

    name = "stablehlo.scatter"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> ScatterDimensions:
        parser.parse_punctuation("<")
        dims, number = parse_dims_and_numbers(parser, _LISTS, ("index_vector_dim",))
        return ScatterDimensions(
            *(dims[key] for key in _LISTS), index_vector_dim=number["index_vector_dim"]
        )

    def print_parameter(self, printer: Printer) -> None:
        keys = (*_LISTS, "index_vector_dim")
        printer.print_string(fields_text({key: getattr(self.data, key) for key in keys}))
