"""``reduce`` and ``reduce_window``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce, #reduce_window
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import DenseArrayBase, DenseIntOrFPElementsAttr, TensorType, i64
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.irdl import (
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.traits import RecursiveMemoryEffect

from dialects.asm import AsmPrinter
from dialects.constraints import Constraint, ConstraintError
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.bounded_types import Extent, bounded, extents
from dialects.stablehlo.control_flow import ReturnOp
from dialects.stablehlo.dimension_numbers import dims_text, parse_dims
from dialects.stablehlo.element_types import ANY
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.reducer import ReducerIds, reducer_rows
from dialects.stablehlo.regions import returned_types, types_text
from dialects.stablehlo.signature import Signature, all_accepted
from dialects.stablehlo.syntax import i64_array, parse_dictionary
from dialects.stablehlo.tensors import (
    element_type,
    in_range,
    is_tensor,
    is_unique,
    rank,
    shape,
    shapes_agree,
)
from dialects.stablehlo.windows import (
    integers,
    is_padding_of,
    padding_pairs,
    window_dimensions,
)

COMMUTATIVE = frozenset(
    f"stablehlo.{name}" for name in ("add", "and", "maximum", "minimum", "multiply", "or", "xor")
)
"""Operations whose ``reduce`` upstream writes on one line, with ``applies``."""


class _Reduction(StableHLOOp):
    """The operands are all inputs, then as many initial values."""

    @property
    def inputs(self) -> Sequence[SSAValue]:
        """The tensors that are reduced, all of one shape."""
        return self.operands[: len(self.operands) // 2]

    @property
    def init_values(self) -> Sequence[SSAValue]:
        """What each reduction begins with."""
        return self.operands[len(self.operands) // 2 :]


def _count_row(id: str) -> Constraint[Any]:
    return Constraint(
        id,
        lambda op: (
            0 < len(op.inputs) == len(op.init_values)
            and all(map(is_tensor, op.operands))
            and len(op.results) in (0, len(op.inputs))
        ),
        lambda op: (
            f"{types_text(o.type for o in op.operands)} -> {types_text(op.result_types)} is no "
            "tensor, an initial value and a result for each input"
        ),
    )


def _input_types(s: Signature) -> Sequence[Attribute]:
    return s.operand_types[: len(s.operand_types) // 2]


def _initial_types(s: Signature) -> Sequence[Attribute]:
    return s.operand_types[len(s.operand_types) // 2 :]


def _same_shapes_row(id: str) -> Constraint[Any]:
    return Constraint(
        id,
        lambda op: all(shapes_agree(shape(i), shape(op.inputs[0])) for i in op.inputs),
        lambda op: f"the inputs {types_text(i.type for i in op.inputs)} differ in shape",
    )


def _same_elements_row(id: str) -> Constraint[Any]:
    """Inputs and initial values have the same elements; upstream only asks for promotable ones."""
    return Constraint(
        id,
        lambda op: all(
            elements_agree(element_type(input), element_type(initial))
            for input, initial in zip(op.inputs, op.init_values, strict=True)
        ),
        lambda op: (
            f"the inputs {types_text(i.type for i in op.inputs)} and initial values "
            f"{types_text(i.type for i in op.init_values)} differ in element types"
        ),
    )


def _element_types(
    name: str, id: str, inputs: Sequence[SSAValue], regions: Sequence[Region]
) -> Sequence[Attribute]:
    """The element types of the results: what the body returns, else those of the inputs."""
    if not regions:
        return [element_type(i) for i in inputs]
    returned = returned_types(regions[0])
    if len(returned) != len(inputs) or not all(map(is_tensor, returned)):
        raise ConstraintError(
            name, id, f"body returns {types_text(returned)}, expected {len(inputs)} tensors"
        )
    return [element_type(type_) for type_ in returned]


# -- reduce ------------------------------------------------------------------------------------


def _dimensions(op: ReduceOp) -> tuple[int, ...]:
    return integers(op.dimensions) or ()


def _kept(op: ReduceOp) -> list[Extent]:
    """The dimensions that are not reduced (C7)."""
    dropped = _dimensions(op)
    found = extents(op.inputs[0].type)
    return [extent for i, extent in enumerate(found) if i not in dropped]


def _kept_shape(op: ReduceOp) -> list[int]:
    return [extent.size for extent in _kept(op)]


_REDUCE_INPUT_ROWS: Sequence[Constraint[ReduceOp]] = (
    _count_row("C3"),
    all_accepted("I1", "inputs", ANY, _input_types),
    all_accepted("I2", "init_values", ANY, _initial_types),
    _same_shapes_row("C1"),
    Constraint(
        "C4",
        lambda op: in_range(_dimensions(op), rank(op.inputs[0])),
        lambda op: f"dimensions {dims_text(_dimensions(op))} not all in [0, {rank(op.inputs[0])})",
    ),
    Constraint(
        "C5",
        lambda op: is_unique(_dimensions(op)),
        lambda op: f"a dimension repeats in dimensions {dims_text(_dimensions(op))}",
    ),
)
_REDUCE_ROWS: Sequence[Constraint[ReduceOp]] = (
    *_REDUCE_INPUT_ROWS,
    *reducer_rows(ReducerIds("I4", "C6", "C6"), _kept_shape),
    _same_elements_row("C2"),
    all_accepted("O1", "results", ANY, lambda s: s.result_types),
    Constraint(
        "C7",
        lambda op: (
            len(op.results) == len(op.inputs)
            and all(is_tensor(r) and shapes_agree(shape(r), _kept_shape(op)) for r in op.results)
        ),
        lambda op: (
            f"the results {types_text(op.result_types)} should be {len(op.inputs)} of the shape "
            f"{dims_text(_kept_shape(op))}"
        ),
    ),
    Constraint(
        "C8",
        lambda op: all(
            element_type(result) == element_type(returned)
            for result, returned in zip(op.results, returned_types(op.body), strict=True)
        ),
        lambda op: (
            f"the results {types_text(op.result_types)} and what body returns, "
            f"{types_text(returned_types(op.body))}, differ in element types"
        ),
    ),
)


@irdl_op_definition
class ReduceOp(_Reduction):
    """Reduces ``inputs`` over ``dimensions`` with ``body``, beginning at ``init_values``.

    The body's arguments are all accumulated values, then all elements.
    """

    name = "stablehlo.reduce"

    arguments = var_operand_def(TensorType)
    dimensions = prop_def(DenseArrayBase.constr(i64))
    results_ = var_result_def(TensorType)
    body = region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _REDUCE_ROWS

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _REDUCE_INPUT_ROWS)
        elements = _element_types(cls.name, "C6", op.inputs, regions)
        return [bounded(element, _kept(op)) for element in elements]

    def print_asm(self, p: AsmPrinter) -> None:
        pairs = zip(self.inputs, self.init_values, strict=True)
        p.write(f"{self.name}")
        p.write(", ".join(f"({p.name(i)} init: {p.name(v)})" for i, v in pairs))
        inner = self.applied()
        if inner is not None:
            p.write(f" applies {inner.name}")
        p.write(f" across dimensions = {dims_text(_dimensions(self))}")
        p.write(f"{p.attr_dict(self, ('dimensions',))} : {p.functional_type(self)}")
        if inner is not None:
            return
        p.newline()
        p.write(" reducer")
        arguments = self.body.block.args
        half = len(arguments) // 2
        for accumulated, element in zip(arguments[:half], arguments[half:], strict=True):
            p.write(
                f"({p.name(accumulated)}: {p.attribute(accumulated.type)}, "
                f"{p.name(element)}: {p.attribute(element.type)}) "
            )
        p.write(" ")
        p.region(self.body)

    def applied(self) -> Operation | None:
        """The one operation of the body, where the short form can stand for the whole body.

        It is commutative, takes the body's two arguments in order, has one type throughout, that
        of a scalar of the first input, and its result is what the body returns.
        """
        block = self.body.block
        inner = block.first_op
        if inner is None or inner.name not in COMMUTATIVE or inner.next_op is not block.last_op:
            return None
        expected = TensorType(element_type(self.inputs[0]), ())
        types = (*(operand.type for operand in inner.operands), *inner.result_types)
        last = block.last_op
        if (
            isinstance(last, ReturnOp)
            and all(type_ == expected for type_ in types)
            and tuple(inner.operands) == tuple(block.args)
            and tuple(last.operands) == tuple(inner.results)
        ):
            return inner
        return None

    @classmethod
    def parse(cls, parser: Parser) -> ReduceOp:
        position = parser.pos
        pairs = parser.parse_comma_separated_list(
            parser.Delimiter.NONE, lambda: _parse_reduced(parser)
        )
        unresolved = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
        inner = _parse_applied(parser)
        parser.parse_keyword("across")
        parser.parse_keyword("dimensions")
        parser.parse_punctuation("=")
        dimensions = i64_array(parse_dims(parser))
        properties, attributes = parse_dictionary(parser, cls, {"dimensions": dimensions})
        parser.parse_punctuation(":")
        types = parser.parse_function_type()
        operands = parser.resolve_operands(unresolved, types.inputs.data, position)
        if inner is None:
            parser.parse_keyword("reducer")
            body = parser.parse_region(_parse_reducer_arguments(parser))
        else:
            body = applied_body(inner, types.inputs.data[0])
        return cls.create(
            operands=operands,
            result_types=types.outputs.data,
            properties=properties,
            attributes=attributes,
            regions=[body],
        )


def applied_body(inner: type[Operation], input_type: Attribute) -> Region:
    """The body that ``applies`` stands for: ``inner`` on scalars of the input's elements."""
    scalar = TensorType(element_type(input_type), ())
    block = Block(arg_types=(scalar, scalar))
    applied = inner.create(operands=block.args, result_types=(scalar,))
    block.add_ops((applied, ReturnOp.create(operands=applied.results)))
    return Region(block)


def _parse_reduced(parser: Parser) -> tuple[UnresolvedOperand, UnresolvedOperand]:
    """Reads ``(%input init: %initial)``."""
    with parser.in_parens():
        reduced = parser.parse_unresolved_operand()
        parser.parse_keyword("init")
        parser.parse_punctuation(":")
        return reduced, parser.parse_unresolved_operand()


def _parse_applied(parser: Parser) -> type[Operation] | None:
    if parser.parse_optional_keyword("applies") is None:
        return None
    position = parser.pos
    name = parser.parse_identifier_or_str_literal()
    full_name = name if "." in name else f"stablehlo.{name}"
    if full_name not in COMMUTATIVE:
        parser.raise_error(
            f"reduce can not apply '{name}'; it applies {', '.join(sorted(COMMUTATIVE))}, any "
            "other function is written out after 'reducer'",
            position,
            parser.pos,
        )
    return parser.ctx.get_op(full_name)


def _parse_reducer_arguments(parser: Parser) -> list[Parser.Argument]:
    """Reads ``(%acc: t, %element: t)`` pairs; all accumulated values come first in the result."""

    def argument() -> Parser.Argument:
        found = parser.parse_argument()
        found.location = parser.parse_optional_location()
        return found

    accumulated: list[Parser.Argument] = []
    elements: list[Parser.Argument] = []
    while parser.parse_optional_punctuation("(") is not None:
        accumulated.append(argument())
        parser.parse_punctuation(",")
        elements.append(argument())
        parser.parse_punctuation(")")
    return accumulated + elements


