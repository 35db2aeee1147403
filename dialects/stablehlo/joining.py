"""Larger tensors from smaller ones: ``concatenate`` and ``pad``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.signature import (
    Inputs,
    Rows,
    Signature,
    accepts,
    dims_text,
    integer,
    integers,
    merged_shape,
    require,
    returns,
    row,
    same_elements,
    shape_is,
    shapes_fit,
    with_shape,
)
from dialects.stablehlo.syntax import (
    create,
    i64_array_text,
    parse_dictionary,
    parse_function_type,
    parse_i64_array,
    parse_operands,
    parse_operands_then_comma,
)
from dialects.stablehlo.tensors import element_type, rank, shape

# -- concatenate -------------------------------------------------------------------------------


def _other_dims(s: Signature) -> list[tuple[int, ...]]:
    """The inputs' shapes without the dimension along which they are joined."""
    d = integer(s, "dimension")
    return [(*shape(t)[:d], *shape(t)[d + 1 :]) for t in s.operand_types]


def concatenated(s: Signature) -> list[int]:
    """The shape of the result (C6)."""
    d = integer(s, "dimension")
    joined = [shape(t)[d] for t in s.operand_types]
    dims = list(merged_shape(_other_dims(s)))
    dims.insert(d, DYNAMIC if DYNAMIC in joined else sum(joined))
    return dims


@irdl_op_definition
class ConcatenateOp(StableHLOOp):
    """The inputs one after the other along ``dimension``."""

    name = "stablehlo.concatenate"

    inputs = var_operand_def()
    dimension = prop_def(IntegerAttr.constr(i64))
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        row(
            "C3",
            lambda s: len(s.operand_types) > 0,
            lambda s: "at least one input is needed, got 0",
        ),
        row(
            "I1",
            lambda s: all(map(ANY.accepts, s.operand_types)),
            lambda s: f"inputs must each be a {ANY}, got {', '.join(map(str, s.operand_types))}",
        ),
        row(
            "C1",
            lambda s: len({element_type(t) for t in s.operand_types}) == 1,
            lambda s: (
                "inputs must all have the same element type, got "
                + ", ".join(str(element_type(t)) for t in s.operand_types)
            ),
        ),
        row(
            "C4",
            lambda s: 0 <= integer(s, "dimension") < rank(s.operand_types[0]),
            lambda s: (
                f"dimension must be in [0, {rank(s.operand_types[0])}), "
                f"got {integer(s, 'dimension')}"
            ),
        ),
        row(
            "C2",
            lambda s: len(set(map(rank, s.operand_types))) == 1 and shapes_fit(_other_dims(s)),
            lambda s: (
                f"inputs must have the same shape except in dimension {integer(s, 'dimension')}, "
                f"got {', '.join(map(str, s.operand_types))}"
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("O1", "result", ANY),
        same_elements("C5"),
        row(
            "C6",
            lambda s: shape_is(s.result_types[0], concatenated(s)),
            lambda s: (
                f"the result must have the shape {dims_text(concatenated(s))}, "
                f"got {s.result_types[0]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        dictionary = p.attr_dict(self, ("dimension",))
        p.write(f"{self.name} {p.operands(self.operands)}, ")
        p.write(f"dim = {integer(self, 'dimension')}{dictionary} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands_then_comma(parser)
        parser.parse_keyword("dim")
        parser.parse_punctuation("=")
        given = {"dimension": IntegerAttr(parser.parse_integer(allow_boolean=False), i64)}
        properties, attributes = parse_dictionary(parser, cls, given)
        types = parse_function_type(parser, len(operands))
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return [with_shape(operands[0], concatenated(Inputs(operands, properties)))]


# -- pad ---------------------------------------------------------------------------------------

_PADDING = ("edge_padding_low", "edge_padding_high", "interior_padding")


def _padding(s: Signature) -> list[tuple[int, ...]]:
    return [integers(s, name) for name in _PADDING]


def padded(s: Signature) -> list[int]:
    """The shape of the result (C4); negative where more is cut off than there is."""
    return [
        DYNAMIC if size == DYNAMIC else size + low + max(size - 1, 0) * interior + high
        for size, low, high, interior in zip(shape(s.operand_types[0]), *_padding(s), strict=True)
    ]


def _cut_too_much(s: Signature) -> bool:
    sizes = shape(s.operand_types[0])
    return any(new < 0 for new, size in zip(padded(s), sizes, strict=True) if size != DYNAMIC)


@irdl_op_definition
class PadOp(StableHLOOp):
    """The operand with ``padding_value`` around it and between its elements.

    A negative edge padding cuts off.
    """

    name = "stablehlo.pad"

    operand = operand_def()
    padding_value = operand_def()
    edge_padding_low = prop_def(DenseArrayBase.constr(i64))
    edge_padding_high = prop_def(DenseArrayBase.constr(i64))
    interior_padding = prop_def(DenseArrayBase.constr(i64))
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY),
        row(
            "I2",
            lambda s: ANY.accepts(s.operand_types[1]) and not shape(s.operand_types[1]),
            lambda s: f"padding_value must be a 0-dimensional tensor, got {s.operand_types[1]}",
        ),
        row(
            "C1",
            lambda s: len({element_type(t) for t in (*s.operand_types, *s.result_types)}) == 1,
            lambda s: (
                "operand, padding_value and result must have the same element type, got "
                + ", ".join(str(element_type(t)) for t in (*s.operand_types, *s.result_types))
            ),
        ),
        row(
            "C2",
            lambda s: {len(numbers) for numbers in _padding(s)} == {rank(s.operand_types[0])},
            lambda s: (
                f"edge_padding_low, edge_padding_high and interior_padding must have one entry "
                f"for each of the operand's {rank(s.operand_types[0])} dimensions, "
                f"got {', '.join(map(str, map(list, _padding(s))))}"
            ),
        ),
        row(
            "C3",
            lambda s: all(interior >= 0 for interior in integers(s, "interior_padding")),
            lambda s: (
                f"interior_padding must not be negative, "
                f"got {list(integers(s, 'interior_padding'))}"
            ),
        ),
        row(
            "C4",
            lambda s: not _cut_too_much(s),
            lambda s: f"the result's shape would be {padded(s)}, with a negative dimension",
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        returns("O1", "result", ANY),
        *INPUTS,
        row(
            "C4",
            lambda s: shape_is(s.result_types[0], padded(s)),
            lambda s: (
                f"the result must have the shape {dims_text(padded(s))}, got {s.result_types[0]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        low, high, interior = (i64_array_text(self.properties[name]) for name in _PADDING)
        p.write(f"{self.name} {p.operands(self.operands)}, low = {low}, high = {high}, ")
        p.write(f"interior = {interior}{p.attr_dict(self, _PADDING)} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 2)
        given: dict[str, Attribute] = {}
        for name, keyword in zip(_PADDING, ("low", "high", "interior"), strict=True):
            parser.parse_punctuation(",")
            given[name] = parse_i64_array(parser, keyword)
        properties, attributes = parse_dictionary(parser, cls, given)
        types = parse_function_type(parser, 2)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return [with_shape(operands[0], padded(Inputs(operands, properties)))]
