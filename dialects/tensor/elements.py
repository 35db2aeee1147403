"""Tensors made of single elements, and elements taken from them.

xDSL's own do not count indices and elements, and drop the attributes of ``tensor.empty``.
Source: https://mlir.llvm.org/docs/Dialects/TensorOps/
"""

from __future__ import annotations

from math import prod
from typing import ClassVar, Self

from xdsl.dialects.builtin import IndexType
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def, var_operand_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.signature import Row, Rows, row
from dialects.stablehlo.syntax import (
    create,
    parse_dictionary,
    parse_operand_list,
    parse_operands,
)
from dialects.stablehlo.tensors import AnyTensor, element_type, is_tensor, rank, shape, tensor


def _parse_tensor(parser: Parser) -> AnyTensor:
    position = parser.pos
    type_ = parser.parse_type()
    if not is_tensor(type_):
        parser.raise_error(f"expected a tensor with a rank, got {type_}", position, parser.pos)
    return tensor(type_)


_RANKED: Row = row(
    "result",
    lambda s: is_tensor(s.result_types[0]),
    lambda s: f"the result must be a tensor with a rank, got {s.result_types[0]}",
)


@irdl_op_definition
class ExtractOp(StableHLOOp):
    """The element at the given indices."""

    name = "tensor.extract"

    tensor = operand_def()
    indices = var_operand_def(IndexType)
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "tensor",
            lambda s: is_tensor(s.operand_types[0]),
            lambda s: f"the operand must be a tensor with a rank, got {s.operand_types[0]}",
        ),
        row(
            "count",
            lambda s: len(s.operand_types) - 1 == rank(s.operand_types[0]),
            lambda s: f"{len(s.operand_types) - 1} indices for {s.operand_types[0]}",
        ),
        row(
            "result",
            lambda s: s.result_types[0] == element_type(s.operand_types[0]),
            lambda s: f"{s.operand_types[0]} has no elements of type {s.result_types[0]}",
        ),
    )

    def result_name(self) -> str:
        return "extracted"

    def print_asm(self, p: AsmPrinter) -> None:
        value, *indices = self.operands
        p.write(f"{self.name} {p.name(value)}[{p.operands(indices)}]{p.attr_dict(self)}")
        p.write(f" : {p.attribute(value.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        with parser.in_square_brackets():
            operands += parse_operand_list(parser)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        type_ = _parse_tensor(parser)
        types = [type_, *[IndexType()] * (len(operands) - 1)]
        return create(cls, parser, operands, types, [type_.element_type], properties, attributes)


@irdl_op_definition
class InsertOp(StableHLOOp):
    """``dest`` with another element at the given indices."""

    name = "tensor.insert"

    scalar = operand_def()
    dest = operand_def()
    indices = var_operand_def(IndexType)
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "tensor",
            lambda s: is_tensor(s.operand_types[1]),
            lambda s: f"the second operand must be a tensor with a rank, got {s.operand_types[1]}",
        ),
        row(
            "count",
            lambda s: len(s.operand_types) - 2 == rank(s.operand_types[1]),
            lambda s: f"{len(s.operand_types) - 2} indices for {s.operand_types[1]}",
        ),
        row(
            "element",
            lambda s: s.operand_types[0] == element_type(s.operand_types[1]),
            lambda s: f"{s.operand_types[1]} has no elements of type {s.operand_types[0]}",
        ),
        row(
            "result",
            lambda s: s.result_types[0] == s.operand_types[1],
            lambda s: f"the result must be a {s.operand_types[1]}, got {s.result_types[0]}",
        ),
    )

    def result_name(self) -> str:
        return "inserted"

    def print_asm(self, p: AsmPrinter) -> None:
        scalar, dest, *indices = self.operands
        p.write(f"{self.name} {p.name(scalar)} into {p.name(dest)}[{p.operands(indices)}]")
        p.write(f"{p.attr_dict(self)} : {p.attribute(dest.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        parser.parse_keyword("into")
        operands += parse_operands(parser, 1)
        with parser.in_square_brackets():
            operands += parse_operand_list(parser)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        type_ = _parse_tensor(parser)
        types = [type_.element_type, type_, *[IndexType()] * (len(operands) - 2)]
        return create(cls, parser, operands, types, [type_], properties, attributes)


@irdl_op_definition
class FromElementsOp(StableHLOOp):
    """A tensor of the operands, the last dimension running fastest."""

    name = "tensor.from_elements"

    elements = var_operand_def()
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "result",
            lambda s: is_tensor(s.result_types[0]) and DYNAMIC not in shape(s.result_types[0]),
            lambda s: f"the result must be a tensor of a known shape, got {s.result_types[0]}",
        ),
        row(
            "count",
            lambda s: len(s.operand_types) == prod(shape(s.result_types[0])),
            lambda s: f"{len(s.operand_types)} elements for {s.result_types[0]}",
        ),
        row(
            "elements",
            lambda s: all(t == element_type(s.result_types[0]) for t in s.operand_types),
            lambda s: (
                f"{s.result_types[0]} can not be made of {', '.join(map(str, s.operand_types))}"
            ),
        ),
    )

    def result_name(self) -> str:
        return "from_elements"

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)}")
        p.write(f" : {p.attribute(self.results[0].type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operand_list(parser)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        type_ = _parse_tensor(parser)
        types = [type_.element_type] * len(operands)
        return create(cls, parser, operands, types, [type_], properties, attributes)


@irdl_op_definition
class EmptyOp(StableHLOOp):
    """A tensor whose elements are not set, of the given unknown sizes."""

    name = "tensor.empty"

    sizes = var_operand_def(IndexType)
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        _RANKED,
        row(
            "count",
            lambda s: len(s.operand_types) == shape(s.result_types[0]).count(DYNAMIC),
            lambda s: f"{len(s.operand_types)} sizes for {s.result_types[0]}",
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name}({p.operands(self.operands)}){p.attr_dict(self)}")
        p.write(f" : {p.attribute(self.results[0].type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        with parser.in_parens():
            operands = parse_operand_list(parser)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        type_ = _parse_tensor(parser)
        types = [IndexType()] * len(operands)
        return create(cls, parser, operands, types, [type_], properties, attributes)
