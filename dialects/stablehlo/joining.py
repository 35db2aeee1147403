"""Larger tensors from smaller ones: ``concatenate`` and ``pad``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
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
from dialects.stablehlo.bounded_types import (
    Extent,
    extents,
    has_encoding,
    joined,
    most_specific,
    reshaped,
)
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.signature import (
    Inputs,
    Rows,
    Signature,
    accepts,
    dims_text,
    integer,
    integers,
    require,
    returns,
    row,
    same_elements,
    shape_is,
    types_agree,
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
from dialects.stablehlo.tensors import AnyTensor, element_type, rank, shape

# -- concatenate -------------------------------------------------------------------------------


def _others_fit(s: Signature) -> bool:
    """Whether the inputs agree but for the dimension along which they are joined."""
    d = integer(s, "dimension")
    if len(set(map(rank, s.operand_types))) != 1:
        return False
    others = [(t, extents(t)) for t in s.operand_types]
    return types_agree([reshaped(t, [*dims[:d], *dims[d + 1 :]]) for t, dims in others])


def concatenated(s: Signature) -> AnyTensor:
    """The type of the result (C6); a dimension that others have known is known."""
    joined_dim = integer(s, "dimension")
    groups = zip(*map(extents, s.operand_types), strict=True)
    dims = [
        reduce(joined if dim == joined_dim else most_specific, group)
        for dim, group in enumerate(groups)
    ]
    first = s.operand_types[0]
    return reshaped(next((t for t in s.operand_types if has_encoding(t)), first), dims)


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
            _others_fit,
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
            lambda s: shape_is(s.result_types[0], shape(concatenated(s))),
            lambda s: (
                f"the result must have the shape {dims_text(shape(concatenated(s)))}, "
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
        return [concatenated(Inputs(operands, properties))]


# -- pad ---------------------------------------------------------------------------------------

_PADDING = ("edge_padding_low", "edge_padding_high", "interior_padding")


def _padding(s: Signature) -> list[tuple[int, ...]]:
    return [integers(s, name) for name in _PADDING]


def _padded_size(size: int, low: int, high: int, interior: int) -> int:
    return DYNAMIC if size == DYNAMIC else size + low + max(size - 1, 0) * interior + high


def padded(s: Signature) -> list[Extent]:
    """The dimensions of the result (C4); negative where more is cut off than there is."""
    return [
        Extent(_padded_size(extent.size, *numbers), _padded_size(extent.bound, *numbers))
        for extent, *numbers in zip(extents(s.operand_types[0]), *_padding(s), strict=True)
    ]


def _padded_shape(s: Signature) -> list[int]:
    return [extent.size for extent in padded(s)]


def _cut_too_much(s: Signature) -> bool:
    return any(size < 0 for extent in padded(s) for size in extent if size != DYNAMIC)


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
            lambda s: (
                f"the result's shape would be {dims_text(extent.most for extent in padded(s))}, "
                "with a negative dimension"
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS[:2],
        returns("O1", "result", ANY),
        *INPUTS[2:],
        row(
            "C4",
            lambda s: shape_is(s.result_types[0], _padded_shape(s)),
            lambda s: (
                f"the result must have the shape {dims_text(_padded_shape(s))}, "
                f"got {s.result_types[0]}"
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
        return [reshaped(operands[0], padded(Inputs(operands, properties)))]
