"""From one element type to another: ``convert``, ``bitcast_convert``, ``reduce_precision``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import IntegerAttr, IntegerType, i32
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.element_types import (
    ANY_OR_PER_AXIS,
    COMPLEX,
    FLOATING_POINT,
    NOT_QUANTIZED,
    PER_TENSOR,
    bit_width,
)
from dialects.stablehlo.signature import (
    Rows,
    Signature,
    accepts,
    integer,
    require,
    returns,
    row,
    same_shape,
    same_types,
)
from dialects.stablehlo.syntax import (
    create,
    parse_dictionary,
    parse_function_type,
    parse_operands,
    parse_same_types,
    same_types_text,
)
from dialects.stablehlo.tensors import element_type, shape, shapes_agree
from dialects.stablehlo.unary import UnaryOp


@irdl_op_definition
class ConvertOp(UnaryOp):
    """The same numbers in another element type, which the result's type names."""

    name = "stablehlo.convert"

    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, NOT_QUANTIZED),
        returns("O1", "result", NOT_QUANTIZED),
        same_shape("C1", "operand", "result"),
    )


def _widths(s: Signature) -> tuple[int, int]:
    return bit_width(element_type(s.operand_types[0])), bit_width(element_type(s.result_types[0]))


def _same_bits(s: Signature) -> bool:
    """Whether the type of narrower elements has a last dimension that holds a wider element."""
    operand, result = _widths(s)
    narrow, wide = shape(s.operand_types[0]), shape(s.result_types[0])
    if operand == result:
        return shapes_agree(narrow, wide)
    if operand > result:
        narrow, wide = wide, narrow
    return (
        len(narrow) == len(wide) + 1
        and (narrow[-1] == DYNAMIC or narrow[-1] * min(operand, result) == max(operand, result))
        and shapes_agree(narrow[:-1], wide)
    )


@irdl_op_definition
class BitcastConvertOp(StableHLOOp):
    """The same bits under another element type.

    Where the widths differ, the type of narrower elements has one dimension more, its last.
    """

    name = "stablehlo.bitcast_convert"

    operand = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY_OR_PER_AXIS),
        returns("O1", "result", ANY_OR_PER_AXIS),
        row(
            "C2",
            lambda s: COMPLEX.accepts(s.operand_types[0]) == COMPLEX.accepts(s.result_types[0]),
            lambda s: (
                f"operand and result must both be complex or both be real, "
                f"got {s.operand_types[0]} and {s.result_types[0]}"
            ),
        ),
        row(
            "C1",
            _same_bits,
            lambda s: (
                f"operand and result must hold equal bits, got {s.operand_types[0]} and "
                f"{s.result_types[0]}, elements of {_widths(s)[0]} and {_widths(s)[1]} bits"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.name(self.operands[0])}{p.attr_dict(self)}")
        p.write(f" : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        properties, attributes = parse_dictionary(parser, cls)
        types = parse_function_type(parser, 1)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )


_FORMAT = re.compile(r"e([0-9]+)m([0-9]+)\Z")


@irdl_op_definition
class ReducePrecisionOp(StableHLOOp):
    """Rounds to a format of ``exponent_bits`` and ``mantissa_bits``, and back."""

    name = "stablehlo.reduce_precision"

    operand = operand_def()
    exponent_bits = prop_def(IntegerAttr[IntegerType])
    mantissa_bits = prop_def(IntegerAttr[IntegerType])
    output = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, FLOATING_POINT | PER_TENSOR),
        row(
            "C2",
            lambda s: integer(s, "exponent_bits") >= 1,
            lambda s: f"exponent_bits must be at least 1, got {integer(s, 'exponent_bits')}",
        ),
        row(
            "C3",
            lambda s: integer(s, "mantissa_bits") >= 0,
            lambda s: f"mantissa_bits must not be negative, got {integer(s, 'mantissa_bits')}",
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (*INPUTS, same_types("C1", ("operand", "output")))

    def print_asm(self, p: AsmPrinter) -> None:
        exponent, mantissa = integer(self, "exponent_bits"), integer(self, "mantissa_bits")
        dictionary = p.attr_dict(self, ("exponent_bits", "mantissa_bits"))
        p.write(f"{self.name} {p.name(self.operands[0])}, format = e{exponent}m{mantissa}")
        p.write(f"{dictionary} : {same_types_text(p, self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        parser.parse_punctuation(",")
        parser.parse_keyword("format")
        parser.parse_punctuation("=")
        position = parser.pos
        match = _FORMAT.match(parser.parse_optional_identifier() or "")
        if match is None:
            parser.raise_error("expected a format such as e5m10", position, parser.pos)
        if max(int(match[1]), int(match[2])) >= 1 << 31:
            parser.raise_error("the numbers of a format are of 32 bits", position, parser.pos)
        given = {
            "exponent_bits": IntegerAttr(int(match[1]), i32),
            "mantissa_bits": IntegerAttr(int(match[2]), i32),
        }
        properties, attributes = parse_dictionary(parser, cls, given)
        types, result = parse_same_types(parser, 1)
        return create(cls, parser, operands, types, [result], properties, attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return operands
