"""Operations that make shapes of values and of other shapes.

Each shows the types of its operands and of its result: ``shape.f %0, %1 : t, u -> v``.
Source: https://mlir.llvm.org/docs/Dialects/ShapeDialect/
"""

from __future__ import annotations

from abc import ABC
from typing import ClassVar, Self

from xdsl.dialects.builtin import IndexType, StringAttr, TensorType, UnrankedTensorType
from xdsl.ir import Attribute
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.attribute_text import attribute_text
from dialects.shape.types import ShapeType, SizeType, ValueShapeType, is_extents, is_shape
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.signature import Row, Rows, Signature, row
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operand_list
from dialects.stablehlo.tensors import dims_agree, is_tensor, rank, shape
from dialects.stablehlo.unranked import element_of, is_any_tensor


class ExtentsOp(StableHLOOp, ABC):
    """``shape.f %0, %1 : t, u -> v``."""

    traits = traits_def(Pure())

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{self.middle(p)} : ")
        p.write(f"{p.types(self.operand_types)} -> {p.attribute(self.results[0].type)}")

    def middle(self, p: AsmPrinter) -> str:
        """What stands between the operands and the types."""
        return p.attr_dict(self)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operand_list(parser)
        given: dict[str, Attribute] = cls.parse_middle(parser)
        properties, attributes = parse_dictionary(parser, cls, given)
        parser.parse_punctuation(":")
        position = parser.pos
        types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        if len(types) != len(operands):
            parser.raise_error(
                f"{len(operands)} operands, but {len(types)} types", position, parser.pos
            )
        parser.parse_punctuation("->")
        result = parser.parse_type()
        return create(cls, parser, operands, types, [result], properties, attributes)

    @classmethod
    def parse_middle(cls, parser: Parser) -> dict[str, Attribute]:
        """The properties between the operands and the dictionary."""
        return {}


def _carries_error(type_: Attribute) -> bool:
    return isinstance(type_, ShapeType | SizeType | ValueShapeType)


_SHAPES: Row = row(
    "operands",
    lambda s: all(map(is_shape, s.operand_types)),
    lambda s: f"operands must be shapes, got {', '.join(map(str, s.operand_types))}",
)
_RESULT_SHAPE: Row = row(
    "result",
    lambda s: is_shape(s.result_types[0]),
    lambda s: f"the result must be a shape, got {s.result_types[0]}",
)
_ERRORS: Row = row(
    "errors",
    lambda s: _carries_error(s.result_types[0]) or not any(map(_carries_error, s.operand_types)),
    lambda s: (
        f"an operand may hold an error, which a result of type {s.result_types[0]} can not hold"
    ),
)


def _holds_rank(s: Signature) -> bool | None:
    value, result = s.operand_types[0], s.result_types[0]
    if not is_tensor(value) or not is_extents(result):
        return None
    return dims_agree(shape(result)[0], rank(value))


@irdl_op_definition
class ShapeOfOp(ExtentsOp):
    """The shape of a tensor."""

    name = "shape.shape_of"

    arg = operand_def()
    result = result_def()

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "operands",
            lambda s: isinstance(
                s.operand_types[0], TensorType | UnrankedTensorType | ValueShapeType
            ),
            lambda s: f"{s.operand_types[0]} has no shape",
        ),
        _RESULT_SHAPE,
        row(
            "errors",
            lambda s: (
                not isinstance(s.operand_types[0], ValueShapeType)
                or _carries_error(s.result_types[0])
            ),
            lambda s: f"the shape of a value_shape must be a !shape.shape, got {s.result_types[0]}",
        ),
        row(
            "rank",
            _holds_rank,
            lambda s: f"{s.result_types[0]} can not hold the shape of {s.operand_types[0]}",
        ),
    )


@irdl_op_definition
class BroadcastOp(ExtentsOp):
    """The shape that several shapes are broadcast to; ``error`` says what else."""

    name = "shape.broadcast"

    shapes = var_operand_def()
    error = opt_prop_def(StringAttr)
    result = result_def()

    CONSTRAINTS: ClassVar[Rows] = (
        _SHAPES,
        _RESULT_SHAPE,
        _ERRORS,
    )

    def middle(self, p: AsmPrinter) -> str:
        error = "" if self.error is None else f" error = {attribute_text(self.error)}"
        return error + p.attr_dict(self, ("error",))

    @classmethod
    def parse_middle(cls, parser: Parser) -> dict[str, Attribute]:
        if parser.parse_optional_keyword("error") is None:
            return {}
        parser.parse_punctuation("=")
        return {"error": StringAttr(parser.parse_str_literal())}


@irdl_op_definition
class ConcatOp(ExtentsOp):
    """The dimensions of two shapes in a row."""

    name = "shape.concat"

    lhs = operand_def()
    rhs = operand_def()
    result = result_def()

    CONSTRAINTS: ClassVar[Rows] = (_SHAPES, _RESULT_SHAPE)


@irdl_op_definition
class NumElementsOp(ExtentsOp):
    """The product of the dimensions."""

    name = "shape.num_elements"

    shape = operand_def()
    result = result_def()

    CONSTRAINTS: ClassVar[Rows] = (
        _SHAPES,
        row(
            "result",
            lambda s: isinstance(s.result_types[0], IndexType | SizeType),
            lambda s: f"the result must be a size or an index, got {s.result_types[0]}",
        ),
        _ERRORS,
    )


@irdl_op_definition
class ToExtentTensorOp(ExtentsOp):
    """A shape as a tensor of its dimensions; an error ends the program."""

    name = "shape.to_extent_tensor"

    shape = operand_def()
    result = result_def()

    CONSTRAINTS: ClassVar[Rows] = (
        _SHAPES,
        row(
            "result",
            lambda s: (
                is_any_tensor(s.result_types[0]) and element_of(s.result_types[0]) == IndexType()
            ),
            lambda s: f"the result must be a tensor of indices, got {s.result_types[0]}",
        ),
    )
