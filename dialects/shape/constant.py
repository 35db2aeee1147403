"""``shape.const_shape``.

Source: https://mlir.llvm.org/docs/Dialects/ShapeDialect/#shapeconst_shape-shapeconstshapeop
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    IndexType,
    TensorType,
    i64,
)
from xdsl.irdl import irdl_op_definition, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import ConstantLike, Pure

from dialects.asm import AsmPrinter
from dialects.dense import DenseAttr, dense_array, dense_from_array
from dialects.number_syntax import parse_integer_property
from dialects.shape.types import ShapeType
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.constant import value_type
from dialects.stablehlo.signature import Rows, row
from dialects.stablehlo.syntax import create, parse_dictionary


@irdl_op_definition
class ConstShapeOp(StableHLOOp):
    """The dimensions that stand in the program."""

    name = "shape.const_shape"

    shape = prop_def(DenseIntOrFPElementsAttr)
    result = result_def()
    traits = traits_def(ConstantLike(), Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "result",
            lambda s: (
                isinstance(s.result_types[0], ShapeType)
                or s.result_types[0] == value_type(s.properties["shape"])
            ),
            lambda s: (
                f"the result must be a {value_type(s.properties['shape'])} or a !shape.shape, "
                f"got {s.result_types[0]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        value: DenseAttr = self.shape
        dims = ", ".join(map(str, dense_array(value).tolist()))
        # Upstream's own two spaces: one before the dictionary, none after it.
        dictionary = p.attr_dict(self, ("shape",))
        shown = f" {dictionary}" if dictionary else " "
        p.write(f"{self.name}{shown}[{dims}] : {p.attribute(self.results[0].type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        _, attributes = parse_dictionary(parser, cls)
        read = parse_integer_property(i64)
        dims = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: read(parser).value.data
        )
        parser.parse_punctuation(":")
        result = parser.parse_type()
        type_ = TensorType(IndexType(), [len(dims)])
        value = dense_from_array(np.array(dims, np.int64), type_)
        return create(cls, parser, (), (), [result], {"shape": value}, attributes)
