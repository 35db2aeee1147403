"""``cholesky`` and ``triangular_solve``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#cholesky, #triangular_solve
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from xdsl.dialects.builtin import IntegerAttr, TensorType, i1
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
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.attributes import TransposeAttr
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import COMPLEX, FLOATING_POINT, PER_TENSOR
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.signature import accepts, types_agree
from dialects.stablehlo.syntax import (
    create,
    parse_dictionary,
    parse_operands,
    parse_same_types,
    same_types_text,
)
from dialects.stablehlo.tensors import (
    dims_agree,
    element_type,
    rank,
    shape,
    shapes_agree,
)

_NUMBERS = FLOATING_POINT | COMPLEX | PER_TENSOR


def _is_square(op: CholeskyOp | TriangularSolveOp) -> bool:
    return dims_agree(*shape(op.a)[-2:])


# -- cholesky ----------------------------------------------------------------------------------


_CHOLESKY_INPUT_ROWS: Sequence[Constraint[Any]] = (
    accepts("I1", "a", 0, _NUMBERS),
    Constraint(
        "C2",
        lambda op: rank(op.a) >= 2,
        lambda op: f"a must have at least 2 dimensions, got {op.a.type}",
    ),
    Constraint(
        "C3",
        _is_square,
        lambda op: f"the last two dimensions of a must be equal, got {op.a.type}",
    ),
)


@irdl_op_definition
class CholeskyOp(StableHLOOp):
    """The Cholesky factors of a batch of matrices: ``lower`` triangular, or upper by default."""

    name = "stablehlo.cholesky"

    a = operand_def(TensorType)
    lower = opt_prop_def(IntegerAttr.constr(i1))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *_CHOLESKY_INPUT_ROWS,
        Constraint(
            "C1",
            lambda op: types_agree((op.a.type, op.result.type)),
            lambda op: (
                f"a and result must have the same type, got {op.a.type} and {op.result.type}"
            ),
        ),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        checked_probe(cls, operands, properties, _CHOLESKY_INPUT_ROWS)
        return [operands[0]]

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.name(self.a)}")
        if self.lower is not None and self.lower.value.data:
            p.write(", lower = true")
        p.write(f"{p.attr_dict(self, ('lower',))} : {same_types_text(p, self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 1)
        given: dict[str, Attribute] = {}
        if parser.parse_optional_punctuation(",") is not None:
            parser.parse_keyword("lower")
            parser.parse_punctuation("=")
            given["lower"] = IntegerAttr(int(parser.parse_boolean()), i1)
        properties, attributes = parse_dictionary(parser, cls, given)
        types, result = parse_same_types(parser, 1)
        return create(cls, parser, operands, types, [result], properties, attributes)


# -- triangular_solve --------------------------------------------------------------------------


def _shared_sizes(op: TriangularSolveOp) -> tuple[int, int]:
    """The sizes that ``a`` and ``b`` have in the dimension over which they are multiplied."""
    return shape(op.a)[-1], shape(op.b)[-2 if op.left_side.value.data else -1]


_SOLVE_INPUT_ROWS: Sequence[Constraint[Any]] = (
    accepts("I1", "a", 0, _NUMBERS),
    accepts("I2", "b", 1, _NUMBERS),
    Constraint(
        "C1",
        lambda op: elements_agree(element_type(op.a), element_type(op.b)),
        lambda op: f"element types of a, {op.a.type}, and b, {op.b.type}, differ",
    ),
    Constraint(
        "C2",
        lambda op: 2 <= rank(op.a) == rank(op.b),
        lambda op: (
            f"a and b must have the same number of dimensions, at least 2, got {op.a.type} and "
            f"{op.b.type}"
        ),
    ),
    Constraint(
        "C3",
        _is_square,
        lambda op: f"the last two dimensions of a must be equal, got {op.a.type}",
    ),
    Constraint(
        "C3",
        lambda op: dims_agree(*_shared_sizes(op)),
        lambda op: (
            f"a, {op.a.type}, does not multiply b, {op.b.type}: "
            f"{' and '.join(map(str, _shared_sizes(op)))} differ"
        ),
    ),
    Constraint(
        "C3",
        lambda op: shapes_agree(shape(op.a)[:-2], shape(op.b)[:-2]),
        lambda op: f"the batches of a, {op.a.type}, and b, {op.b.type}, differ",
    ),
)


@irdl_op_definition
class TriangularSolveOp(StableHLOOp):
    """``x`` of ``op(a) x = b``, or of ``x op(a) = b``, for a batch of triangular matrices."""

    name = "stablehlo.triangular_solve"

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    left_side = prop_def(IntegerAttr.constr(i1))
    lower = prop_def(IntegerAttr.constr(i1))
    unit_diagonal = prop_def(IntegerAttr.constr(i1))
    transpose_a = prop_def(TransposeAttr)
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        *_SOLVE_INPUT_ROWS,
        Constraint(
            "I6",
            lambda op: op.transpose_a.data.value != "TRANSPOSE_INVALID",
            lambda op: "transpose_a must be NO_TRANSPOSE, TRANSPOSE or ADJOINT",
        ),
        Constraint(
            "C4",
            lambda op: types_agree((op.b.type, op.result.type)),
            lambda op: (
                f"b and result must have the same type, got {op.b.type} and {op.result.type}"
            ),
        ),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        checked_probe(cls, operands, properties, _SOLVE_INPUT_ROWS)
        return [operands[1]]
