"""``tensor.reshape``, also where sizes are unknown, which xDSL's takes for a fault.

Source: https://mlir.llvm.org/docs/Dialects/TensorOps/#tensorreshape-tensorreshapeop
"""

from __future__ import annotations

from math import prod
from typing import ClassVar, Self

from xdsl.dialects.builtin import IndexType, IntegerType, TensorType, UnrankedTensorType
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.signature import Rows, Signature, row
from dialects.stablehlo.syntax import (
    checked_function_type,
    create,
    parse_dictionary,
    parse_operands,
)
from dialects.stablehlo.tensors import element_type, is_tensor, rank, shape
from dialects.stablehlo.unranked import element_of


def _is_shape(type_: Attribute) -> bool:
    return (
        is_tensor(type_)
        and rank(type_) == 1
        and isinstance(element_type(type_), IndexType | IntegerType)
    )


def _counts_agree(s: Signature) -> bool | None:
    source, target = s.operand_types[0], s.result_types[0]
    if not is_tensor(source) or not is_tensor(target):
        return None
    sizes = shape(source), shape(target)
    if DYNAMIC in sizes[0] + sizes[1]:
        return None
    return prod(sizes[0]) == prod(sizes[1])


def _rank_agrees(s: Signature) -> bool | None:
    (length,) = shape(s.operand_types[1])
    target = s.result_types[0]
    if length == DYNAMIC:
        return None if not is_tensor(target) else False
    return length == rank(target) if is_tensor(target) else None


@irdl_op_definition
class ReshapeOp(StableHLOOp):
    """The elements of ``source`` in the shape that ``shape`` holds."""

    name = "tensor.reshape"

    source = operand_def()
    shape = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "tensors",
            lambda s: all(
                isinstance(type_, TensorType | UnrankedTensorType)
                for type_ in (s.operand_types[0], s.result_types[0])
            ),
            lambda s: f"can not reshape {s.operand_types[0]} to {s.result_types[0]}",
        ),
        row(
            "shape",
            lambda s: _is_shape(s.operand_types[1]),
            lambda s: f"shape must be a 1-dimensional tensor of sizes, got {s.operand_types[1]}",
        ),
        row(
            "elements",
            lambda s: element_of(s.operand_types[0]) == element_of(s.result_types[0]),
            lambda s: (
                f"source and result must have one element type, "
                f"got {s.operand_types[0]} and {s.result_types[0]}"
            ),
        ),
        row(
            "count",
            _counts_agree,
            lambda s: (
                f"source and result must have as many elements, "
                f"got {s.operand_types[0]} and {s.result_types[0]}"
            ),
        ),
        row(
            "rank",
            _rank_agrees,
            lambda s: f"{s.operand_types[1]} holds no sizes for {s.result_types[0]}",
        ),
    )

    def result_name(self) -> str:
        return "reshape"

    def print_asm(self, p: AsmPrinter) -> None:
        source, sizes = map(p.name, self.operands)
        p.write(f"{self.name} {source}({sizes}){p.attr_dict(self)} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        with parser.in_parens():
            operands += parse_operands(parser, 1)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        position = parser.pos
        types = checked_function_type(parser, position, parser.parse_function_type(), 2)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )
