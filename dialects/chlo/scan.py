"""``scan``: a computation carried along one dimension of its inputs.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, TensorType, i1, i32, i64
from xdsl.ir import Attribute, Operation, Region
from xdsl.irdl import (
    AttrSizedOperandSegments,
    AttrSizedResultSegments,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.traits import IsolatedFromAbove, IsTerminator, RecursiveMemoryEffect

from dialects.asm import AsmPrinter
from dialects.chlo.base import ChloOp
from dialects.constraints import Constraint, ConstraintError
from dialects.number_syntax import parse_integer_property
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.element_types import ANY_OR_PER_AXIS
from dialects.stablehlo.regions import argument_types, problem_row
from dialects.stablehlo.signature import Inputs, integer, integers
from dialects.stablehlo.syntax import parse_dictionary
from dialects.stablehlo.tensors import is_tensor, rank, shape, tensor
from dialects.stablehlo.unranked import agree, shapes_agree, takes

_OPERANDS, _RESULTS = "operandSegmentSizes", "resultSegmentSizes"


def _types_problem(op: ScanOp) -> str | None:
    for number, type_ in enumerate(op.operand_types):
        if not ANY_OR_PER_AXIS.accepts(type_):
            return f"operand {number} must be a {ANY_OR_PER_AXIS} with a rank, got {type_}"
    for number, type_ in enumerate(op.result_types):
        if not takes(ANY_OR_PER_AXIS, type_):
            return f"result {number} must be a {ANY_OR_PER_AXIS}, got {type_}"
    return None


def _sizes_problem(op: ScanOp) -> str | None:
    dimension = op.dimension.value.data
    if dimension < 0:
        return f"dimension is {dimension}, less than 0"
    size = None if op.scan_dim_size is None else op.scan_dim_size.value.data
    if size is not None and size < 0:
        return f"scan_dim_size is {size}, less than 0"
    for number, value in enumerate(op.inputs):
        if dimension >= rank(value):
            return f"input {number} has no dimension {dimension}: {value.type}"
        found = shape(value)[dimension]
        if found == DYNAMIC:
            continue
        if size is not None and found != size:
            return f"input {number} has the size {found} along dimension {dimension}, not {size}"
        size = found
    return None


def _arguments_problem(op: ScanOp) -> str | None:
    expected = [
        *(_slice(value.type, op.dimension.value.data) for value in op.inputs),
        *(value.type for value in op.inits),
    ]
    arguments = argument_types(op.body)
    if len(arguments) != len(expected):
        return f"the body takes {len(arguments)} arguments, expected {len(expected)}"
    for number, (argument, wanted) in enumerate(zip(arguments, expected, strict=True)):
        if not takes(ANY_OR_PER_AXIS, argument) or not agree(wanted, argument):
            return f"argument {number} of the body is {argument}, expected {wanted}"
    return None


def _slice(type_: Attribute, dimension: int) -> TensorType[Any]:
    """An input's type without the dimension that is walked along."""
    sizes = [size for dim, size in enumerate(shape(type_)) if dim != dimension]
    return TensorType(tensor(type_).element_type, sizes)


