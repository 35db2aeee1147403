"""``dot_general``: products summed over chosen dimensions.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dot_general
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import ArrayAttr, FloatTF32Type, TensorType
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
from dialects.constraints import Constraint, ConstraintError
from dialects.stablehlo.attributes import Precision, PrecisionAttr, parse_case
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.dimension_numbers import (
    Dims,
    DotAlgorithm,
    DotAlgorithmAttr,
    DotDimensionNumbersAttr,
    DotDimensions,
    dims_text,
    parse_dims,
    parse_dot_algorithm,
)
from dialects.stablehlo.element_types import FLOATING_POINT
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.syntax import create, parse_dictionary, parse_function_type, parse_operands
from dialects.stablehlo.tensors import (
    dims_agree,
    element_type,
    in_range,
    is_unique,
    most_specific,
    rank,
    shape,
    shapes_agree,
)

_EIGHT_BITS = frozenset(
    ("f8E3M4", "f8E4M3", "f8E4M3FN", "f8E5M2", "f8E4M3FNUZ", "f8E4M3B11FNUZ", "f8E5M2FNUZ")
)
_KNOWN_ALGORITHMS = frozenset(
    (
        ("f16", "f16", "f16", 1),
        ("f16", "f16", "f32", 1),
        ("bf16", "bf16", "bf16", 1),
        ("bf16", "bf16", "f32", 1),
        ("bf16", "bf16", "f32", 3),
        ("bf16", "bf16", "f32", 6),
        ("bf16", "bf16", "f32", 9),
        ("tf32", "tf32", "f32", 1),
        ("tf32", "tf32", "f32", 3),
        ("f32", "f32", "f32", 1),
        ("f64", "f64", "f64", 1),
    )
)
"""Types of both sides and of the sum, and the number of products, that some hardware has."""


def is_known_algorithm(algorithm: DotAlgorithm) -> bool:
    """Whether upstream knows hardware that computes so."""
    if (algorithm.lhs_component_count, algorithm.rhs_component_count) != (1, 1):
        return False
    lhs, rhs, accumulation = (
        attribute.name
        for attribute in (
            algorithm.lhs_precision_type,
            algorithm.rhs_precision_type,
            algorithm.accumulation_type,
        )
    )
    products = algorithm.num_primitive_operations
    if lhs in _EIGHT_BITS and rhs in _EIGHT_BITS and accumulation == "f32" and products == 1:
        return True
    if algorithm.allow_imprecise_accumulation:
        return False
    return (lhs, rhs, accumulation, products) in _KNOWN_ALGORITHMS


def _dims(op: DotGeneralOp) -> DotDimensions:
    return op.dot_dimension_numbers.data


def _pairs_agree(op: DotGeneralOp, lhs: Dims, rhs: Dims) -> bool:
    left, right = shape(op.lhs), shape(op.rhs)
    return all(dims_agree(left[i], right[j]) for i, j in zip(lhs, rhs, strict=True))


def result_shape(lhs: Sequence[int], rhs: Sequence[int], dims: DotDimensions) -> list[int]:
    """Batches, then what is left of ``lhs``, then what is left of ``rhs`` (C12)."""
    lhs_used = (*dims.lhs_batching_dimensions, *dims.lhs_contracting_dimensions)
    rhs_used = (*dims.rhs_batching_dimensions, *dims.rhs_contracting_dimensions)
    batches = zip(dims.lhs_batching_dimensions, dims.rhs_batching_dimensions, strict=True)
    return [
        *(most_specific(lhs[i], rhs[j]) for i, j in batches),
        *(size for i, size in enumerate(lhs) if i not in lhs_used),
        *(size for i, size in enumerate(rhs) if i not in rhs_used),
    ]


def _precision_type_row(id: str, key: str) -> Constraint[DotGeneralOp]:
    return Constraint(
        id,
        lambda op: op.algorithm is None or _is_float(getattr(op.algorithm.data, key)),
        lambda op: f"{key} in {_algorithm_text(op)} is no floating-point type",
    )


def _is_float(type_: Attribute) -> bool:
    return type_ in FLOATING_POINT or type_ == FloatTF32Type()


def _algorithm_text(op: DotGeneralOp) -> str:
    return op.algorithm.data.text() if op.algorithm else "none"


_INPUT_ROWS: Sequence[Constraint[DotGeneralOp]] = (
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
        lambda op: _pairs_agree(
            op, _dims(op).lhs_batching_dimensions, _dims(op).rhs_batching_dimensions
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
    Constraint(
        "C22",
        lambda op: op.algorithm is None or op.algorithm.data.lhs_component_count > 0,
        lambda op: f"lhs_component_count in {_algorithm_text(op)} must be positive",
    ),
    Constraint(
        "C23",
        lambda op: op.algorithm is None or op.algorithm.data.rhs_component_count > 0,
        lambda op: f"rhs_component_count in {_algorithm_text(op)} must be positive",
    ),
    Constraint(
        "C24",
        lambda op: op.algorithm is None or op.algorithm.data.num_primitive_operations > 0,
        lambda op: f"num_primitive_operations in {_algorithm_text(op)} must be positive",
    ),
    _precision_type_row("I8", "lhs_precision_type"),
    _precision_type_row("I9", "rhs_precision_type"),
    _precision_type_row("I10", "accumulation_type"),
    Constraint(
        "algorithm",
        lambda op: op.algorithm is None or is_known_algorithm(op.algorithm.data),
        lambda op: f"no known hardware has the algorithm {_algorithm_text(op)}",
    ),
)


def _inferred_shape(op: DotGeneralOp) -> list[int]:
    return result_shape(shape(op.lhs), shape(op.rhs), _dims(op))


_RESULT_ROWS: Sequence[Constraint[DotGeneralOp]] = (
    Constraint(
        "C12",
        lambda op: shapes_agree(shape(op.result), _inferred_shape(op)),
        lambda op: (
            f"the result {op.result.type} should have the shape {dims_text(_inferred_shape(op))}"
        ),
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

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        shape_ = cls.infer_shape(operands, properties)
        lhs, rhs = map(element_type, operands)
        if lhs != rhs:
            raise ConstraintError(
                cls.name,
                "C13",
                f"the operands are of {lhs} and {rhs}; give the element type of the result",
            )
        return (TensorType(lhs, shape_),)

    @classmethod
    def infer_shape(
        cls, operands: Sequence[Attribute], properties: Mapping[str, Attribute]
    ) -> Sequence[int]:
        """The shape of the result, whatever its element type.

        Raises :class:`~dialects.constraints.ConstraintError` as ``infer`` does.
        """
        return _inferred_shape(checked_probe(cls, operands, properties, _INPUT_ROWS))

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
