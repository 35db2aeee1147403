"""Parts of tensors: ``slice``, ``dynamic_slice``, ``dynamic_update_slice``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, one section an operation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import DenseArrayBase, i64
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
from dialects.stablehlo.bounded_types import Extent, extents, reshaped
from dialects.stablehlo.element_types import ANY, INTEGER
from dialects.stablehlo.signature import (
    Inputs,
    Row,
    Rows,
    Signature,
    accepts,
    dims_text,
    integers,
    require,
    returns,
    row,
    same_elements,
    shape_is,
    types_agree,
    with_shape,
)
from dialects.stablehlo.syntax import (
    create,
    i64_array,
    i64_array_text,
    parse_dictionary,
    parse_function_type,
    parse_i64_array,
    parse_operand_list,
    parse_operands,
    parse_operands_then_comma,
)
from dialects.stablehlo.tensors import element_type, rank, shape

# -- slice -------------------------------------------------------------------------------------


def _ranges(s: Signature) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    return integers(s, "start_indices"), integers(s, "limit_indices"), integers(s, "strides")


def _bad_range(s: Signature) -> tuple[int, int, int, int] | None:
    """The first dimension with ``start`` or ``limit`` out of place: its number, both, its size.

    The bound stands for a size that is unknown.
    """
    starts, limits, _ = _ranges(s)
    sizes = [extent.most for extent in extents(s.operand_types[0])]
    for d, (start, limit, size) in enumerate(zip(starts, limits, sizes, strict=True)):
        if not 0 <= start <= limit or (size != DYNAMIC and limit > size):
            return d, start, limit, size
    return None


def _range_message(s: Signature) -> str:
    d, start, limit, size = _bad_range(s) or (0, 0, 0, 0)
    return (
        f"dimension {d}: 0 <= start <= limit <= size must hold, "
        f"got start {start}, limit {limit}, size {'?' if size == DYNAMIC else size}"
    )


def sliced(starts: Sequence[int], limits: Sequence[int], strides: Sequence[int]) -> list[int]:
    """``ceil((limit - start) / stride)`` in each dimension (C5)."""
    return [-(-(b - a) // step) for a, b, step in zip(starts, limits, strides, strict=True)]


@irdl_op_definition
class SliceOp(StableHLOOp):
    """Every ``strides[d]``-th element from ``start_indices[d]`` up to ``limit_indices[d]``."""

    name = "stablehlo.slice"

    operand = operand_def()
    start_indices = prop_def(DenseArrayBase.constr(i64))
    limit_indices = prop_def(DenseArrayBase.constr(i64))
    strides = prop_def(DenseArrayBase.constr(i64))
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY),
        row(
            "C2",
            lambda s: {len(numbers) for numbers in _ranges(s)} == {rank(s.operand_types[0])},
            lambda s: (
                f"start_indices, limit_indices and strides must have one entry for each of the "
                f"operand's {rank(s.operand_types[0])} dimensions, "
                f"got {', '.join(map(str, map(list, _ranges(s))))}"
            ),
        ),
        row("C3", lambda s: _bad_range(s) is None, _range_message),
        row(
            "C4",
            lambda s: all(step > 0 for step in integers(s, "strides")),
            lambda s: f"strides must be positive, got {list(integers(s, 'strides'))}",
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("O1", "result", ANY),
        same_elements("C1"),
        row(
            "C5",
            lambda s: shape_is(s.result_types[0], sliced(*_ranges(s))),
            lambda s: (
                f"the result must have the shape {dims_text(sliced(*_ranges(s)))}, "
                f"got {s.result_types[0]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        ranges = ", ".join(
            f"{start}:{limit}" if step == 1 else f"{start}:{limit}:{step}"
            for start, limit, step in zip(*_ranges(self), strict=True)
        )
        dictionary = p.attr_dict(self, ("start_indices", "limit_indices", "strides"))
        p.write(f"{self.name} {p.name(self.operands[0])} [{ranges}]{dictionary}")
        p.write(f" : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)

        def parse_range() -> tuple[int, int, int]:
            start = parser.parse_integer(allow_boolean=False)
            parser.parse_punctuation(":")
            limit = parser.parse_integer(allow_boolean=False)
            if parser.parse_optional_punctuation(":") is None:
                return start, limit, 1
            return start, limit, parser.parse_integer(allow_boolean=False)

        ranges = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parse_range)
        starts, limits, strides = zip(*ranges, strict=True) if ranges else ((), (), ())
        given = {
            "start_indices": i64_array(starts),
            "limit_indices": i64_array(limits),
            "strides": i64_array(strides),
        }
        properties, attributes = parse_dictionary(parser, cls, given)
        types = parse_function_type(parser, 1)
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
        sizes = sliced(*_ranges(Inputs(operands, properties)))
        return [reshaped(operands[0], list(map(Extent, sizes)))]


# -- dynamic slices ----------------------------------------------------------------------------


def _indices(s: Signature, first: int) -> Sequence[Attribute]:
    return s.operand_types[first:]


def _scalar_indices(id: str, first: int) -> Row:
    """``start_indices`` are scalars of integer type."""
    return row(
        id,
        lambda s: all(INTEGER.accepts(t) and not shape(t) for t in _indices(s, first)),
        lambda s: (
            "start_indices must be 0-dimensional tensors of integer type, got "
            + ", ".join(map(str, _indices(s, first)))
        ),
    )


def _equal_indices(id: str, first: int) -> Row:
    """``start_indices`` have one type."""
    return row(
        id,
        lambda s: len(set(_indices(s, first))) <= 1,
        lambda s: (
            "start_indices must all have the same type, got "
            + ", ".join(map(str, _indices(s, first)))
        ),
    )


def _within(sizes: Sequence[int], bounds: Sequence[int]) -> bool:
    """Whether ``0 <= size <= bound`` in each dimension where both are known."""
    return all(
        size == DYNAMIC or (size >= 0 and (bound == DYNAMIC or size <= bound))
        for size, bound in zip(sizes, bounds, strict=True)
    )


def _slice_sizes(s: Signature) -> tuple[int, ...]:
    return integers(s, "slice_sizes")


@irdl_op_definition
class DynamicSliceOp(StableHLOOp):
    """``slice_sizes[d]`` elements from ``start_indices[d]``, which is clamped to fit."""

    name = "stablehlo.dynamic_slice"

    operand = operand_def()
    start_indices = var_operand_def()
    slice_sizes = prop_def(DenseArrayBase.constr(i64))
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY),
        _scalar_indices("I2", 1),
        row(
            "C2",
            lambda s: len(_indices(s, 1)) == len(_slice_sizes(s)) == rank(s.operand_types[0]),
            lambda s: (
                f"start_indices and slice_sizes must have one entry for each of the operand's "
                f"{rank(s.operand_types[0])} dimensions, "
                f"got {len(_indices(s, 1))} and {len(_slice_sizes(s))}"
            ),
        ),
        _equal_indices("C3", 1),
        row(
            "C4",
            lambda s: (
                min(_slice_sizes(s), default=0) >= 0
                and _within(_slice_sizes(s), shape(s.operand_types[0]))
            ),
            lambda s: (
                f"slice_sizes {list(_slice_sizes(s))} must be in range of the operand's shape "
                f"{dims_text(shape(s.operand_types[0]))}"
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("O1", "result", ANY),
        same_elements("C1"),
        row(
            "C5",
            lambda s: shape_is(s.result_types[0], _slice_sizes(s)),
            lambda s: (
                f"the result must have the shape {dims_text(_slice_sizes(s))}, "
                f"got {s.result_types[0]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        sizes = i64_array_text(self.properties["slice_sizes"])
        dictionary = p.attr_dict(self, ("slice_sizes",))
        p.write(f"{self.name} {p.operands(self.operands)}, sizes = {sizes}{dictionary}")
        p.write(f" : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands_then_comma(parser)
        given = {"slice_sizes": parse_i64_array(parser, "sizes")}
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
        return [with_shape(operands[0], _slice_sizes(Inputs(operands, properties)))]


@irdl_op_definition
class DynamicUpdateSliceOp(StableHLOOp):
    """The operand with ``update`` written over it from ``start_indices`` on, clamped to fit."""

    name = "stablehlo.dynamic_update_slice"

    operand = operand_def()
    update = operand_def()
    start_indices = var_operand_def()
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY),
        accepts("I2", "update", 1, ANY),
        _scalar_indices("I3", 2),
        row(
            "C2",
            lambda s: element_type(s.operand_types[0]) == element_type(s.operand_types[1]),
            lambda s: (
                f"update must have the operand's element type "
                f"{element_type(s.operand_types[0])}, got {element_type(s.operand_types[1])}"
            ),
        ),
        row(
            "C3",
            lambda s: rank(s.operand_types[0]) == rank(s.operand_types[1]),
            lambda s: (
                f"update must have the operand's rank {rank(s.operand_types[0])}, "
                f"got {rank(s.operand_types[1])}"
            ),
        ),
        row(
            "C4",
            lambda s: len(_indices(s, 2)) == rank(s.operand_types[0]),
            lambda s: (
                f"start_indices must have one entry for each of the operand's "
                f"{rank(s.operand_types[0])} dimensions, got {len(_indices(s, 2))}"
            ),
        ),
        _equal_indices("C5", 2),
        row(
            "C6",
            lambda s: _within(shape(s.operand_types[1]), shape(s.operand_types[0])),
            lambda s: (
                f"update, of shape {dims_text(shape(s.operand_types[1]))}, must fit into the "
                f"operand, of shape {dims_text(shape(s.operand_types[0]))}"
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        row(
            "C1",
            lambda s: types_agree((s.operand_types[0], *s.result_types)),
            lambda s: (
                f"operand and result must have the same type, "
                f"got {s.operand_types[0]} and {s.result_types[0]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)}")
        p.write(f" : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operand_list(parser)
        properties, attributes = parse_dictionary(parser, cls)
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
        return [operands[0]]
