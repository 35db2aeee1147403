"""``top_k``: the largest elements along the last dimension, and where they are.

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import IntegerAttr, i1, i32, i64
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
from dialects.chlo.base import ChloOp
from dialects.number_syntax import parse_integer_property
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.bounded_types import Extent, extents, reshaped
from dialects.stablehlo.element_types import ANY_OR_PER_AXIS
from dialects.stablehlo.signature import Rows, Signature, integer, require, row
from dialects.stablehlo.syntax import create, parse_dictionary
from dialects.stablehlo.tensors import rank, shape
from dialects.stablehlo.unranked import (
    accepts,
    element_of,
    is_unranked,
    returns,
    unranked,
    with_element,
)


def _ranked(s: Signature) -> bool:
    return not is_unranked(s.operand_types[0])


def _k_fits(s: Signature) -> bool | None:
    if not _ranked(s):
        return None
    last = shape(s.operand_types[0])[-1]
    return None if last == DYNAMIC else integer(s, "k") <= last


@irdl_op_definition
class TopKOp(ChloOp):
    """The ``k`` largest elements of each row in descending order, and their places in the row.

    Equal elements keep their order if ``is_stable``, which they do by default.
    """

    name = "chlo.top_k"
    RESULT_NAMES: ClassVar[Sequence[str]] = ("values", "indices")

    operand = operand_def()
    k = prop_def(IntegerAttr.constr(i64))
    is_stable = opt_prop_def(IntegerAttr.constr(i1))
    values = result_def()
    indices = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts("operand", "operand", 0, ANY_OR_PER_AXIS),
        row(
            "rank",
            lambda s: rank(s.operand_types[0]) > 0 if _ranked(s) else None,
            lambda s: f"operand must have a dimension, got {s.operand_types[0]}",
        ),
        row("k", lambda s: integer(s, "k") >= 0, lambda s: f"k is {integer(s, 'k')}, less than 0"),
        row(
            "last",
            _k_fits,
            lambda s: (
                f"the last dimension of operand must be at least {integer(s, 'k')}, "
                f"got {s.operand_types[0]}"
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        returns("values", "values", ANY_OR_PER_AXIS),
        returns("indices", "indices", ANY_OR_PER_AXIS, 1),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        if is_unranked(operands[0]):
            return [unranked(element_of(operands[0])), unranked(i32)]
        k = properties["k"]
        assert isinstance(k, IntegerAttr)
        values = reshaped(operands[0], [*extents(operands[0])[:-1], Extent(k.value.data)])
        return [values, with_element(values, i32)]

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name}({p.name(self.operands[0])}, k = {self.k.value.data}")
        if self.is_stable is not None and not self.is_stable.value.data:
            p.write(", is_stable = false")
        p.write(f"){p.attr_dict(self, ('k', 'is_stable'))} : ")
        p.write(f"{p.attribute(self.operands[0].type)} -> {p.result_list(self.result_types)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        parser.parse_punctuation("(")
        operand = parser.parse_unresolved_operand()
        parser.parse_punctuation(",")
        parser.parse_keyword("k")
        parser.parse_punctuation("=")
        given: dict[str, Attribute] = {"k": parse_integer_property(i64)(parser)}
        if parser.parse_optional_punctuation(",") is not None:
            parser.parse_keyword("is_stable")
            parser.parse_punctuation("=")
            given["is_stable"] = IntegerAttr.from_bool(parser.parse_boolean())
        parser.parse_punctuation(")")
        properties, attributes = parse_dictionary(parser, cls, given)
        parser.parse_punctuation(":")
        type_ = parser.parse_type()
        parser.parse_punctuation("->")
        with parser.in_parens():
            results = [parser.parse_type()]
            parser.parse_punctuation(",")
            results.append(parser.parse_type())
        return create(cls, parser, [operand], [type_], results, properties, attributes)
