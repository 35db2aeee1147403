"""``dot_general``: products summed over chosen dimensions.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dot_general
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from xdsl.dialects.builtin import ArrayAttr, TensorType
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.constraints import Constraint
from dialects.stablehlo.attributes import Precision, PrecisionAttr, parse_case
from dialects.stablehlo.base import StableHLOOp, compatible
from dialects.stablehlo.bounded_types import bounded, extents, most_specific
from dialects.stablehlo.bounds import within_bounds
from dialects.stablehlo.dimension_numbers import (
    Dims,
    DotDimensionNumbersAttr,
    DotDimensions,
    dims_text,
    parse_dims,
)
from dialects.stablehlo.dot_algorithm import (
    ALGORITHM_RULES,
    AlgorithmRule,
    DotAlgorithmAttr,
    parse_dot_algorithm,
)
from dialects.stablehlo.element_types import ANY, ANY_OR_PER_AXIS
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.quantized_rows import (
    ProductIds,
    is_hybrid,
    not_contracted_row,
    product_rows,
    zero_points_row,
)
from dialects.stablehlo.signature import accepts, returns
from dialects.stablehlo.syntax import create, parse_dictionary, parse_function_type, parse_operands
from dialects.stablehlo.tensors import (
    AnyTensor,
    dims_agree,
    element_type,
    in_range,
    is_unique,
    rank,
    shape,
)

DimT = TypeVar("DimT")
"""Extents, or terms that stand for sizes."""


def _dims(op: DotGeneralOp) -> DotDimensions:
    return op.dot_dimension_numbers.data


def _pairs_agree(op: DotGeneralOp, lhs: Dims, rhs: Dims) -> bool:
    left, right = shape(op.lhs), shape(op.rhs)
    return all(dims_agree(left[i], right[j]) for i, j in zip(lhs, rhs, strict=True))


def _batch_bounds_fit(op: DotGeneralOp) -> bool:
    """Whether the size of a batch that one side has keeps within the bound of the other's."""
    dims = _dims(op)
    sides = (op.lhs, dims.lhs_batching_dimensions), (op.rhs, dims.rhs_batching_dimensions)
    lhs, rhs = ([extents(value.type)[dim] for dim in batches] for value, batches in sides)
    return all(
        within_bounds((left.size, right.size), (right.bound, left.bound))
        for left, right in zip(lhs, rhs, strict=True)
    )


def result_dimensions(
    lhs: Sequence[DimT],
    rhs: Sequence[DimT],
    dims: DotDimensions,
    merge: Callable[[DimT, DimT], DimT],
) -> list[DimT]:
    """Batches, then what is left of ``lhs``, then what is left of ``rhs`` (C12)."""
    lhs_used = (*dims.lhs_batching_dimensions, *dims.lhs_contracting_dimensions)
    rhs_used = (*dims.rhs_batching_dimensions, *dims.rhs_contracting_dimensions)
    batches = zip(dims.lhs_batching_dimensions, dims.rhs_batching_dimensions, strict=True)
    return [
        *(merge(lhs[i], rhs[j]) for i, j in batches),
        *(extent for i, extent in enumerate(lhs) if i not in lhs_used),
        *(extent for i, extent in enumerate(rhs) if i not in rhs_used),
    ]


def _algorithm_row(rule: AlgorithmRule) -> Constraint[DotGeneralOp]:
    return Constraint(
        rule.id,
        lambda op: op.algorithm is None or rule.holds(op.algorithm.data),
        lambda op: rule.message(op.algorithm.data) if op.algorithm else "",
    )