@irdl_op_definition
class ScanOp(ChloOp):
    """Calls ``body`` on the slices of ``inputs`` along ``dimension``, one after the other.

    The body takes a slice of each input and the carried values, which are ``inits`` at first; it
    returns a slice of each output and the values to carry on. The results are the outputs and what
    is carried at the end.
    """

    name = "chlo.scan"

    inputs = var_operand_def()
    inits = var_operand_def()
    dimension = prop_def(IntegerAttr.constr(i64))
    scan_dim_size = opt_prop_def(IntegerAttr.constr(i64))
    is_reverse = opt_prop_def(IntegerAttr.constr(i1))
    is_associative = opt_prop_def(IntegerAttr.constr(i1))
    outputs = var_result_def()
    carries = var_result_def()
    body = region_def("single_block")

    irdl_options = (
        AttrSizedOperandSegments(as_property=True),
        AttrSizedResultSegments(as_property=True),
    )
    traits = traits_def(IsolatedFromAbove(), RecursiveMemoryEffect())

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        Constraint(
            "values",
            lambda op: bool(op.inputs or op.outputs),
            lambda op: "there are neither inputs nor outputs",
        ),
        problem_row("types", _types_problem),
        problem_row("sizes", _sizes_problem),
        problem_row("arguments", _arguments_problem),
    )

    def argument_name(self, index: int) -> str:
        """The suggested name of an argument of the body."""
        return "input" if index < len(self.inputs) else "carry"

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        given = Inputs(operands, properties)
        count, carried = integers(given, _OPERANDS)
        dimension = integer(given, "dimension")
        returned = _returned(regions)
        if returned is None or len(returned) < carried:
            raise ConstraintError(
                cls.name, "returns", f"the body must return at least {carried} values"
            )
        sizes = [integer(given, "scan_dim_size")] if "scan_dim_size" in properties else []
        sizes += [shape(type_)[dimension] for type_ in operands[:count]]
        size = next((size for size in sizes if size != DYNAMIC), DYNAMIC)
        results: list[Attribute] = []
        for number, type_ in enumerate(returned):
            if not is_tensor(type_):
                raise ConstraintError(
                    cls.name, "returns", f"value {number} that the body returns is {type_}"
                )
            dims = list(shape(type_))
            if number < len(returned) - carried:
                dims.insert(dimension, size)
            results.append(TensorType(tensor(type_).element_type, dims))
        return results

    @classmethod
    def result_agrees(cls, declared: Attribute, inferred: Attribute) -> bool:
        # Upstream compares no element types here.
        return shapes_agree(declared, inferred)

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name}({p.operands(self.inputs)}) inits ({p.operands(self.inits)}) ")
        p.write(f"dimension={self.dimension.value.data} ")
        p.write(p.attr_dict(self, ("dimension", _OPERANDS, _RESULTS), keyword=True) + " ")
        p.region(self.body, header=True)
        p.write(f" : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        inputs = _parse_operands(parser)
        parser.parse_keyword("inits")
        inits = _parse_operands(parser)
        parser.parse_keyword("dimension")
        parser.parse_punctuation("=")
        given: dict[str, Attribute] = {"dimension": parse_integer_property(i64)(parser)}
        attributes: dict[str, Attribute] = {}
        if parser.parse_optional_keyword("attributes") is not None:
            given, attributes = parse_dictionary(parser, cls, given)
        body = parser.parse_region()
        parser.parse_punctuation(":")
        position = parser.pos
        types = parser.parse_function_type()
        outputs = len(types.outputs) - len(inits)
        if len(types.inputs) != len(inputs) + len(inits):
            parser.raise_error(
                f"{len(inputs)} inputs and {len(inits)} inits, but {len(types.inputs)} types",
                position,
                parser.pos,
            )
        if outputs < 0:
            parser.raise_error(
                f"{len(inits)} values are carried, but there are {len(types.outputs)} results",
                position,
                parser.pos,
            )
        given[_OPERANDS] = DenseArrayBase.from_list(i32, [len(inputs), len(inits)])
        given[_RESULTS] = DenseArrayBase.from_list(i32, [outputs, len(inits)])
        return cls.create(
            operands=parser.resolve_operands([*inputs, *inits], types.inputs.data, parser.pos),
            result_types=types.outputs.data,
            properties=given,
            attributes=attributes,
            regions=[body],
        )


def _parse_operands(parser: Parser) -> list[UnresolvedOperand]:
    return parser.parse_comma_separated_list(
        parser.Delimiter.PAREN, parser.parse_unresolved_operand
    )


def _returned(regions: Sequence[Region]) -> Sequence[Attribute] | None:
    """The types that the body's terminator takes, if there is one."""
    last: Operation | None = regions[0].blocks[0].last_op if regions and regions[0].blocks else None
    if last is None or not last.has_trait(IsTerminator):
        return None
    return last.operand_types