# -- reduce_window -----------------------------------------------------------------------------


def _window_sizes(op: ReduceWindowOp) -> tuple[int, ...]:
    return integers(op.window_dimensions) or ()


def _window_counts(op: ReduceWindowOp) -> list[Extent]:
    """How many windows there are in each dimension (C15), at most where its size is unknown."""
    windows = window_dimensions(
        _window_sizes(op),
        integers(op.window_strides),
        padding_pairs(op.padding),
        integers(op.base_dilations),
        integers(op.window_dilations),
    )
    return [
        Extent(window.positions(extent.size), window.positions(extent.bound))
        for window, extent in zip(windows, extents(op.inputs[0].type), strict=True)
    ]


def _window_shape(op: ReduceWindowOp) -> list[int]:
    return [extent.size for extent in _window_counts(op)]


def _size_row(id: str, name: str) -> Constraint[ReduceWindowOp]:
    """As many numbers as dimensions; none stand for the default."""
    return Constraint(
        id,
        lambda op: len(integers(getattr(op, name)) or ()) in (0, rank(op.inputs[0])),
        lambda op: (
            f"{name} {dims_text(integers(getattr(op, name)) or ())} should be "
            f"{rank(op.inputs[0])} for {op.inputs[0].type}"
        ),
    )


def _positive_row(id: str, name: str) -> Constraint[ReduceWindowOp]:
    return Constraint(
        id,
        lambda op: all(v > 0 for v in integers(getattr(op, name)) or ()),
        lambda op: f"{name} {dims_text(integers(getattr(op, name)) or ())} must be positive",
    )