_INPUT_ROWS: Sequence[Constraint[DotGeneralOp]] = (
    accepts("I1", "lhs", 0, ANY),
    accepts("I2", "rhs", 1, ANY_OR_PER_AXIS),
    Constraint(
        "C11",
        lambda op: op.precision_config is None or len(op.precision_config) <= 2,
        lambda op: f"precision_config has {len(op.precision_config or ())} entries, not 2",
    ),
    Constraint(
        "C1",
        lambda op: len(_dims(op).lhs_batching_dimensions) == len(_dims(op).rhs_batching_dimensions),
        lambda op: (
            f"lhs_batching_dimensions {_dims(op).lhs_batching_dimensions} and "
            f"rhs_batching_dimensions {_dims(op).rhs_batching_dimensions} differ in number"
        ),
    ),
    Constraint(
        "C2",
        lambda op: (
            len(_dims(op).lhs_contracting_dimensions) == len(_dims(op).rhs_contracting_dimensions)
        ),
        lambda op: (
            f"lhs_contracting_dimensions {_dims(op).lhs_contracting_dimensions} and "
            f"rhs_contracting_dimensions {_dims(op).rhs_contracting_dimensions} differ in number"
        ),
    ),
    Constraint(
        "C3",
        lambda op: is_unique(
            _dims(op).lhs_batching_dimensions + _dims(op).lhs_contracting_dimensions
        ),
        lambda op: (
            f"a dimension repeats in lhs_batching_dimensions {_dims(op).lhs_batching_dimensions} "
            f"and lhs_contracting_dimensions {_dims(op).lhs_contracting_dimensions}"
        ),
    ),
    Constraint(
        "C4",
        lambda op: is_unique(
            _dims(op).rhs_batching_dimensions + _dims(op).rhs_contracting_dimensions
        ),
        lambda op: (
            f"a dimension repeats in rhs_batching_dimensions {_dims(op).rhs_batching_dimensions} "
            f"and rhs_contracting_dimensions {_dims(op).rhs_contracting_dimensions}"
        ),
    ),
    Constraint(
        "C5",
        lambda op: in_range(_dims(op).lhs_batching_dimensions, rank(op.lhs)),
        lambda op: (
            f"lhs_batching_dimensions {_dims(op).lhs_batching_dimensions} "
            f"not all in [0, {rank(op.lhs)})"
        ),
    ),
    Constraint(
        "C6",
        lambda op: in_range(_dims(op).lhs_contracting_dimensions, rank(op.lhs)),
        lambda op: (
            f"lhs_contracting_dimensions {_dims(op).lhs_contracting_dimensions} "
            f"not all in [0, {rank(op.lhs)})"
        ),
    ),
    Constraint(
        "C7",
        lambda op: in_range(_dims(op).rhs_batching_dimensions, rank(op.rhs)),
        lambda op: (
            f"rhs_batching_dimensions {_dims(op).rhs_batching_dimensions} "
            f"not all in [0, {rank(op.rhs)})"
        ),
    ),
    Constraint(
        "C8",
        lambda op: in_range(_dims(op).rhs_contracting_dimensions, rank(op.rhs)),
        lambda op: (
            f"rhs_contracting_dimensions {_dims(op).rhs_contracting_dimensions} "
            f"not all in [0, {rank(op.rhs)})"
        ),
    ),
    Constraint(
        "C9",
        lambda op: (
            _pairs_agree(op, _dims(op).lhs_batching_dimensions, _dims(op).rhs_batching_dimensions)
            and _batch_bounds_fit(op)
        ),
        lambda op: (
            f"batching dimensions {_dims(op).lhs_batching_dimensions} of {op.lhs.type} and "
            f"{_dims(op).rhs_batching_dimensions} of {op.rhs.type} differ in size"
        ),
    ),
    Constraint(
        "C10",
        lambda op: _pairs_agree(
            op, _dims(op).lhs_contracting_dimensions, _dims(op).rhs_contracting_dimensions
        ),
        lambda op: (
            f"contracting dimensions {_dims(op).lhs_contracting_dimensions} of {op.lhs.type} and "
            f"{_dims(op).rhs_contracting_dimensions} of {op.rhs.type} differ in size"
        ),
    ),
    Constraint(
        "C21",
        lambda op: (
            op.algorithm is None
            or all(p.data is Precision.DEFAULT for p in op.precision_config or ())
        ),
        lambda op: "with an algorithm every entry of precision_config must be DEFAULT",
    ),
    *map(_algorithm_row, ALGORITHM_RULES),
    zero_points_row("C15", 1),
    not_contracted_row("C16", lambda op: _dims(op).rhs_contracting_dimensions),
)


def _inferred(op: DotGeneralOp, element: Attribute) -> AnyTensor:
    lhs, rhs = (extents(operand.type) for operand in op.operands)
    return bounded(element, result_dimensions(lhs, rhs, _dims(op), most_specific))


_RESULT_ROWS: Sequence[Constraint[DotGeneralOp]] = (
    returns("O1", "result", ANY_OR_PER_AXIS),
    Constraint(
        "C12",
        lambda op: compatible(op.result.type, _inferred(op, element_type(op.result))),
        lambda op: (
            f"the result {op.result.type} should be {_inferred(op, element_type(op.result))}"
        ),
    ),
    *product_rows(ProductIds("C14", "C17", "C18", "C19", "C20")),
)


