"""The same elements in another shape (``broadcast_in_dim``, ``reshape``, ``transpose``), ``iota``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Self, TypeVar

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, i64
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.quant.types import UniformType
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.bounded_types import Extent, extents, reshaped
from dialects.stablehlo.bounds import bounds
from dialects.stablehlo.element_types import (
    ANY_OR_PER_AXIS,
    COMPLEX,
    FLOATING_POINT,
    INTEGER,
    PER_TENSOR,
)
from dialects.stablehlo.quantized_rows import (
    broadcast_row,
    per_axis,
    reshape_row,
    same_parameters_rows,
    transpose_row,
)
from dialects.stablehlo.signature import (
    Inputs,
    Row,
    Rows,
    Signature,
    accepts,
    dims_text,
    integer,
    integers,
    require,
    returns,
    row,
    shape_is,
    with_element,
)
from dialects.stablehlo.syntax import (
    OpT,
    create,
    i64_array_text,
    parse_dictionary,
    parse_function_type,
    parse_i64_array,
    parse_operands,
)
from dialects.stablehlo.tensors import in_range, is_unique, rank, shape

DimT = TypeVar("DimT", int, Extent)


def static_result(id: str) -> Row:
    """The result's shape is known, but for one dimension that has a bound."""

    def holds(s: Signature) -> bool:
        sizes, limits = shape(s.result_types[0]), bounds(s.result_types[0])
        unknown = [d for d, size in enumerate(sizes) if size == DYNAMIC]
        bounded = [d for d in unknown if limits and limits[d] != DYNAMIC]
        return not unknown or (len(unknown) == 1 and bounded == unknown)

    return row(
        id,
        holds,
        lambda s: (
            "the result must have a static shape or a single bounded dimension, "
            f"got {s.result_types[0]}"
        ),
    )


# -- broadcast_in_dim --------------------------------------------------------------------------


def _dimensions(s: Signature) -> tuple[int, ...]:
    return integers(s, "broadcast_dimensions")


def _misfit(s: Signature) -> tuple[int, int, int] | None:
    """The first operand dimension that neither is 1 nor fits: its number, its size, the other."""
    operand, result = shape(s.operand_types[0]), shape(s.result_types[0])
    for d, (size, target) in enumerate(zip(operand, _dimensions(s), strict=True)):
        if size not in (1, DYNAMIC, result[target]):
            return d, size, result[target]
    return None


@irdl_op_definition
class BroadcastInDimOp(StableHLOOp):
    """Repeats the operand along new dimensions and along those of size 1.

    Dimension ``d`` of the operand becomes dimension ``broadcast_dimensions[d]`` of the result.
    """

    name = "stablehlo.broadcast_in_dim"

    operand = operand_def()
    broadcast_dimensions = prop_def(DenseArrayBase.constr(i64))
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY_OR_PER_AXIS),
        returns("O1", "result", ANY_OR_PER_AXIS),
        static_result("O1"),
        *same_parameters_rows("C1"),
        row(
            "C2",
            lambda s: len(_dimensions(s)) == rank(s.operand_types[0]),
            lambda s: (
                f"broadcast_dimensions must have one entry for each of the operand's "
                f"{rank(s.operand_types[0])} dimensions, got {list(_dimensions(s))}"
            ),
        ),
        row(
            "C3",
            lambda s: in_range(_dimensions(s), rank(s.result_types[0])),
            lambda s: (
                f"broadcast_dimensions {list(_dimensions(s))} must be dimensions of the "
                f"result, in [0, {rank(s.result_types[0])})"
            ),
        ),
        row(
            "C4",
            lambda s: is_unique(_dimensions(s)),
            lambda s: f"broadcast_dimensions {list(_dimensions(s))} must not repeat",
        ),
        row(
            "C5",
            lambda s: _misfit(s) is None,
            lambda s: (
                "dimension {} of the operand has size {}, must be 1 or the result's {}".format(
                    *(_misfit(s) or ())
                )
            ),
        ),
        broadcast_row("C6", _dimensions),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        dims = i64_array_text(self.properties["broadcast_dimensions"])
        p.write(f"{self.name} {p.name(self.operands[0])}, dims = {dims}")
        p.write(f"{p.attr_dict(self, ('broadcast_dimensions',))} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return _parse_with_dims(cls, parser, "broadcast_dimensions")


# -- reshape -----------------------------------------------------------------------------------


def _size(type_: Attribute) -> int | None:
    """The number of elements, if it is known."""
    dims = shape(type_)
    return None if DYNAMIC in dims else math.prod(dims)


def _same_size(s: Signature) -> bool | None:
    sizes = _size(s.operand_types[0]), _size(s.result_types[0])
    return None if None in sizes else sizes[0] == sizes[1]


@irdl_op_definition
class ReshapeOp(StableHLOOp):
    """The operand's elements, in order, under the result's shape."""

    name = "stablehlo.reshape"

    operand = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY_OR_PER_AXIS),
        returns("O1", "result", ANY_OR_PER_AXIS),
        static_result("O1"),
        row(
            "C2",
            _same_size,
            lambda s: (
                f"operand and result must have the same number of elements, "
                f"got {s.operand_types[0]} ({_size(s.operand_types[0])}) and "
                f"{s.result_types[0]} ({_size(s.result_types[0])})"
            ),
        ),
        *same_parameters_rows("C1", reshape_row("C3")),
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