_WINDOW_INPUT_ROWS: Sequence[Constraint[ReduceWindowOp]] = (
    _count_row("C1"),
    all_accepted("I1", "inputs", ANY, _input_types),
    all_accepted("I2", "init_values", ANY, _initial_types),
    _same_shapes_row("C2"),
    Constraint(
        "C4",
        lambda op: len(_window_sizes(op)) == rank(op.inputs[0]),
        lambda op: (
            f"window_dimensions {dims_text(_window_sizes(op))} should be {rank(op.inputs[0])} "
            f"for {op.inputs[0].type}"
        ),
    ),
    _positive_row("C5", "window_dimensions"),
    _size_row("C6", "window_strides"),
    _positive_row("C7", "window_strides"),
    _size_row("C8", "base_dilations"),
    _positive_row("C9", "base_dilations"),
    _size_row("C10", "window_dilations"),
    _positive_row("C11", "window_dilations"),
    Constraint(
        "C12",
        lambda op: is_padding_of(op.padding, rank(op.inputs[0])),
        lambda op: f"padding must have the shape [{rank(op.inputs[0])}, 2], got {op.padding}",
    ),
)
_WINDOW_ROWS: Sequence[Constraint[ReduceWindowOp]] = (
    *_WINDOW_INPUT_ROWS,
    *reducer_rows(ReducerIds("I8", "C13", "I2"), _window_sizes),
    _same_elements_row("C3"),
    all_accepted("O1", "results", ANY, lambda s: s.result_types),
    Constraint(
        "C14",
        lambda op: all(
            is_tensor(r) and shapes_agree(shape(r), shape(op.results[0])) for r in op.results
        ),
        lambda op: f"the results {types_text(op.result_types)} differ in shape",
    ),
    Constraint(
        "C15",
        lambda op: (
            len(op.results) == len(op.inputs)
            and shapes_agree(shape(op.results[0]), _window_shape(op))
        ),
        lambda op: (
            f"the results {types_text(op.result_types)} should be {len(op.inputs)} of the shape "
            f"{dims_text(_window_shape(op))}"
        ),
    ),
    Constraint(
        "C16",
        lambda op: all(
            element_type(result) == element_type(returned)
            for result, returned in zip(op.results, returned_types(op.body), strict=True)
        ),
        lambda op: (
            f"the results {types_text(op.result_types)} and what body returns, "
            f"{types_text(returned_types(op.body))}, differ in element types"
        ),
    ),
)


@irdl_op_definition
class ReduceWindowOp(_Reduction):
    """Reduces every window of ``inputs`` with ``body``, beginning at ``init_values``."""

    name = "stablehlo.reduce_window"

    arguments = var_operand_def(TensorType)
    window_dimensions = prop_def(DenseArrayBase.constr(i64))
    window_strides = opt_prop_def(DenseArrayBase.constr(i64))
    base_dilations = opt_prop_def(DenseArrayBase.constr(i64))
    window_dilations = opt_prop_def(DenseArrayBase.constr(i64))
    padding = opt_prop_def(DenseIntOrFPElementsAttr)
    results_ = var_result_def(TensorType)
    body = region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _WINDOW_ROWS

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _WINDOW_INPUT_ROWS)
        elements = _element_types(cls.name, "C13", op.inputs, regions)
        return [bounded(element, _window_counts(op)) for element in elements]
