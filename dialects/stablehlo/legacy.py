"""Operations that the specification lacks and real files still have.

``broadcast``, ``dot``, ``einsum``, ``unary_einsum`` and ``torch_index_select``. The ids number
what upstream's definitions and verifiers ask, in order; of the last three that is nothing.
Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/StablehloOps.td
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    IntegerAttr,
    StringAttr,
    TensorType,
    i64,
)
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
from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.bounds import bounds, bounds_encoding
from dialects.stablehlo.element_types import ANY, ANY_OR_PER_AXIS
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.labelled import Label, LabelledOp, list_label, string_label
from dialects.stablehlo.signature import accepts, dims_text, returns, same_elements
from dialects.stablehlo.syntax import create, parse_dictionary, parse_function_type, parse_operands
from dialects.stablehlo.tensors import dims_agree, element_type, rank, shape, shapes_agree
from dialects.stablehlo.windows import integers

Rows = Sequence[Constraint[Any]]

# -- broadcast ---------------------------------------------------------------------------------


def _sizes(op: BroadcastOp) -> tuple[int, ...]:
    return integers(op.broadcast_sizes) or ()


def _broadcast_shape(op: BroadcastOp) -> list[int]:
    return [*_sizes(op), *shape(op.operand)]


_BROADCAST_INPUT_ROWS: Rows = (
    accepts("I1", "operand", 0, ANY),
    Constraint(
        "C1",
        lambda op: all(size >= 0 for size in _sizes(op)),
        lambda op: f"broadcast_sizes {dims_text(_sizes(op))} must not be negative",
    ),
)


@irdl_op_definition
class BroadcastOp(LabelledOp):
    """The operand repeated along new dimensions before its own."""

    name = "stablehlo.broadcast"

    operand = operand_def(TensorType)
    broadcast_sizes = prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Rows] = (
        *_BROADCAST_INPUT_ROWS,
        same_elements("C2"),
        Constraint(
            "C3",
            lambda op: shapes_agree(shape(op.result), _broadcast_shape(op)),
            lambda op: (
                f"the result {op.result.type} should have the shape "
                f"{dims_text(_broadcast_shape(op))}"
            ),
        ),
    )
    LABELS: ClassVar[Sequence[Label]] = (list_label("sizes", "broadcast_sizes"),)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        op = checked_probe(cls, operands, properties, _BROADCAST_INPUT_ROWS)
        return [TensorType(element_type(op.operand), _broadcast_shape(op))]


# -- dot ---------------------------------------------------------------------------------------


def _dot_shape(op: DotOp) -> list[int]:
    return [*shape(op.lhs)[:-1], *shape(op.rhs)[1:]]


_DOT_INPUT_ROWS: Rows = (
    accepts("I1", "lhs", 0, ANY),
    accepts("I2", "rhs", 1, ANY_OR_PER_AXIS),
    Constraint(
        "C1",
        lambda op: op.precision_config is None or len(op.precision_config) <= 2,
        lambda op: f"precision_config has {len(op.precision_config or ())} entries, not 2",
    ),
    Constraint(
        "C2",
        lambda op: rank(op.lhs) in (1, 2) and rank(op.rhs) in (1, 2),
        lambda op: f"lhs and rhs must have 1 or 2 dimensions, got {op.lhs.type}, {op.rhs.type}",
    ),
    Constraint(
        "C3",
        lambda op: dims_agree(shape(op.lhs)[-1], shape(op.rhs)[0]),
        lambda op: (
            f"the last dimension of lhs {op.lhs.type} and the first of rhs {op.rhs.type} differ"
        ),
    ),
)


@irdl_op_definition
class DotOp(StableHLOOp):
    """The product of vectors or matrices.

    The element type of the result is the caller's choice, as in
    :class:`~dialects.stablehlo.dot.DotGeneralOp`; inferred, it is that of ``lhs``.
    """

    name = "stablehlo.dot"

    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    precision_config = opt_prop_def(ArrayAttr[PrecisionAttr])
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Rows] = (
        *_DOT_INPUT_ROWS,
        returns("O1", "result", ANY_OR_PER_AXIS),
        Constraint(
            "C4",
            lambda op: shapes_agree(shape(op.result), _dot_shape(op)),
            lambda op: (
                f"the result {op.result.type} should have the shape {dims_text(_dot_shape(op))}"
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
        op = checked_probe(cls, operands, properties, _DOT_INPUT_ROWS)
        lhs, rhs = (bounds(type_) or (DYNAMIC,) * len(shape(type_)) for type_ in operands)
        limits = bounds_encoding((*lhs[:-1], *rhs[1:]))
        return [TensorType(element_type(op.lhs), _dot_shape(op), limits)]

    def _verify_inferred(self) -> None:
        """Nothing besides (C4): the element type is free."""

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}")
        if self.precision_config is not None:
            p.write(f", precision = [{', '.join(a.data.value for a in self.precision_config)}]")
        p.write(f"{p.attr_dict(self, ('precision_config',))} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 2)
        given: dict[str, Attribute] = {}
        if parser.parse_optional_punctuation(",") is not None:
            parser.parse_keyword("precision")
            parser.parse_punctuation("=")
            given["precision_config"] = ArrayAttr(
                parser.parse_comma_separated_list(
                    parser.Delimiter.SQUARE,
                    lambda: PrecisionAttr(parse_case(parser, Precision, "precision")),
                )
            )
        properties, attributes = parse_dictionary(parser, cls, given)
        types = parse_function_type(parser, 2)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )


# -- einsum, torch_index_select ----------------------------------------------------------------


@irdl_op_definition
class EinsumOp(LabelledOp):
    """Products summed as ``einsum_config`` (``"ab,bc->ac"``) says."""

    name = "stablehlo.einsum"

    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    einsum_config = prop_def(StringAttr)
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "lhs", 0, ANY),
        accepts("I2", "rhs", 1, ANY),
        returns("O1", "result", ANY),
    )
    LABELS: ClassVar[Sequence[Label]] = (string_label("config", "einsum_config"),)


@irdl_op_definition
class UnaryEinsumOp(LabelledOp):
    """Sums and transposes as ``einsum_config`` (``"ab->a"``) says."""

    name = "stablehlo.unary_einsum"

    operand = operand_def(TensorType)
    einsum_config = prop_def(StringAttr)
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY),
        returns("O1", "result", ANY),
    )
    LABELS: ClassVar[Sequence[Label]] = (string_label("config", "einsum_config"),)


@irdl_op_definition
class TorchIndexSelectOp(StableHLOOp):
    """The slices of the operand along ``dim`` that ``index`` numbers, in ``batch_dims`` batches."""

    name = "stablehlo.torch_index_select"

    operand = operand_def(TensorType)
    index = operand_def(TensorType)
    dim = prop_def(IntegerAttr.constr(i64))
    batch_dims = prop_def(IntegerAttr.constr(i64))
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "operand", 0, ANY),
        accepts("I2", "index", 1, ANY),
        returns("O1", "result", ANY),
    )