# -- transpose ---------------------------------------------------------------------------------


def _permutation(s: Signature) -> tuple[int, ...]:
    return integers(s, "permutation")


def permuted(dims: Sequence[DimT], permutation: Sequence[int]) -> list[DimT]:
    """The shape of a transposed tensor."""
    return [dims[d] for d in permutation]


@irdl_op_definition
class TransposeOp(StableHLOOp):
    """Dimension ``d`` of the result is dimension ``permutation[d]`` of the operand."""

    name = "stablehlo.transpose"

    operand = operand_def()
    permutation = prop_def(DenseArrayBase.constr(i64))
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY_OR_PER_AXIS),
        row(
            "C2",
            lambda s: sorted(_permutation(s)) == list(range(rank(s.operand_types[0]))),
            lambda s: (
                f"permutation {list(_permutation(s))} must be a permutation of "
                f"{dims_text(range(rank(s.operand_types[0])))}"
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("O1", "result", ANY_OR_PER_AXIS),
        row(
            "C3",
            lambda s: shape_is(
                s.result_types[0], permuted(shape(s.operand_types[0]), _permutation(s))
            ),
            lambda s: (
                f"the result must have the shape "
                f"{dims_text(permuted(shape(s.operand_types[0]), _permutation(s)))}, "
                f"got {s.result_types[0]}"
            ),
        ),
        *same_parameters_rows("C1", transpose_row("C4", _permutation)),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        dims = i64_array_text(self.properties["permutation"])
        p.write(f"{self.name} {p.name(self.operands[0])}, dims = {dims}")
        p.write(f"{p.attr_dict(self, ('permutation',))} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return _parse_with_dims(cls, parser, "permutation")

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        order = _permutation(Inputs(operands, properties))
        result = reshaped(operands[0], permuted(extents(operands[0]), order))
        axis = per_axis(result)
        if axis is None:
            return [result]
        moved = replace(axis.data, dimension=order.index(axis.dimension))
        return [with_element(result, UniformType(moved))]


def _parse_with_dims(cls: type[OpT], parser: Parser, name: str) -> OpT:
    """Reads ``%0, dims = [0, 1] : (t) -> t``."""
    operands = parse_operands(parser, 1)
    parser.parse_punctuation(",")
    given = {name: parse_i64_array(parser, "dims")}
    properties, attributes = parse_dictionary(parser, cls, given)
    types = parse_function_type(parser, 1)
    return create(
        cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
    )


# -- iota --------------------------------------------------------------------------------------


@irdl_op_definition
class IotaOp(StableHLOOp):
    """Counts from zero along ``iota_dimension``; the same in all other dimensions."""

    name = "stablehlo.iota"

    iota_dimension = prop_def(IntegerAttr.constr(i64))
    output = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        returns("O1", "output", INTEGER | FLOATING_POINT | COMPLEX | PER_TENSOR),
        static_result("O1"),
        row(
            "C1",
            lambda s: 0 <= integer(s, "iota_dimension") < rank(s.result_types[0]),
            lambda s: (
                f"iota_dimension must be a dimension of the output, in "
                f"[0, {rank(s.result_types[0])}), got {integer(s, 'iota_dimension')}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        dimension = integer(self, "iota_dimension")
        p.write(f"{self.name} dim = {dimension}{p.attr_dict(self, ('iota_dimension',))}")
        p.write(f" : {p.types(self.result_types)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        parser.parse_keyword("dim")
        parser.parse_punctuation("=")
        dimension = parser.parse_integer(allow_boolean=False)
        given = {"iota_dimension": IntegerAttr(dimension, i64)}
        properties, attributes = parse_dictionary(parser, cls, given)
        parser.parse_punctuation(":")
        return create(cls, parser, (), (), [parser.parse_type()], properties, attributes)