_ELEMENTS_ROW: Constraint[DotGeneralOp] = Constraint(
    "C13",
    lambda op: element_type(op.lhs) == element_type(op.rhs) or is_hybrid(op),
    lambda op: (
        f"the operands are of {element_type(op.lhs)} and {element_type(op.rhs)}; "
        "give the element type of the result"
    ),
)


@irdl_op_definition
class DotGeneralOp(StableHLOOp):
    """Products of slices of ``lhs`` and ``rhs``, summed over the contracting dimensions.

    The element type of the result is the caller's choice (a sum in f32 of products in bf16), and
    upstream accepts operands of two element types; (C13) is asked only where it must be inferred.
    """

    name = "stablehlo.dot_general"

    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    dot_dimension_numbers = prop_def(DotDimensionNumbersAttr)
    precision_config = opt_prop_def(ArrayAttr[PrecisionAttr])
    algorithm = opt_prop_def(DotAlgorithmAttr)
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*_INPUT_ROWS, *_RESULT_ROWS)
    MADE_CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (_ELEMENTS_ROW,)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        rows = (*_INPUT_ROWS, *cls.MADE_CONSTRAINTS)
        op = checked_probe(cls, operands, properties, rows)
        return (_inferred(op, element_type(op.lhs)),)

    @classmethod
    def infer_shape(
        cls, operands: Sequence[Attribute], properties: Mapping[str, Attribute]
    ) -> Sequence[int]:
        """The shape of the result, whatever its element type.

        Raises :class:`~dialects.constraints.ConstraintError` as ``infer`` does.
        """
        op = checked_probe(cls, operands, properties, _INPUT_ROWS)
        return shape(_inferred(op, element_type(op.lhs)))

    def _verify_inferred(self) -> None:
        """Nothing besides (C12): the element type is free."""

    def print_asm(self, p: AsmPrinter) -> None:
        dims = _dims(self)
        p.write(f"{self.name} {p.name(self.lhs)}, {p.name(self.rhs)}, ")
        if dims.lhs_batching_dimensions or dims.rhs_batching_dimensions:
            p.write(
                f"batching_dims = {dims_text(dims.lhs_batching_dimensions)} x "
                f"{dims_text(dims.rhs_batching_dimensions)}, "
            )
        p.write(
            f"contracting_dims = {dims_text(dims.lhs_contracting_dimensions)} x "
            f"{dims_text(dims.rhs_contracting_dimensions)}"
        )
        if self.precision_config is not None:
            p.write(f", precision = [{', '.join(a.data.value for a in self.precision_config)}]")
        if self.algorithm is not None:
            p.write(f", algorithm = {self.algorithm.data.text()}")
        shown = ("dot_dimension_numbers", "precision_config", "algorithm")
        p.write(f"{p.attr_dict(self, shown)} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> DotGeneralOp:
        operands = parse_operands(parser, 2)
        parser.parse_punctuation(",")
        batching: tuple[Dims, Dims] = ((), ())
        if parser.parse_optional_keyword("batching_dims") is not None:
            batching = _parse_dims_pair(parser)
            parser.parse_punctuation(",")
        parser.parse_keyword("contracting_dims")
        contracting = _parse_dims_pair(parser)
        properties = _parse_precision_and_algorithm(parser)
        properties["dot_dimension_numbers"] = DotDimensionNumbersAttr(
            DotDimensions(*batching, *contracting)
        )
        properties, attributes = parse_dictionary(parser, cls, properties)
        types = parse_function_type(parser, 2)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )


def _parse_dims_pair(parser: Parser) -> tuple[Dims, Dims]:
    parser.parse_punctuation("=")
    left = parse_dims(parser)
    parser.parse_keyword("x")
    return left, parse_dims(parser)


def _parse_precision_and_algorithm(parser: Parser) -> dict[str, Attribute]:
    """Reads ``, precision = [...]`` and ``, algorithm = <...>``, both optional."""
    properties: dict[str, Attribute] = {}
    if parser.parse_optional_punctuation(",") is None:
        return properties
    if parser.parse_optional_keyword("precision") is not None:
        parser.parse_punctuation("=")
        properties["precision_config"] = ArrayAttr(
            parser.parse_comma_separated_list(
                parser.Delimiter.SQUARE,
                lambda: PrecisionAttr(parse_case(parser, Precision, "precision")),
            )
        )
        if parser.parse_optional_punctuation(",") is None:
            return properties
    parser.parse_keyword("algorithm")
    parser.parse_punctuation("=")
    properties["algorithm"] = DotAlgorithmAttr(parse_dot_algorithm(parser))
    return properties
